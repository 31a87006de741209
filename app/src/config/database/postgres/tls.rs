//! How the connection to PostgreSQL is protected
//! (<https://www.postgresql.org/docs/current/libpq-ssl.html>).

use sea_orm::sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::keywords::Keywords;

/// In place of a file: the certificates of the well-known authorities.
const SYSTEM: &str = "system";

/// Takes the keywords that begin with `ssl` and applies them; `Err` says which is wrong.
pub(super) fn apply(
    options: PgConnectOptions,
    keywords: &mut Keywords,
) -> Result<PgConnectOptions, String> {
    let root = keywords.take("sslrootcert");
    let old_require = keywords
        .take("requiressl")
        .filter(|value| value == "1")
        .map(|_| "require".to_owned());
    let mode = mode(
        keywords.take("sslmode").or(old_require).as_deref(),
        root.as_deref(),
    )?;
    let options = match root.filter(|root| root != SYSTEM) {
        Some(file) => options.ssl_root_cert(file),
        // An empty list takes the place of the file that PGSSLROOTCERT may name.
        None => options.ssl_root_cert_from_pem(Vec::new()),
    };
    let options = match (keywords.take("sslcert"), keywords.take("sslkey")) {
        (Some(certificate), Some(key)) => options.ssl_client_cert(certificate).ssl_client_key(key),
        (None, None) => options,
        _ => return Err("sslcert and sslkey are needed together".to_owned()),
    };
    // libpq does not protect a socket of the same machine, whatever is asked.
    let by_socket = options.get_host().starts_with('/');
    Ok(options.ssl_mode(if by_socket { PgSslMode::Disable } else { mode }))
}

fn mode(text: Option<&str>, root: Option<&str>) -> Result<PgSslMode, String> {
    match (text, root) {
        (None | Some("verify-full"), Some(SYSTEM)) | (Some("verify-full"), _) => {
            Ok(PgSslMode::VerifyFull)
        }
        (Some(_), Some(SYSTEM)) => Err("sslrootcert=system needs sslmode=verify-full".to_owned()),
        (Some("verify-ca"), None) => Err(
            "sslmode=verify-ca needs sslrootcert; for a well-known authority write \
                                          sslmode=verify-full"
                .to_owned(),
        ),
        // For compatibility libpq verifies the authority as soon as it is named.
        (Some("verify-ca"), _) | (Some("require"), Some(_)) => Ok(PgSslMode::VerifyCa),
        (Some("require"), None) => Ok(PgSslMode::Require),
        // The driver's own `allow` never protects; `prefer` accepts the same servers and protects where it can.
        (None | Some("prefer" | "allow"), _) => Ok(PgSslMode::Prefer),
        (Some("disable"), _) => Ok(PgSslMode::Disable),
        (Some(_), _) => {
            Err("sslmode is disable, allow, prefer, require, verify-ca or verify-full".to_owned())
        }
    }
}
