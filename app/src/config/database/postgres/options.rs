//! The driver's options, of libpq's keywords.

use std::net::IpAddr;

use sea_orm::sqlx::ConnectOptions;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;

use super::keywords::Keywords;
use super::tls;
use crate::config::reader::Reader;
use crate::config::units::number;

/// What the driver takes from the environment by itself, in a way that cannot be taken back.
const UNDESIRED_VARIABLES: [&str; 3] = ["PGOPTIONS", "PGSSLCERT", "PGSSLKEY"];

/// Turns keywords into the driver's options; `None` if one is wrong, which is then a problem of the named setting.
pub(crate) fn connect_options(
    mut keywords: Keywords,
    name: &str,
    reader: &mut Reader,
) -> Option<PgConnectOptions> {
    let options = build(&mut keywords)
        .map_err(|problem| reader.problem(name, &problem))
        .ok()?;
    let ignored = keywords.rest();
    if !ignored.is_empty() {
        reader.warning(format!(
            "{name}: {} have no effect here",
            ignored.join(", ")
        ));
    }
    #[expect(clippy::disallowed_methods, reason = "this is the configuration")]
    for variable in UNDESIRED_VARIABLES
        .iter()
        .filter(|variable| std::env::var_os(variable).is_some())
    {
        reader.warning(format!(
            "{variable} is set and used by the database driver: unset it if it is not meant"
        ));
    }
    Some(options)
}

/// Sees to it that a token, which is sent as it is, travels encrypted; `Err` if the keywords forbid it.
pub(crate) fn protect_token(options: PgConnectOptions) -> Result<PgConnectOptions, String> {
    let host = options.get_host();
    let on_this_machine = host.starts_with('/')
        || host == "localhost"
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback());
    match options.get_ssl_mode() {
        _ if on_this_machine => Ok(options),
        PgSslMode::Disable => {
            Err("an Entra token must not travel unencrypted: write sslmode=require".to_owned())
        }
        PgSslMode::Prefer => Ok(options.ssl_mode(PgSslMode::Require)),
        _ => Ok(options),
    }
}

/// Sets every field, since the driver fills those left out from `PGHOST`, `PGPASSWORD` and the like.
fn build(keywords: &mut Keywords) -> Result<PgConnectOptions, String> {
    let host = host(keywords)?;
    let port = keywords.take("port");
    let port = port
        .map(|port| number(1..=u16::MAX)(port.trim()))
        .transpose();
    let port = port
        .map_err(|problem| format!("port: {problem}"))?
        .unwrap_or(5432);
    let user = keywords.take("user").ok_or("the user is missing")?;
    let database = keywords.take("dbname").unwrap_or_else(|| user.clone());
    let fallback_name = keywords.take("fallback_application_name");
    let application = keywords.take("application_name").or(fallback_name);
    let options = with_password_and_options(keywords)?
        .host(&host)
        .port(port)
        .username(&user)
        .database(&database)
        .application_name(application.as_deref().unwrap_or(env!("CARGO_PKG_NAME")));
    tls::apply(options, keywords)
}

fn host(keywords: &mut Keywords) -> Result<String, String> {
    // With both, libpq connects to the address and checks the certificate against the name: the driver has one for both.
    let host = keywords
        .take("host")
        .or_else(|| keywords.take("hostaddr"))
        .ok_or("the host is missing")?;
    if host.contains(',') {
        Err("name one host: several are not supported".to_owned())
    } else {
        Ok(host)
    }
}

/// The driver accepts a text of server options only in a URL; an empty password keeps it from `~/.pgpass`.
fn with_password_and_options(keywords: &mut Keywords) -> Result<PgConnectOptions, String> {
    let password = keywords.take("password").unwrap_or_default();
    let options = keywords.take("options").map(|options| ("options", options));
    let parameters = [("password", password)].into_iter().chain(options);
    let url =
        Url::parse_with_params("postgres:///", parameters).map_err(|error| error.to_string())?;
    PgConnectOptions::from_url(&url).map_err(|_| "options are not understood".to_owned())
}
