//! What an emulator remembers of the requests it received and the secrets it gave out.

use crate::emulator::Emulator;
use crate::fault::Endpoint;
use crate::request::ReceivedRequest;

impl Emulator {
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
}
