//! The set of keys that is published.

use serde_json::Value;

use crate::signing_key::SigningKey;

/// The keys of the emulator: the newest signs, all are published.
pub(crate) struct KeyRing {
    published: Vec<SigningKey>,
    made: usize,
    raw: Vec<Value>,
}

impl KeyRing {
    pub(crate) fn new() -> Self {
        Self {
            published: vec![SigningKey::nth(0)],
            made: 1,
            raw: Vec::new(),
        }
    }

    pub(crate) fn current(&self) -> SigningKey {
        let newest = self.published.last();
        newest.expect("a ring is never empty").clone()
    }

    /// Adds a key that signs from now on; returns the one that signed until now.
    pub(crate) fn rotate(&mut self) -> SigningKey {
        let old = self.current();
        self.published.push(SigningKey::nth(self.made));
        self.made += 1;
        old
    }

    pub(crate) fn withdraw_old(&mut self) {
        let last = self.published.len() - 1;
        self.published.drain(..last);
    }

    pub(crate) fn publish(&mut self, entry: Value) {
        self.raw.push(entry);
    }

    pub(crate) fn published(&self) -> Vec<Value> {
        let own = self.published.iter().map(SigningKey::jwk);
        own.chain(self.raw.iter().cloned()).collect()
    }
}
