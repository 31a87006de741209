//! PostgreSQL as libpq's keywords or URL (<https://www.postgresql.org/docs/current/libpq-connect.html>).
//!
//! Values are split by libpq's rules and read by the driver. Errors repeat nothing of the text but a keyword
//! that cannot be part of a secret.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use percent_encoding::percent_decode_str;
use sea_orm::sqlx::ConnectOptions as _;
use sea_orm::sqlx::postgres::PgConnectOptions;
use url::Url;

const KEYWORDS_FORM: &str = "write dbname=… host=… port=5432 sslmode=require user=… password=…";

const URL_FORM: &str = "must be sqlite://path or postgres://user:password@host:5432/name?sslmode=require, \
                        with % codes for characters such as @ : / ? # % in the user and the password";

/// What the C locale's `isspace` accepts.
const WHITESPACE: [char; 6] = [' ', '\t', '\n', '\x0b', '\x0c', '\r'];

/// Keywords of libpq that have an effect here.
const SUPPORTED: &str = "host port dbname user password sslmode sslrootcert sslcert sslkey \
    application_name fallback_application_name options requiressl";

/// The other keywords of libpq 18 and its predecessors, which the driver does not support, or not beside `host`.
const IGNORED: &str = "authtype channel_binding client_encoding connect_timeout gssdelegation gssencmode gsslib \
    hostaddr keepalives keepalives_count keepalives_idle keepalives_interval krbsrvname load_balance_hosts \
    max_protocol_version min_protocol_version oauth_client_id oauth_client_secret oauth_issuer oauth_scope \
    passfile replication require_auth requirepeer scram_client_key scram_server_key service servicefile \
    ssl_max_protocol_version ssl_min_protocol_version sslcertmode sslcompression sslcrl sslcrldir \
    sslkeylogfile sslnegotiation sslpassword sslsni target_session_attrs tcp_user_timeout tty";

/// In place of a file of root certificates: those of the well-known authorities.
const SYSTEM: &str = "system";

/// Keywords with their values. An empty value counts as unset, and the last of a repeated keyword wins, as in libpq.
#[derive(Debug)]
pub(crate) struct Keywords(BTreeMap<String, String>);

/// Parses a URL, or keywords with values.
pub(crate) fn parse_connection_string(text: &str) -> Result<Keywords, String> {
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
pub(crate) fn parse_url(text: &str) -> Result<Keywords, String> {
    let (scheme, _) = text.split_once(':').unwrap_or_default();
    match scheme {
        "postgres" | "postgresql" => Keywords::checked(split_url(text).ok_or(URL_FORM)?),
        "jdbc" => Err(format!(
            "remove `jdbc:`, which only Java programs use: {URL_FORM}"
        )),
        // SQLAlchemy names its driver in the scheme.
        _ if scheme.starts_with("postgres") && scheme.contains('+') => Err(format!(
            "remove the `+` and the driver's name after it: {URL_FORM}"
        )),
        _ => Err(URL_FORM.to_owned()),
    }
}

/// Whether the text looks like `Server=…;Database=…;…`.
fn is_ado(text: &str) -> bool {
    const FIRST: [&str; 5] = ["server", "host", "data source", "database", "user id"];
    let pair = text
        .split_once(';')
        .and_then(|(first, _)| first.split_once('='));
    pair.is_some_and(|(keyword, value)| {
        let keyword = keyword.trim().to_ascii_lowercase();
        FIRST.contains(&keyword.as_str()) && !value.contains('=')
    })
}

fn split_keywords(text: &str) -> Result<Vec<(String, String)>, String> {
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
fn split_value(text: &str) -> Result<(String, &str), &'static str> {
    let quoted = text.strip_prefix('\'');
    let end: &[char] = if quoted.is_some() {
        &['\'']
    } else {
        &WHITESPACE
    };
    let mut value = String::new();
    let mut characters = quoted.unwrap_or(text).chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => value.extend(characters.next()),
            _ if end.contains(&character) => return Ok((value, characters.as_str())),
            _ => value.push(character),
        }
    }
    if quoted.is_some() {
        return Err("a single quote is opened and never closed (write \\' for one inside a value)");
    }
    Ok((value, ""))
}

/// The keywords of a URL's parts and parameters.
fn split_url(text: &str) -> Option<Vec<(String, String)>> {
    let url = Url::parse(text).ok()?;
    if url.fragment().is_some() {
        return None;
    }
    let port = url.port().map(|port| port.to_string()).unwrap_or_default();
    let host = url.host_str().unwrap_or_default();
    let mut pairs = vec![
        ("user", url.username()),
        ("password", url.password().unwrap_or_default()),
        ("host", host.trim_matches(['[', ']'])),
        ("port", &port),
        ("dbname", url.path().trim_start_matches('/')),
    ];
    let parameters = url.query().unwrap_or_default().split('&');
    for parameter in parameters.filter(|parameter| !parameter.is_empty()) {
        pairs.push(match parameter {
            // JDBC's spelling, which libpq accepts too.
            "ssl=true" => ("sslmode", "require"),
            _ => parameter.split_once('=')?,
        });
    }
    let decode = |(keyword, value)| Some((decoded(keyword)?, decoded(value)?));
    pairs.into_iter().map(decode).collect()
}

fn decoded(text: &str) -> Option<String> {
    let text = percent_decode_str(text).decode_utf8().ok()?;
    Some(text.into_owned())
}

/// The problem of an unknown keyword. It is not named where it may be a word of a password that is not quoted.
fn unknown_keyword(keyword: &str, previous: &str) -> String {
    let is_word = (1..=30).contains(&keyword.len())
        && keyword
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || b"_-".contains(&byte));
    let secrets = ["pass", "secret", "_key"];
    if is_word && !secrets.iter().any(|part| previous.contains(part)) {
        return format!("`{keyword}` is not a keyword of libpq");
    }
    "there is a word before a `=` that is not a keyword of libpq (a value with spaces needs single quotes)".to_owned()
}

fn lists(keywords: &str, keyword: &str) -> bool {
    keywords.split(' ').any(|listed| listed == keyword)
}

impl Keywords {
    pub(crate) fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut keywords: BTreeMap<_, _> = pairs.into_iter().collect();
        keywords.retain(|_, value| !value.is_empty());
        Self(keywords)
    }

    /// Refuses keywords that libpq does not know.
    fn checked(pairs: Vec<(String, String)>) -> Result<Self, String> {
        let mut previous = "";
        for (keyword, _) in &pairs {
            if !lists(SUPPORTED, keyword) && !lists(IGNORED, keyword) {
                return Err(unknown_keyword(keyword, previous));
            }
            previous = keyword;
        }
        Ok(Self::new(pairs))
    }

    pub(crate) fn has_password(&self) -> bool {
        self.0.contains_key("password")
    }

    /// The driver's options, and the keywords that have no effect.
    pub(crate) fn into_options(mut self) -> Result<(PgConnectOptions, String), String> {
        self.complete()?;
        let root = self.take("sslrootcert");
        let mode = self.ssl_mode(root.as_deref())?;
        // libpq does not encrypt a socket of the same machine, whatever is asked.
        let by_socket = self.0["host"].starts_with('/');
        self.set_default("sslmode", if by_socket { "disable" } else { mode });
        if self.0.contains_key("sslcert") != self.0.contains_key("sslkey") {
            return Err("sslcert and sslkey are required together".to_owned());
        }
        let is_used = |(keyword, _): &(String, String)| lists(SUPPORTED, keyword);
        let (used, ignored): (Vec<_>, Vec<_>) = self.0.into_iter().partition(is_used);
        let url =
            Url::parse_with_params("postgres:///", used).map_err(|error| error.to_string())?;
        let options = PgConnectOptions::from_url(&url).map_err(|_| "options are not understood")?;
        let options = match root.filter(|root| root != SYSTEM) {
            Some(file) => options.ssl_root_cert(file),
            // An empty list replaces the file that PGSSLROOTCERT may name.
            None => options.ssl_root_cert_from_pem(Vec::new()),
        };
        let ignored: Vec<_> = ignored.into_iter().map(|(keyword, _)| keyword).collect();
        Ok((options, ignored.join(", ")))
    }

    /// Sets every keyword that the driver would take from `PGHOST`, `PGPASSWORD` and the like if it were left out;
    /// an empty password keeps it from reading `~/.pgpass`.
    fn complete(&mut self) -> Result<(), String> {
        // With both, libpq connects to the address and checks the certificate against the name; the driver has one for both.
        let host = self.take("host").or_else(|| self.take("hostaddr"));
        let host = host.ok_or("the host is missing")?;
        if host.contains(',') {
            return Err("name one host: several are not supported".to_owned());
        }
        let port = self.take("port").unwrap_or_else(|| "5432".to_owned());
        let port: NonZeroU16 = port
            .trim()
            .parse()
            .map_err(|_| "port: must be 1 to 65535")?;
        let user = self.0.get("user").ok_or("the user is missing")?.clone();
        let application = self.take("fallback_application_name");
        let application = application.as_deref().unwrap_or(env!("CARGO_PKG_NAME"));
        self.set_default("host", &host);
        self.set_default("port", &port.to_string());
        self.set_default("dbname", &user);
        self.set_default("password", "");
        self.set_default("application_name", application);
        Ok(())
    }

    /// The driver's `sslmode` (<https://www.postgresql.org/docs/current/libpq-ssl.html>).
    fn ssl_mode(&mut self, root: Option<&str>) -> Result<&'static str, &'static str> {
        let old_require = self.take("requiressl").is_some_and(|value| value == "1");
        let default = match root {
            _ if old_require => "require",
            Some(SYSTEM) => "verify-full",
            _ => "prefer",
        };
        let mode = self.take("sslmode");
        match (mode.as_deref().unwrap_or(default), root) {
            ("verify-full", _) => Ok("verify-full"),
            (_, Some(SYSTEM)) => Err("sslrootcert=system needs sslmode=verify-full"),
            ("verify-ca", None) => Err(
                "sslmode=verify-ca needs sslrootcert; for a well-known authority write sslmode=verify-full",
            ),
            // For compatibility libpq verifies the authority as soon as it is named.
            ("verify-ca" | "require", Some(_)) => Ok("verify-ca"),
            ("require", None) => Ok("require"),
            // The driver's own `allow` never encrypts; `prefer` accepts the same servers and encrypts where it can.
            ("prefer" | "allow", _) => Ok("prefer"),
            ("disable", _) => Ok("disable"),
            _ => Err("sslmode must be disable, allow, prefer, require, verify-ca or verify-full"),
        }
    }

    fn set_default(&mut self, keyword: &str, value: &str) {
        let entry = self.0.entry(keyword.to_owned());
        entry.or_insert_with(|| value.to_owned());
    }

    /// Removes a keyword and returns its value.
    fn take(&mut self, keyword: &str) -> Option<String> {
        self.0.remove(keyword)
    }
}
