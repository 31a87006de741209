//! The switches of an emulator: what it does wrong, with which keys, by which clock.

use std::sync::Arc;

use serde_json::Value;

use crate::emulator::Emulator;
use crate::fault::{Endpoint, Fault};
use crate::forgery::Forgery;
use crate::provider::{ActiveFault, Switches};
use crate::signing_key::SigningKey;

impl Emulator {
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
