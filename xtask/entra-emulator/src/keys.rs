//! RSA and P-256 keys, and the set of keys that is published.

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

/// An RSA key that signs tokens. As at Entra its `kid` is a thumbprint.
#[derive(Clone)]
pub struct SigningKey(Arc<KeyPair>);

struct KeyPair {
    private: RsaPrivateKey,
    kid: String,
    public_pem: String,
    public_der: Vec<u8>,
}

impl SigningKey {
    /// A key that is never published, as an attacker's. It is the same one within a process.
    pub fn foreign() -> Self {
        static FOREIGN: OnceLock<SigningKey> = OnceLock::new();
        FOREIGN.get_or_init(Self::generate).clone()
    }

    /// The `kid` of the key in the published set and in token headers.
    pub fn kid(&self) -> &str {
        &self.0.kid
    }

    /// The public key as Entra publishes it: `kid` and `x5t`, no `alg`.
    pub fn jwk(&self) -> Value {
        json!({
            "kty": "RSA",
            "use": "sig",
            "kid": self.kid(),
            "x5t": self.kid(),
            "n": URL_SAFE_NO_PAD.encode(self.modulus()),
            "e": URL_SAFE_NO_PAD.encode(self.private().e().to_bytes_be()),
        })
    }

    /// The public key as a PEM text, as `SubjectPublicKeyInfo`.
    pub fn public_pem(&self) -> &str {
        &self.0.public_pem
    }

    /// The public key as DER bytes, as `SubjectPublicKeyInfo`.
    pub fn public_der(&self) -> &[u8] {
        &self.0.public_der
    }

    /// The modulus, big-endian.
    pub fn modulus(&self) -> Vec<u8> {
        self.private().n().to_bytes_be()
    }

    pub(crate) fn private(&self) -> &RsaPrivateKey {
        &self.0.private
    }

    /// The `index`th key of this process. Emulators share keys because generating one is slow.
    pub(crate) fn nth(index: usize) -> Self {
        static GENERATED: Mutex<Vec<SigningKey>> = Mutex::new(Vec::new());
        let mut generated = GENERATED.lock().unwrap_or_else(PoisonError::into_inner);
        while generated.len() <= index {
            generated.push(Self::generate());
        }
        generated[index].clone()
    }

    fn generate() -> Self {
        let private = RsaPrivateKey::new(&mut OsRng, KEY_BITS).expect("2048 bits are allowed");
        let public = RsaPublicKey::from(&private);
        let pem = public.to_public_key_pem(LineEnding::LF);
        let der = public.to_public_key_der();
        Self(Arc::new(KeyPair {
            kid: thumbprint(&private.n().to_bytes_be()),
            public_pem: pem.expect("a generated key has an encoding"),
            public_der: der.expect("a generated key has an encoding").into_vec(),
            private,
        }))
    }
}

/// A P-256 key for valid ES256 signatures. Entra has none, so a client has to reject them.
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

/// The published keys; the newest one signs.
pub(crate) struct KeyRing {
    published: Vec<SigningKey>,
    generated: usize,
    extra: Vec<Value>,
}

impl KeyRing {
    pub(crate) fn new() -> Self {
        Self {
            published: vec![SigningKey::nth(0)],
            generated: 1,
            extra: Vec::new(),
        }
    }

    pub(crate) fn current(&self) -> SigningKey {
        let newest = self.published.last();
        newest.expect("at least one key is published").clone()
    }

    /// Adds a key that signs from now on and returns the previous one.
    pub(crate) fn rotate(&mut self) -> SigningKey {
        let old = self.current();
        self.published.push(SigningKey::nth(self.generated));
        self.generated += 1;
        old
    }

    pub(crate) fn withdraw_old(&mut self) {
        let last = self.published.len() - 1;
        self.published.drain(..last);
    }

    pub(crate) fn publish(&mut self, entry: Value) {
        self.extra.push(entry);
    }

    pub(crate) fn published(&self) -> Vec<Value> {
        let own = self.published.iter().map(SigningKey::jwk);
        own.chain(self.extra.iter().cloned()).collect()
    }
}

/// 20 bytes of a hash as base64url: the length of the SHA-1 thumbprints that Entra uses.
pub(crate) fn thumbprint(public: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(public)[..20])
}
