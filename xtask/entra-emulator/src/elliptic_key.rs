//! P-256 keys, which Entra does not have.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use rsa::rand_core::{OsRng, RngCore};
use serde_json::{Value, json};

use crate::signing_key::thumbprint;

/// A P-256 key, for well-made ES256 signatures that a client of Entra must still refuse.
#[derive(Clone)]
pub struct EllipticKey {
    private: SigningKey,
}

impl EllipticKey {
    /// A new key.
    pub fn generate() -> Self {
        loop {
            let mut scalar = [0; 32];
            OsRng.fill_bytes(&mut scalar);
            if let Ok(private) = SigningKey::from_slice(&scalar) {
                return Self { private };
            }
        }
    }

    /// The `kid` of [`Self::jwk`].
    pub fn kid(&self) -> String {
        thumbprint(&self.public_point())
    }

    /// The public key as a JWK, to be published with [`crate::Emulator::publish_key`].
    pub fn jwk(&self) -> Value {
        let point = self.public_point();
        json!({
            "kty": "EC",
            "crv": "P-256",
            "use": "sig",
            "kid": self.kid(),
            "x": URL_SAFE_NO_PAD.encode(&point[1..33]),
            "y": URL_SAFE_NO_PAD.encode(&point[33..]),
        })
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature: Signature = self.private.sign(message);
        signature.to_bytes().to_vec()
    }

    fn public_point(&self) -> Vec<u8> {
        let point = self.private.verifying_key().to_sec1_point(false);
        point.as_bytes().to_vec()
    }
}
