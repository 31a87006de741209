//! RSA keys: the emulator's own and an attacker's.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rsa::pkcs8::{EncodePublicKey, LineEnding};
use rsa::rand_core::OsRng;
use rsa::sha2::{Digest, Sha256};
use rsa::traits::PublicKeyParts;
use rsa::{RsaPrivateKey, RsaPublicKey};
use serde_json::{Value, json};

const KEY_BITS: usize = 2048;

/// An RSA key that signs tokens, named as Entra names its own: by a thumbprint.
#[derive(Clone)]
pub struct SigningKey(Arc<KeyPair>);

struct KeyPair {
    private: RsaPrivateKey,
    kid: String,
    public_pem: String,
    public_der: Vec<u8>,
}

impl SigningKey {
    /// An unpublished key, as an attacker would use. There is one per process.
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

    /// The public key as a PEM text, in the form called `SubjectPublicKeyInfo`.
    pub fn public_pem(&self) -> &str {
        &self.0.public_pem
    }

    /// The public key as DER bytes, in the form called `SubjectPublicKeyInfo`.
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

    /// The `index`th key of this process. Emulators share them, because making one takes a while.
    pub(crate) fn nth(index: usize) -> Self {
        static MADE: Mutex<Vec<SigningKey>> = Mutex::new(Vec::new());
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        while made.len() <= index {
            made.push(Self::generate());
        }
        made[index].clone()
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

/// 20 bytes of a hash as base64url: the length of the SHA-1 thumbprints that Entra uses.
pub(crate) fn thumbprint(public: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(public)[..20])
}
