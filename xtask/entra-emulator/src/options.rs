//! Options of an emulator, and the settings that an app needs to use it.

/// The tenant of the registration and of most people, unless [`Options`] names another.
pub const HOME_TENANT_ID: &str = "0badc0de-0000-4000-8000-000000000001";

/// The registration of the app and the address to listen on.
#[derive(Clone, Debug)]
pub struct Options {
    /// Port on 127.0.0.1; 0 takes any free one.
    pub port: u16,
    /// The tenant in which the app is registered, a GUID.
    pub tenant_id: String,
    /// The application (client) id of the registration.
    pub client_id: String,
    /// The redirect URIs of the registration; more can be added while it runs.
    /// The port of a `localhost` URI is not compared, as at Entra.
    pub redirect_uris: Vec<String>,
    /// The client id of the managed identity that the registration trusts.
    pub managed_identity_client_id: String,
    /// The audience of the federated credential; it differs from cloud to cloud.
    pub token_exchange_audience: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            tenant_id: HOME_TENANT_ID.to_owned(),
            client_id: "0badc0de-0000-4000-8000-00000000000a".to_owned(),
            redirect_uris: Vec::new(),
            managed_identity_client_id: "0badc0de-0000-4000-8000-00000000000b".to_owned(),
            token_exchange_audience: "api://AzureADTokenExchange".to_owned(),
        }
    }
}
