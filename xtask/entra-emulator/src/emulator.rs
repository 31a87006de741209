//! A running emulator and its switches.

use std::io;
use std::sync::Arc;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::fault::{Endpoint, Fault};
use crate::forgery::Forgery;
use crate::keys::SigningKey;
use crate::options::Options;
use crate::people::Person;
use crate::provider::{ActiveFault, Provider, Switches};
use crate::request::ReceivedRequest;
use crate::server;

/// A provider on a port of 127.0.0.1. It stops when dropped.
pub struct Emulator {
    provider: Arc<Provider>,
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
        // It was cancelled, which is what was asked for.
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

    /// Every request received since the start or the last [`Self::clear_requests`].
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.provider.changing().requests.clone()
    }

    /// The requests to one endpoint.
    pub fn requests_to(&self, endpoint: Endpoint) -> Vec<ReceivedRequest> {
        let requests = self.requests().into_iter();
        requests
            .filter(|request| request.endpoint == endpoint)
            .collect()
    }

    /// The most requests that an endpoint worked on at one time.
    pub fn most_at_once(&self, endpoint: Endpoint) -> usize {
        let changing = self.provider.changing();
        changing.crowds.get(&endpoint).map_or(0, |crowd| crowd.most)
    }

    /// Forgets the requests and the counts of those at one time.
    pub fn clear_requests(&self) {
        let mut changing = self.provider.changing();
        changing.requests.clear();
        for crowd in changing.crowds.values_mut() {
            crowd.most = crowd.now;
        }
    }

    /// The client secret, and every code, token and assertion given out: texts that must turn up nowhere.
    pub fn secrets(&self) -> Vec<String> {
        let mut secrets = self.provider.changing().issued.secrets();
        secrets.push(self.client_secret().to_owned());
        secrets.push(self.provider.identity_header.clone());
        secrets
    }

    /// Every answer of an endpoint has this fault, until another is set.
    pub fn fault(&self, endpoint: Endpoint, fault: Fault) {
        self.set_fault(endpoint, fault, None);
    }

    /// The next `times` answers of an endpoint have this fault.
    pub fn fault_times(&self, endpoint: Endpoint, fault: Fault, times: usize) {
        self.set_fault(endpoint, fault, Some(times));
    }

    /// Every ID token is changed like this, until another forgery is set.
    pub fn forge(&self, forgery: Forgery) {
        self.provider.changing().switches.forgery = forgery;
    }

    /// Every way back to the app has its parameters changed like this.
    pub fn edit_callback(&self, edit: impl Fn(&mut Vec<(String, String)>) + Send + Sync + 'static) {
        self.provider.changing().switches.callback = Some(Arc::new(edit));
    }

    /// Sets the emulator's clock this many seconds fast, or slow if negative.
    pub fn set_clock_offset(&self, seconds: i64) {
        self.provider.changing().switches.clock_offset = seconds;
    }

    /// Turns every misbehaviour off and the clock right. Keys, people and requests stay.
    pub fn behave(&self) {
        self.provider.changing().switches = Switches::default();
    }

    /// The key that signs now.
    pub fn signing_key(&self) -> SigningKey {
        self.provider.changing().keys.current()
    }

    /// A new key signs from now on; the old one, which is returned, stays published.
    pub fn rotate_key(&self) -> SigningKey {
        self.provider.changing().keys.rotate()
    }

    /// Publishes only the key that signs now, and what [`Self::publish_key`] added.
    pub fn withdraw_old_keys(&self) {
        self.provider.changing().keys.withdraw_old();
    }

    /// Adds any JSON value to the published keys, after the real ones.
    pub fn publish_key(&self, entry: impl Into<Value>) {
        self.provider.changing().keys.publish(entry.into());
    }

    fn set_fault(&self, endpoint: Endpoint, fault: Fault, remaining: Option<usize>) {
        let active = ActiveFault { fault, remaining };
        let mut changing = self.provider.changing();
        changing.switches.faults.insert(endpoint, active);
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.server.abort();
    }
}
