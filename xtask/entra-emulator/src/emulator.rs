//! A running emulator: its life, its registration, its people.

use std::io;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::options::Options;
use crate::person::Person;
use crate::provider::Provider;
use crate::server;

/// A provider on a port of 127.0.0.1. It stops when dropped.
pub struct Emulator {
    pub(crate) provider: Arc<Provider>,
    server: JoinHandle<io::Result<()>>,
    port: u16,
}

impl Emulator {
    /// Starts listening; it answers from the moment this returns.
    ///
    /// # Errors
    /// If the port is taken.
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

    /// Stops listening and closes all connections: from now on they are refused.
    pub async fn stop(mut self) {
        self.server.abort();
        // It was cancelled, as intended.
        let _ = (&mut self.server).await;
    }

    /// Waits until it is stopped from outside, which is never.
    ///
    /// # Errors
    /// If it can accept no more connections.
    pub async fn run(mut self) -> io::Result<()> {
        (&mut self.server).await.map_err(io::Error::other)?
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `http://127.0.0.1:PORT`, the authority host and the Graph address.
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

    /// The client secret of the registration, new at each start.
    pub fn client_secret(&self) -> &str {
        &self.provider.client_secret
    }

    /// The client id of the managed identity that the registration trusts.
    pub fn managed_identity_client_id(&self) -> &str {
        &self.provider.options.managed_identity_client_id
    }

    /// What an app with a client secret needs in its environment.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AZURE_AUTHORITY_HOST", self.base_url().to_owned()),
            ("AZURE_GRAPH_URL", self.base_url().to_owned()),
            ("AZURE_TENANT_ID", self.tenant_id().to_owned()),
            ("AZURE_CLIENT_ID", self.client_id().to_owned()),
            ("AZURE_CLIENT_SECRET", self.client_secret().to_owned()),
        ]
    }

    /// What App Service adds for a managed identity.
    pub fn identity_settings(&self) -> Vec<(&'static str, String)> {
        let endpoint = format!("{}/msi/token", self.base_url());
        vec![
            ("IDENTITY_ENDPOINT", endpoint),
            ("IDENTITY_HEADER", self.provider.identity_header.clone()),
        ]
    }

    /// Adds a redirect URI to the registration.
    pub fn register_redirect_uri(&self, redirect_uri: &str) {
        let mut changing = self.provider.changing();
        changing.redirect_uris.push(redirect_uri.to_owned());
    }

    /// Everyone who can sign in.
    pub fn people(&self) -> Vec<Person> {
        self.provider.changing().people.clone()
    }

    /// Adds a person, or replaces the one with the same key.
    pub fn put_person(&self, person: Person) {
        let people = &mut self.provider.changing().people;
        people.retain(|known| known.key != person.key);
        people.push(person);
    }

    /// Signs this person in without showing the page, unless a `login_hint` names another.
    pub fn sign_in_as(&self, key: &str) {
        self.provider.changing().signed_in_as = Some(key.to_owned());
    }

    /// Shows the page again.
    pub fn sign_in_by_choice(&self) {
        self.provider.changing().signed_in_as = None;
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.server.abort();
    }
}
