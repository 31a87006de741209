//! The TLS crypto provider of the process.

/// Installs ring, which needs no C toolchain; a second call has no effect.
pub fn install_crypto_provider() {
    drop(rustls::crypto::ring::default_provider().install_default());
}
