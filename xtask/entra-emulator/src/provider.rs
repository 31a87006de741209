//! The state that all endpoints share: registration, people, keys, issued tokens and misbehaviour.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rsa::rand_core::{OsRng, RngCore};

use crate::emulator::Options;
use crate::fault::{Endpoint, Fault};
use crate::forgery::Forgery;
use crate::http::ReceivedRequest;
use crate::keys::KeyRing;
use crate::people::{self, Person};

pub(crate) type CallbackEdit = Arc<dyn Fn(&mut Vec<(String, String)>) + Send + Sync>;

/// The provider on one port.
pub(crate) struct Provider {
    pub(crate) options: Options,
    pub(crate) base_url: String,
    pub(crate) client_secret: String,
    pub(crate) identity_header: String,
    state: Mutex<State>,
}

/// What requests and tests change.
pub(crate) struct State {
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) people: Vec<Person>,
    pub(crate) signed_in_as: Option<String>,
    pub(crate) keys: KeyRing,
    pub(crate) issued: Issued,
    pub(crate) requests: Vec<ReceivedRequest>,
    pub(crate) concurrency: HashMap<Endpoint, Concurrency>,
    pub(crate) misbehaviour: Misbehaviour,
}

/// Codes and tokens that were issued, by their text.
#[derive(Default)]
pub(crate) struct Issued {
    pub(crate) codes: HashMap<String, Grant>,
    pub(crate) access_tokens: HashMap<String, Access>,
    pub(crate) assertions: HashMap<String, Assertion>,
    pub(crate) id_tokens: Vec<String>,
    /// Access tokens for the app's own API.
    pub(crate) api_tokens: Vec<String>,
}

/// The sign-in that an authorization code represents.
#[derive(Clone)]
pub(crate) struct Grant {
    pub(crate) person: String,
    pub(crate) redirect_uri: String,
    pub(crate) code_challenge: String,
    pub(crate) nonce: Option<String>,
    pub(crate) scope: String,
    pub(crate) expires: i64,
    pub(crate) redeemed: bool,
}

/// What an access token for Microsoft Graph allows.
#[derive(Clone)]
pub(crate) struct Access {
    pub(crate) person: String,
    pub(crate) scope: String,
    pub(crate) expires: i64,
}

/// A token of the managed identity.
#[derive(Clone)]
pub(crate) struct Assertion {
    pub(crate) audience: String,
    pub(crate) expires: i64,
}

/// The misbehaviour in force.
#[derive(Default)]
pub(crate) struct Misbehaviour {
    /// Each endpoint's fault, and for how many more requests it applies; for all if there is no number.
    pub(crate) faults: HashMap<Endpoint, (Fault, Option<usize>)>,
    pub(crate) forgery: Forgery,
    pub(crate) callback: Option<CallbackEdit>,
    pub(crate) clock_offset: i64,
}

/// The concurrent requests of an endpoint.
#[derive(Clone, Copy, Default)]
pub(crate) struct Concurrency {
    pub(crate) now: usize,
    pub(crate) peak: usize,
}

impl Provider {
    pub(crate) fn new(mut options: Options, base_url: String) -> Self {
        options.tenant_id.make_ascii_lowercase();
        let state = State {
            redirect_uris: options.redirect_uris.clone(),
            people: people::everyone(&options.tenant_id, &base_url),
            signed_in_as: None,
            keys: KeyRing::new(),
            issued: Issued::default(),
            requests: Vec::new(),
            concurrency: HashMap::new(),
            misbehaviour: Misbehaviour::default(),
        };
        Self {
            options,
            base_url,
            client_secret: random_text(30),
            identity_header: random_guid(),
            state: Mutex::new(state),
        }
    }

    /// The state, locked while the guard lives: never across an `await` or an edit of a test.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Seconds since 1970 by the emulator's clock.
    pub(crate) fn now(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let seconds = since.map_or(0, |elapsed| elapsed.as_secs());
        i64::try_from(seconds).unwrap_or(i64::MAX) + self.state().misbehaviour.clock_offset
    }

    /// The person with that key, or else the first with that user name.
    pub(crate) fn find_person(&self, hint: &str) -> Option<Person> {
        let people = &self.state().people;
        let by_key = people.iter().find(|person| person.key == hint);
        let by_name = || people.iter().find(|person| person.username() == hint);
        by_key.or_else(by_name).cloned()
    }

    /// The origin of the endpoints that browsers open. The app itself calls the others.
    pub(crate) fn browser_origin(&self) -> &str {
        let forwarded = self.options.browser_origin.as_deref();
        forwarded.unwrap_or(&self.base_url)
    }

    /// Whether the registration has this redirect URI.
    pub(crate) fn is_registered(&self, redirect_uri: &str) -> bool {
        let sought = without_localhost_port(redirect_uri);
        let registered = &self.state().redirect_uris;
        registered
            .iter()
            .any(|known| without_localhost_port(known) == sought)
    }

    /// Whether the address has the origin of a registered redirect URI.
    pub(crate) fn is_own_origin(&self, address: &str) -> bool {
        let sought = without_localhost_port(address);
        let registered = &self.state().redirect_uris;
        let mut registered = registered.iter().map(|known| without_localhost_port(known));
        registered.any(|known| origin(&known) == origin(&sought))
    }

    /// The fault for the next request of an endpoint.
    pub(crate) fn next_fault(&self, endpoint: Endpoint) -> Option<Fault> {
        let mut state = self.state();
        let (fault, remaining) = state.misbehaviour.faults.get_mut(&endpoint)?;
        match remaining {
            Some(0) => return None,
            Some(remaining) => *remaining -= 1,
            None => {}
        }
        Some(fault.clone())
    }
}

impl Issued {
    pub(crate) fn secrets(&self) -> Vec<String> {
        let tokens = self.access_tokens.keys().chain(self.assertions.keys());
        let all = self.codes.keys().chain(tokens).chain(&self.id_tokens);
        let all = all.chain(&self.api_tokens);
        all.cloned().collect()
    }
}

/// Entra accepts any port of a registered `localhost` URI (RFC 8252, section 7.3).
fn without_localhost_port(uri: &str) -> String {
    let Some(rest) = uri.strip_prefix("http://localhost:") else {
        return uri.to_owned();
    };
    let path = rest.trim_start_matches(|character: char| character.is_ascii_digit());
    format!("http://localhost{path}")
}

fn origin(uri: &str) -> &str {
    let start = uri.find("://").map_or(0, |found| found + 3);
    let end = uri[start..]
        .find('/')
        .map_or(uri.len(), |found| start + found);
    &uri[..end]
}

/// `length` random bytes as base64url, for codes, tokens and opaque claims.
pub(crate) fn random_text(length: usize) -> String {
    let mut bytes = vec![0; length];
    OsRng.fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A random GUID of version 4, for trace, correlation and session ids.
pub(crate) fn random_guid() -> String {
    let mut bytes = [0; 16];
    OsRng.fill_bytes(&mut bytes);
    uuid::Builder::from_random_bytes(bytes)
        .into_uuid()
        .to_string()
}
