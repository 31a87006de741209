//! A running emulator: its registration, its people, its misbehaviour and what it has received.

use std::io;
use std::sync::Arc;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::fault::{Endpoint, Fault};
use crate::forgery::Forgery;
use crate::http::ReceivedRequest;
use crate::keys::SigningKey;
use crate::people::Person;
use crate::provider::{Misbehaviour, Provider};
use crate::server;
use crate::token;

/// The tenant of the registration and of most people, unless [`Options`] names another.
pub const HOME_TENANT_ID: &str = "0badc0de-0000-4000-8000-000000000001";

/// The address to listen on and the app registration.
#[derive(Clone, Debug)]
pub struct Options {
    /// Port on 127.0.0.1; 0 means any free port.
    pub port: u16,
    /// The origin at which browsers reach it, where that is another than the app's: a forwarded port.
    pub browser_origin: Option<String>,
    /// The tenant of the registration, a GUID.
    pub tenant_id: String,
    /// The application (client) id.
    pub client_id: String,
    /// The redirect URIs. As at Entra, the port of a `localhost` URI is not compared.
    pub redirect_uris: Vec<String>,
    /// The client id of the managed identity that the registration trusts.
    pub managed_identity_client_id: String,
    /// The audience of the federated credential; it differs between clouds.
    pub token_exchange_audience: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            browser_origin: None,
            tenant_id: HOME_TENANT_ID.to_owned(),
            client_id: "0badc0de-0000-4000-8000-00000000000a".to_owned(),
            redirect_uris: Vec::new(),
            managed_identity_client_id: "0badc0de-0000-4000-8000-00000000000b".to_owned(),
            token_exchange_audience: "api://AzureADTokenExchange".to_owned(),
        }
    }
}

/// A provider on a port of 127.0.0.1. It stops when dropped.
pub struct Emulator {
    provider: Arc<Provider>,
    server: JoinHandle<io::Result<()>>,
    port: u16,
}

impl Emulator {
    /// Starts listening; requests are served as soon as this returns.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start(options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
        let port = listener.local_addr()?.port();
        let base_url = format!("http://127.0.0.1:{port}");
        let provider = Arc::new(Provider::new(options, base_url));
        let server = tokio::spawn(server::serve(listener, Arc::clone(&provider)));
        Ok(Self {
            provider,
            server,
            port,
        })
    }

    /// Stops listening and closes all connections; new ones are refused.
    pub async fn stop(mut self) {
        self.server.abort();
        // The result is the cancellation that was requested.
        let _ = (&mut self.server).await;
    }

    /// Serves until the process ends.
    ///
    /// # Errors
    /// When no more connections can be accepted.
    pub async fn run(mut self) -> io::Result<()> {
        (&mut self.server).await.map_err(io::Error::other)?
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `http://127.0.0.1:PORT`, the authority host and the origin of Microsoft Graph.
    pub fn base_url(&self) -> &str {
        &self.provider.base_url
    }

    /// The id of the home tenant.
    pub fn tenant_id(&self) -> &str {
        &self.provider.options.tenant_id
    }

    /// The client id of the registration.
    pub fn client_id(&self) -> &str {
        &self.provider.options.client_id
    }

    /// The client secret of the registration, generated at each start.
    pub fn client_secret(&self) -> &str {
        &self.provider.client_secret
    }

    /// The client id of the managed identity that the registration trusts.
    pub fn managed_identity_client_id(&self) -> &str {
        &self.provider.options.managed_identity_client_id
    }

    /// Environment variables for an app with a client secret.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AZURE_AUTHORITY_HOST", self.base_url().to_owned()),
            ("AZURE_GRAPH_URL", self.base_url().to_owned()),
            ("AZURE_TENANT_ID", self.tenant_id().to_owned()),
            ("AZURE_CLIENT_ID", self.client_id().to_owned()),
            ("AZURE_CLIENT_SECRET", self.client_secret().to_owned()),
        ]
    }

    /// Environment variables that App Service sets for a managed identity.
    pub fn identity_settings(&self) -> Vec<(&'static str, String)> {
        let endpoint = format!("{}/msi/token", self.base_url());
        vec![
            ("IDENTITY_ENDPOINT", endpoint),
            ("IDENTITY_HEADER", self.provider.identity_header.clone()),
        ]
    }

    /// Adds a redirect URI to the registration.
    pub fn register_redirect_uri(&self, redirect_uri: &str) {
        self.provider
            .state()
            .redirect_uris
            .push(redirect_uri.to_owned());
    }

    /// Everyone who can sign in.
    pub fn people(&self) -> Vec<Person> {
        self.provider.state().people.clone()
    }

    /// Adds a person, or replaces the one with the same key.
    pub fn put_person(&self, person: Person) {
        let people = &mut self.provider.state().people;
        people.retain(|known| known.key != person.key);
        people.push(person);
    }

    /// Signs this person in without showing the page, unless a `login_hint` names another.
    pub fn sign_in_as(&self, key: &str) {
        self.provider.state().signed_in_as = Some(key.to_owned());
    }

    /// Shows the page with the people, as at the start.
    pub fn show_account_picker(&self) {
        self.provider.state().signed_in_as = None;
    }

    /// Applies a fault to every request of an endpoint, until another is set.
    pub fn fault(&self, endpoint: Endpoint, fault: Fault) {
        let faults = &mut self.provider.state().misbehaviour.faults;
        faults.insert(endpoint, (fault, None));
    }

    /// Applies a fault to the next `times` requests of an endpoint.
    pub fn fault_times(&self, endpoint: Endpoint, fault: Fault, times: usize) {
        let faults = &mut self.provider.state().misbehaviour.faults;
        faults.insert(endpoint, (fault, Some(times)));
    }

    /// Forges every ID token and every access token for the app's own API, until another forgery is set.
    pub fn forge(&self, forgery: Forgery) {
        self.provider.state().misbehaviour.forgery = forgery;
    }

    /// An access token of this person for the app's own API, as the Azure CLI gets it.
    ///
    /// # Panics
    /// When there is no such person.
    pub fn access_token_of(&self, key: &str) -> String {
        let person = self.provider.find_person(key).expect("a person");
        token::api_token_of(&self.provider, &person)
    }

    /// An access token of the app itself for its own API, with these app roles.
    pub fn access_token_of_app(&self, roles: &[&str]) -> String {
        token::api_token_of_app(&self.provider, roles)
    }

    /// Changes the parameters of every callback to the app.
    pub fn edit_callback(&self, edit: impl Fn(&mut Vec<(String, String)>) + Send + Sync + 'static) {
        self.provider.state().misbehaviour.callback = Some(Arc::new(edit));
    }

    /// Sets the emulator's clock forward by this many seconds, or back if negative.
    pub fn set_clock_offset(&self, seconds: i64) {
        self.provider.state().misbehaviour.clock_offset = seconds;
    }

    /// Ends all misbehaviour and corrects the clock. Keys, people and requests stay.
    pub fn end_misbehaviour(&self) {
        self.provider.state().misbehaviour = Misbehaviour::default();
    }

    /// The current signing key.
    pub fn signing_key(&self) -> SigningKey {
        self.provider.state().keys.current()
    }

    /// Signs with a new key from now on and returns the previous one, which stays published.
    pub fn rotate_key(&self) -> SigningKey {
        self.provider.state().keys.rotate()
    }

    /// Publishes only the current key and what [`Self::publish_key`] added.
    pub fn withdraw_old_keys(&self) {
        self.provider.state().keys.withdraw_old();
    }

    /// Adds any JSON value to the published keys, after the real ones.
    pub fn publish_key(&self, entry: impl Into<Value>) {
        self.provider.state().keys.publish(entry.into());
    }

    /// Every request received since the start or the last [`Self::clear_requests`].
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.provider.state().requests.clone()
    }

    /// The requests to one endpoint.
    pub fn requests_to(&self, endpoint: Endpoint) -> Vec<ReceivedRequest> {
        let mut requests = self.requests();
        requests.retain(|request| request.endpoint == endpoint);
        requests
    }

    /// The highest number of concurrent requests to an endpoint.
    pub fn peak_concurrency(&self, endpoint: Endpoint) -> usize {
        let state = self.provider.state();
        state
            .concurrency
            .get(&endpoint)
            .map_or(0, |concurrency| concurrency.peak)
    }

    /// Deletes the recorded requests and the peaks of concurrent ones.
    pub fn clear_requests(&self) {
        let mut state = self.provider.state();
        state.requests.clear();
        for concurrency in state.concurrency.values_mut() {
            concurrency.peak = concurrency.now;
        }
    }

    /// The client secret and every code, token and assertion that was issued: none may appear in a log or a page.
    pub fn secrets(&self) -> Vec<String> {
        let mut secrets = self.provider.state().issued.secrets();
        secrets.push(self.client_secret().to_owned());
        secrets.push(self.provider.identity_header.clone());
        secrets
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.server.abort();
    }
}
