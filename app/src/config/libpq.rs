//! PostgreSQL as libpq's keywords or URL (<https://www.postgresql.org/docs/current/libpq-connect.html>).
//!
//! Values are split by libpq's rules and read by the driver. Errors repeat nothing of the text but a keyword
//! that cannot be part of a secret.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use sea_orm::sqlx::ConnectOptions as _;
use sea_orm::sqlx::postgres::PgConnectOptions;
use url::Url;

use super::parsers::number;

const KEYWORDS_FORM: &str = "write dbname=… host=… port=5432 sslmode=require user=… password=…";

const URL_FORM: &str = "must be sqlite://path or postgres://user:password@host:5432/name?sslmode=require, \
                        with % codes for characters such as @ : / ? # % in the user and the password";

/// What the C locale's `isspace` accepts.
const WHITESPACE: [char; 6] = [' ', '\t', '\n', '\x0b', '\x0c', '\r'];

/// Keywords of libpq that have an effect here.
const SUPPORTED: &str = "host hostaddr port dbname user password sslmode sslrootcert sslcert sslkey \
    application_name fallback_application_name options requiressl";

/// The other keywords of libpq 18 and its predecessors, which the driver does not support.
const IGNORED: &str = "authtype channel_binding client_encoding connect_timeout gssdelegation gssencmode gsslib \
    keepalives keepalives_count keepalives_idle keepalives_interval krbsrvname load_balance_hosts \
    max_protocol_version min_protocol_version oauth_client_id oauth_client_secret oauth_issuer oauth_scope \
    passfile replication require_auth requirepeer scram_client_key scram_server_key service servicefile \
    ssl_max_protocol_version ssl_min_protocol_version sslcertmode sslcompression sslcrl sslcrldir \
    sslkeylogfile sslnegotiation sslpassword sslsni target_session_attrs tcp_user_timeout tty";

/// In place of a file of root certificates: those of the well-known authorities.
const SYSTEM: &str = "system";

/// Keywords with their values. An empty value counts as unset, and the last of a repeated keyword wins, as in libpq.
#[derive(Debug)]
pub(super) struct Keywords(BTreeMap<String, String>);

/// Parses a URL, or keywords with values.
pub(super) fn parse_connection_string(text: &str) -> Result<Keywords, String> {
    if text.contains("://") && !text.contains(' ') {
        return parse_url(text);
    }
    if text.starts_with(['"', '\'']) {
        return Err("remove the quotes around the value".to_owned());
    }
    if is_ado(text) {
        return Err(format!(
            "this is the form of ADO.NET; {KEYWORDS_FORM}, separated by spaces"
        ));
    }
    Keywords::checked(split_keywords(text)?)
}

/// Parses a `postgres://` URL.
pub(super) fn parse_url(text: &str) -> Result<Keywords, String> {
    match text.split_once(':') {
        Some(("postgres" | "postgresql", _)) => {
            let pairs = split_url(text).ok_or(URL_FORM)?;
            Keywords::checked(pairs)
        }
        Some(("jdbc", _)) => Err(format!(
            "remove `jdbc:`, which only Java programs use: {URL_FORM}"
        )),
        // SQLAlchemy names its driver in the scheme.
        Some((scheme, _)) if scheme.starts_with("postgres") && scheme.contains('+') => Err(
            format!("remove the `+` and the driver's name after it: {URL_FORM}"),
        ),
        _ => Err(URL_FORM.to_owned()),
    }
}

/// Whether the text looks like `Server=…;Database=…;…`.
fn is_ado(text: &str) -> bool {
    const FIRST: [&str; 5] = ["server", "host", "data source", "database", "user id"];
    let first = text.split_once(';').map(|(first, _)| first);
    first
        .and_then(|first| first.split_once('='))
        .is_some_and(|(keyword, value)| {
            let keyword = keyword.trim().to_ascii_lowercase();
            FIRST.contains(&keyword.as_str()) && !value.contains('=')
        })
}

pub(super) fn split_keywords(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut pairs = Vec::new();
    let mut rest = text.trim_start_matches(WHITESPACE);
    while !rest.is_empty() {
        let end = rest.find(|c| c == '=' || WHITESPACE.contains(&c));
        let (keyword, after_keyword) = rest.split_at(end.unwrap_or(rest.len()));
        let Some(value) = after_keyword
            .trim_start_matches(WHITESPACE)
            .strip_prefix('=')
        else {
            return Err(format!(
                "`=` is missing after word {} of the keywords (a value with spaces needs single quotes); {KEYWORDS_FORM}",
                pairs.len() + 1
            ));
        };
        let (value, after_value) = split_value(value.trim_start_matches(WHITESPACE))?;
        pairs.push((keyword.to_owned(), value));
        rest = after_value.trim_start_matches(WHITESPACE);
    }
    Ok(pairs)
}

/// A value up to the next whitespace, or the closing quote; a backslash makes the next character ordinary.
fn split_value(text: &str) -> Result<(String, &str), String> {
    let quoted = text.strip_prefix('\'');
    let mut value = String::new();
    let mut characters = quoted.unwrap_or(text).chars();
    loop {
        match characters.next() {
            Some('\\') => value.extend(characters.next()),
            Some('\'') if quoted.is_some() => return Ok((value, characters.as_str())),
            Some(c) if quoted.is_none() && WHITESPACE.contains(&c) => {
                return Ok((value, characters.as_str()));
            }
            Some(character) => value.push(character),
            None if quoted.is_none() => return Ok((value, "")),
            None => {
                return Err(
                    "a single quote is opened and never closed (write \\' for one inside a value)"
                        .to_owned(),
                );
            }
        }
    }
}

fn split_url(text: &str) -> Option<Vec<(String, String)>> {
    let url = Url::parse(text)
        .ok()
        .filter(|url| url.fragment().is_none())?;
    let port = url.port().map(|port| port.to_string()).unwrap_or_default();
    let host = url.host_str().unwrap_or_default();
    let parts = [
        ("user", url.username()),
        ("password", url.password().unwrap_or_default()),
        ("host", host.trim_matches(['[', ']'])),
        ("port", &port),
        ("dbname", url.path().trim_start_matches('/')),
    ];
    let parameters = url.query().unwrap_or_default().split('&');
    let parameters = parameters
        .filter(|parameter| !parameter.is_empty())
        .map(|parameter| match parameter {
            // JDBC's spelling, which libpq accepts too.
            "ssl=true" => Some(("sslmode", "require")),
            _ => parameter.split_once('='),
        });
    let pairs = parts.into_iter().map(Some).chain(parameters);
    pairs
        .map(|pair| pair.and_then(|(keyword, value)| Some((decoded(keyword)?, decoded(value)?))))
        .collect()
}

fn decoded(text: &str) -> Option<String> {
    let text = percent_decode_str(text).decode_utf8().ok()?;
    Some(text.into_owned())
}

impl Keywords {
    pub(super) fn new(pairs: &[(&str, &str)]) -> Self {
        let owned = |(keyword, value): &(&str, &str)| ((*keyword).to_owned(), (*value).to_owned());
        Self(pairs.iter().map(owned).collect())
    }

    /// Refuses keywords that libpq does not know.
    fn checked(pairs: Vec<(String, String)>) -> Result<Self, String> {
        let known = SUPPORTED
            .split_whitespace()
            .chain(IGNORED.split_whitespace());
        // The words of a password with spaces that is not quoted look like keywords.
        let mut in_password = false;
        for (keyword, _) in &pairs {
            let is_word = keyword.len() <= 30
                && keyword
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || b"_-".contains(&byte));
            if !known.clone().any(|known| known == keyword) {
                return Err(if is_word && !keyword.is_empty() && !in_password {
                    format!("`{keyword}` is not a keyword of libpq")
                } else {
                    "there is a word before a `=` that is not a keyword of libpq \
                     (a value with spaces needs single quotes)"
                        .to_owned()
                });
            }
            in_password = ["pass", "secret", "_key"]
                .iter()
                .any(|part| keyword.contains(part));
        }
        Ok(Self(pairs.into_iter().collect()))
    }

    pub(super) fn has_password(&self) -> bool {
        self.0
            .get("password")
            .is_some_and(|password| !password.is_empty())
    }

    /// The driver's options, and the keywords that have no effect.
    pub(super) fn into_options(mut self) -> Result<(PgConnectOptions, String), String> {
        let mut parameters = self.server()?;
        let root = self.take("sslrootcert");
        // libpq does not encrypt a socket of the same machine, whatever is asked.
        let by_socket = parameters
            .iter()
            .any(|(name, value)| *name == "host" && value.starts_with('/'));
        let mode = self.ssl_mode(root.as_deref())?;
        parameters.push((
            "sslmode",
            if by_socket { "disable" } else { mode }.to_owned(),
        ));
        for name in ["options", "sslcert", "sslkey"] {
            parameters.extend(self.take(name).map(|value| (name, value)));
        }
        let has = |wanted: &str| parameters.iter().any(|(name, _)| *name == wanted);
        if has("sslcert") != has("sslkey") {
            return Err("sslcert and sslkey are required together".to_owned());
        }
        let url = Url::parse_with_params("postgres:///", parameters)
            .map_err(|error| error.to_string())?;
        let options = PgConnectOptions::from_url(&url)
            .map_err(|_| "options are not understood".to_owned())?;
        let options = match root.filter(|root| root != SYSTEM) {
            Some(file) => options.ssl_root_cert(file),
            // An empty list replaces the file that PGSSLROOTCERT may name.
            None => options.ssl_root_cert_from_pem(Vec::new()),
        };
        self.0.retain(|_, value| !value.is_empty());
        let ignored: Vec<_> = self.0.into_keys().collect();
        Ok((options, ignored.join(", ")))
    }

    /// Every field that the driver would fill from `PGHOST`, `PGPASSWORD` and the like if it were left out;
    /// an empty password keeps it from reading `~/.pgpass`.
    fn server(&mut self) -> Result<Vec<(&'static str, String)>, String> {
        // With both, libpq connects to the address and checks the certificate against the name; the driver has one for both.
        let host = self.take("host").or_else(|| self.take("hostaddr"));
        let host = host.ok_or("the host is missing")?;
        if host.contains(',') {
            return Err("name one host: several are not supported".to_owned());
        }
        let port = self.take("port").unwrap_or_else(|| "5432".to_owned());
        let port =
            number(1..=u16::MAX)(port.trim()).map_err(|problem| format!("port: {problem}"))?;
        let user = self.take("user").ok_or("the user is missing")?;
        let database = self.take("dbname").unwrap_or_else(|| user.clone());
        let fallback = self.take("fallback_application_name");
        let application = self.take("application_name").or(fallback);
        let application = application.unwrap_or_else(|| env!("CARGO_PKG_NAME").to_owned());
        Ok(vec![
            ("host", host),
            ("port", port.to_string()),
            ("user", user),
            ("dbname", database),
            ("application_name", application),
            ("password", self.take("password").unwrap_or_default()),
        ])
    }

    /// The driver's `sslmode` (<https://www.postgresql.org/docs/current/libpq-ssl.html>).
    fn ssl_mode(&mut self, root: Option<&str>) -> Result<&'static str, String> {
        let old_require = self.take("requiressl").filter(|value| value == "1");
        let old_require = old_require.map(|_| "require".to_owned());
        let mode = self.take("sslmode").or(old_require);
        match (mode.as_deref(), root) {
            (None, Some(SYSTEM)) | (Some("verify-full"), _) => Ok("verify-full"),
            (Some(_), Some(SYSTEM)) => Err("sslrootcert=system needs sslmode=verify-full".to_owned()),
            (Some("verify-ca"), None) => Err(
                "sslmode=verify-ca needs sslrootcert; for a well-known authority write sslmode=verify-full".to_owned(),
            ),
            // For compatibility libpq verifies the authority as soon as it is named.
            (Some("verify-ca"), _) | (Some("require"), Some(_)) => Ok("verify-ca"),
            (Some("require"), None) => Ok("require"),
            // The driver's own `allow` never encrypts; `prefer` accepts the same servers and encrypts where it can.
            (None | Some("prefer" | "allow"), _) => Ok("prefer"),
            (Some("disable"), _) => Ok("disable"),
            (Some(_), _) => Err("sslmode must be disable, allow, prefer, require, verify-ca or verify-full".to_owned()),
        }
    }

    /// Removes a keyword and returns its value.
    pub(super) fn take(&mut self, keyword: &str) -> Option<String> {
        self.0.remove(keyword).filter(|value| !value.is_empty())
    }
}
