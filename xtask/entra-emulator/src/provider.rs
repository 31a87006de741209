//! What all endpoints share: the registration, the people, the keys, and the switches.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::fault::{Endpoint, Fault};
use crate::forgery::Forgery;
use crate::issued::Issued;
use crate::key_ring::KeyRing;
use crate::options::Options;
use crate::people;
use crate::person::Person;
use crate::random;
use crate::request::ReceivedRequest;

pub(crate) type CallbackEdit = Arc<dyn Fn(&mut Vec<(String, String)>) + Send + Sync>;

/// The provider on one port.
pub(crate) struct Provider {
    pub(crate) options: Options,
    pub(crate) base_url: String,
    pub(crate) client_secret: String,
    pub(crate) identity_header: String,
    changing: Mutex<Changing>,
}

/// What requests and switches change.
pub(crate) struct Changing {
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) people: Vec<Person>,
    pub(crate) signed_in_as: Option<String>,
    pub(crate) keys: KeyRing,
    pub(crate) issued: Issued,
    pub(crate) requests: Vec<ReceivedRequest>,
    pub(crate) crowds: HashMap<Endpoint, Crowd>,
    pub(crate) switches: Switches,
}

/// The misbehaviours in force.
#[derive(Default)]
pub(crate) struct Switches {
    pub(crate) faults: HashMap<Endpoint, ActiveFault>,
    pub(crate) forgery: Forgery,
    pub(crate) callback: Option<CallbackEdit>,
    pub(crate) clock_offset: i64,
}

/// A fault and for how many more requests it holds; for all of them if not limited.
pub(crate) struct ActiveFault {
    pub(crate) fault: Fault,
    pub(crate) remaining: Option<usize>,
}

/// How many requests an endpoint is working on, and the most there ever were.
#[derive(Clone, Copy, Default)]
pub(crate) struct Crowd {
    pub(crate) now: usize,
    pub(crate) most: usize,
}

impl Provider {
    pub(crate) fn new(mut options: Options, base_url: String) -> Self {
        options.tenant_id.make_ascii_lowercase();
        let changing = Changing {
            redirect_uris: options.redirect_uris.clone(),
            people: people::everyone(&options.tenant_id, &base_url),
            signed_in_as: None,
            keys: KeyRing::new(),
            issued: Issued::default(),
            requests: Vec::new(),
            crowds: HashMap::new(),
            switches: Switches::default(),
        };
        Self {
            options,
            base_url,
            client_secret: random::opaque(30),
            identity_header: random::guid(),
            changing: Mutex::new(changing),
        }
    }

    /// The changing part, for as long as the guard lives: never across an `await` or an edit.
    pub(crate) fn changing(&self) -> MutexGuard<'_, Changing> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Seconds since 1970 by the emulator's clock.
    pub(crate) fn now(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let seconds = since.map_or(0, |elapsed| elapsed.as_secs());
        i64::try_from(seconds).unwrap_or(i64::MAX) + self.changing().switches.clock_offset
    }

    /// The person of that key, or else the first of that user name.
    pub(crate) fn find_person(&self, hint: &str) -> Option<Person> {
        let changing = self.changing();
        let by_key = changing.people.iter().find(|person| person.key == hint);
        let by_name = || {
            changing
                .people
                .iter()
                .find(|person| person.username() == hint)
        };
        by_key.or_else(by_name).cloned()
    }

    /// Whether the registration has this redirect URI.
    pub(crate) fn is_registered(&self, redirect_uri: &str) -> bool {
        let registered = &self.changing().redirect_uris;
        let sought = without_localhost_port(redirect_uri);
        registered
            .iter()
            .any(|known| without_localhost_port(known) == sought)
    }

    /// Whether the address has the origin of a registered redirect URI.
    pub(crate) fn is_own_origin(&self, address: &str) -> bool {
        let registered = &self.changing().redirect_uris;
        let sought = without_localhost_port(address);
        let sought = origin(&sought);
        registered
            .iter()
            .any(|known| origin(&without_localhost_port(known)) == sought)
    }

    /// The fault for the next request of an endpoint; a limited one is used up by it.
    pub(crate) fn next_fault(&self, endpoint: Endpoint) -> Option<Fault> {
        let mut changing = self.changing();
        let active = changing.switches.faults.get_mut(&endpoint)?;
        match &mut active.remaining {
            Some(0) => return None,
            Some(remaining) => *remaining -= 1,
            None => {}
        }
        Some(active.fault.clone())
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
