//! The expected response to a request.

use entra_emulator::Endpoint;

/// The response and the calls that it may cost.
#[derive(Clone, Debug)]
pub struct Expected {
    pub(super) status: u16,
    pub(super) calls: Vec<(Endpoint, usize)>,
    /// Key of the person who is signed in afterwards; `None`: the same as before.
    pub(super) person: Option<String>,
    pub(super) recovers: bool,
}

impl Expected {
    /// An error page, no new session, no request to the token endpoint or Graph.
    pub fn refused(status: u16) -> Self {
        Self {
            status,
            calls: vec![(Endpoint::Token, 0), (Endpoint::Graph, 0)],
            person: None,
            recovers: true,
        }
    }

    /// 502 after one call for tokens: the provider is at fault, and there is no request to Graph.
    pub fn provider_failed() -> Self {
        Self::refused(502).calls(Endpoint::Token, 1)
    }

    /// Back to a page of the site, signed in as this person, with one call each for tokens and profile.
    pub fn signed_in(person: &str) -> Self {
        Self {
            status: 303,
            calls: vec![(Endpoint::Token, 1), (Endpoint::Graph, 1)],
            person: Some(person.to_owned()),
            recovers: true,
        }
    }

    /// Exactly so many calls of this endpoint.
    #[must_use]
    pub fn calls(mut self, endpoint: Endpoint, times: usize) -> Self {
        self.calls.retain(|(other, _)| *other != endpoint);
        self.calls.push((endpoint, times));
        self
    }

    /// The fault is the test's own to mend: it calls `SignInSite::recovers` itself.
    #[must_use]
    pub fn still_broken(mut self) -> Self {
        self.recovers = false;
        self
    }
}
