//! Signature algorithms: the one that Entra uses and those that a client has to reject.

use hmac::{Hmac, Mac};
use rsa::rand_core::OsRng;
use rsa::sha2::{Digest, Sha256, Sha384, Sha512};
use rsa::{Pkcs1v15Sign, Pss};

use crate::keys::EllipticKey;
use crate::keys::SigningKey;

/// An algorithm and its key. It sets `alg` in the header; `kid` remains that of the current key.
#[derive(Clone)]
pub enum Signature {
    /// RSA PKCS#1 v1.5 with SHA-256, which Entra uses.
    Rs256(SigningKey),
    /// RSA PKCS#1 v1.5 with SHA-384.
    Rs384(SigningKey),
    /// RSA PKCS#1 v1.5 with SHA-512.
    Rs512(SigningKey),
    /// RSA PSS with SHA-256.
    Ps256(SigningKey),
    /// ECDSA over P-256.
    Es256(EllipticKey),
    /// HMAC under these bytes: the client secret, or a public key in some encoding.
    Hs256(Vec<u8>),
    /// No signature: an empty third segment and `alg` `none`.
    None,
}

impl Signature {
    pub(crate) fn algorithm(&self) -> &'static str {
        match self {
            Self::Rs256(_) => "RS256",
            Self::Rs384(_) => "RS384",
            Self::Rs512(_) => "RS512",
            Self::Ps256(_) => "PS256",
            Self::Es256(_) => "ES256",
            Self::Hs256(_) => "HS256",
            Self::None => "none",
        }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signed = match self {
            Self::Rs256(key) => {
                let scheme = Pkcs1v15Sign::new::<Sha256>();
                key.private().sign(scheme, &Sha256::digest(message))
            }
            Self::Rs384(key) => {
                let scheme = Pkcs1v15Sign::new::<Sha384>();
                key.private().sign(scheme, &Sha384::digest(message))
            }
            Self::Rs512(key) => {
                let scheme = Pkcs1v15Sign::new::<Sha512>();
                key.private().sign(scheme, &Sha512::digest(message))
            }
            Self::Ps256(key) => {
                let scheme = Pss::new::<Sha256>();
                let digest = Sha256::digest(message);
                key.private().sign_with_rng(&mut OsRng, scheme, &digest)
            }
            Self::Es256(key) => Ok(key.sign(message)),
            Self::Hs256(secret) => Ok(authenticate(secret, message)),
            Self::None => Ok(Vec::new()),
        };
        signed.expect("2048 bits are enough for every one of these digests")
    }
}

fn authenticate(secret: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}
