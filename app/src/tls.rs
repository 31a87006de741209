//! The process's one provider of cryptography for TLS.

/// Chooses ring, which needs no C toolchain of its own; a second call changes nothing.
pub fn install_crypto_provider() {
    drop(rustls::crypto::ring::default_provider().install_default());
}
