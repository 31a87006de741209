//! The expected response to a request.

use entra_emulator::Endpoint;

/// The status of the response, and the requests to the provider that it causes.
#[derive(Clone, Debug)]
pub struct Expected {
    pub(super) status: u16,
    pub(super) calls: Vec<(Endpoint, usize)>,
    /// Key of the person who is signed in afterwards; `None`: no change.
    pub(super) person: Option<String>,
    pub(super) recovers: bool,
}

impl Expected {
    /// An error page, no new session, no request to the token endpoint or Graph.
    pub fn rejected(status: u16) -> Self {
        Self {
            status,
            calls: vec![(Endpoint::Token, 0), (Endpoint::Graph, 0)],
            person: None,
            recovers: true,
        }
    }

    /// 502 after one request to the token endpoint and none to Graph: the provider has failed.
    pub fn provider_failed() -> Self {
        Self::rejected(502).calls(Endpoint::Token, 1)
    }

    /// A redirect to a page of the site, signed in as this person, after one request each to the token endpoint and Graph.
    pub fn signed_in(person: &str) -> Self {
        Self {
            status: 303,
            calls: vec![(Endpoint::Token, 1), (Endpoint::Graph, 1)],
            person: Some(person.to_owned()),
            recovers: true,
        }
    }

    /// Exactly this number of requests to this endpoint.
    #[must_use]
    pub fn calls(mut self, endpoint: Endpoint, times: usize) -> Self {
        self.calls.retain(|(other, _)| *other != endpoint);
        self.calls.push((endpoint, times));
        self
    }

    /// Skips the check that sign-in works again; the test ends the fault and calls `SignInSite::assert_recovers` itself.
    #[must_use]
    pub fn unrecovered(mut self) -> Self {
        self.recovers = false;
        self
    }
}
