//! What one sign-in keeps secret, derived from its state with a key that only the site has: so that
//! nothing of it has to be stored.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cookie::Key;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// The keys that are derived from `SESSION_SECRET_KEY`.
#[derive(Clone)]
pub(super) struct Keyring(Key);

impl Keyring {
    /// `secret` has at least 32 bytes.
    pub(super) fn new(secret: &str) -> Self {
        Self(Key::derive_from(secret.as_bytes()))
    }

    /// Signs the cookies.
    pub(super) fn cookies(&self) -> &Key {
        &self.0
    }

    fn derive(&self, purpose: &str, state: &str) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.0.encryption()).expect("a key of any length");
        mac.update(purpose.as_bytes());
        mac.update(state.as_bytes());
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }
}

/// The nonce and the PKCE verifier of one sign-in: 256 bits each, 43 characters.
pub(super) struct AttemptSecrets {
    nonce: String,
    verifier: String,
}

impl AttemptSecrets {
    pub(super) fn derive(keyring: &Keyring, state: &str) -> Self {
        Self {
            nonce: keyring.derive("nonce ", state),
            verifier: keyring.derive("verifier ", state),
        }
    }

    pub(super) fn nonce(&self) -> String {
        self.nonce.clone()
    }

    pub(super) fn verifier(&self) -> String {
        self.verifier.clone()
    }
}

/// A fresh value that cannot be guessed: 256 bits, 43 characters.
pub(super) fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// What the database keeps of a value that opens something: a copy of the table is not enough to use it.
pub(super) fn hash(value: &str) -> String {
    hex::encode(Sha256::digest(value))
}
