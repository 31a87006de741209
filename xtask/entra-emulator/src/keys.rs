//! Signing keys and the set of them that is published.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use p256::ecdsa::{self, signature::Signer};
use rsa::pkcs8::{EncodePublicKey, LineEnding};
use rsa::rand_core::{OsRng, RngCore};
use rsa::sha2::{Digest, Sha256};
use rsa::traits::PublicKeyParts;
use rsa::{RsaPrivateKey, RsaPublicKey};
use serde_json::{Value, json};

const KEY_BITS: usize = 2048;

/// An RSA key that signs tokens, named as Entra names its own: by a thumbprint.
#[derive(Clone)]
pub struct SigningKey {
    pub(crate) private: Arc<RsaPrivateKey>,
    kid: String,
}

impl SigningKey {
    /// A key that is nobody's: what an attacker would sign with. The same one within a process.
    pub fn foreign() -> Self {
        static FOREIGN: OnceLock<SigningKey> = OnceLock::new();
        FOREIGN.get_or_init(Self::generate).clone()
    }

    /// The `kid` of the key in the published set and in token headers.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public key as Entra publishes it: `kid` and `x5t`, no `alg`.
    pub fn jwk(&self) -> Value {
        json!({
            "kty": "RSA",
            "use": "sig",
            "kid": self.kid,
            "x5t": self.kid,
            "n": URL_SAFE_NO_PAD.encode(self.modulus()),
            "e": URL_SAFE_NO_PAD.encode(self.private.e().to_bytes_be()),
        })
    }

    /// The public key as a PEM text (SubjectPublicKeyInfo).
    pub fn public_pem(&self) -> String {
        RsaPublicKey::from(&*self.private)
            .to_public_key_pem(LineEnding::LF)
            .expect("a generated key has an encoding")
    }

    /// The public key as DER bytes (SubjectPublicKeyInfo).
    pub fn public_der(&self) -> Vec<u8> {
        RsaPublicKey::from(&*self.private)
            .to_public_key_der()
            .expect("a generated key has an encoding")
            .into_vec()
    }

    /// The modulus, big-endian.
    pub fn modulus(&self) -> Vec<u8> {
        self.private.n().to_bytes_be()
    }

    fn generate() -> Self {
        let private = RsaPrivateKey::new(&mut OsRng, KEY_BITS).expect("2048 bits are allowed");
        let kid = thumbprint(&private.n().to_bytes_be());
        Self {
            private: Arc::new(private),
            kid,
        }
    }

    /// The `index`th key of this process. Emulators share them, because making one takes a while.
    fn nth(index: usize) -> Self {
        static MADE: Mutex<Vec<SigningKey>> = Mutex::new(Vec::new());
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        while made.len() <= index {
            made.push(Self::generate());
        }
        made[index].clone()
    }
}

/// A P-256 key, for well-made ES256 signatures that a client of Entra must still refuse.
#[derive(Clone)]
pub struct EllipticKey {
    private: ecdsa::SigningKey,
}

impl EllipticKey {
    /// A new key.
    pub fn generate() -> Self {
        loop {
            let mut scalar = [0; 32];
            OsRng.fill_bytes(&mut scalar);
            if let Ok(private) = ecdsa::SigningKey::from_slice(&scalar) {
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
        let signature: ecdsa::Signature = self.private.sign(message);
        signature.to_bytes().to_vec()
    }

    fn public_point(&self) -> Vec<u8> {
        let point = self.private.verifying_key().to_sec1_point(false);
        point.as_bytes().to_vec()
    }
}

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

/// 20 bytes of a hash as base64url: the length of the SHA-1 thumbprints that Entra uses.
fn thumbprint(public: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(public)[..20])
}
