//! Settings of the database: which one, and the limits of its use.

#![expect(clippy::doc_markdown, reason = "the comments are the help text")]

use std::fmt::{self, Debug, Formatter};
use std::net::IpAddr;
use std::time::Duration;

use sea_orm::sqlx::postgres::{PgConnectOptions, PgSslMode};
use sea_orm::sqlx::sqlite::SqliteConnectOptions;

use super::parsers::{MILLISECOND, duration, number};
use super::reader::Reader;
use crate::libpq::{self, Keywords};
use crate::secret::Secret;

const URL: &str = "DATABASE_URL";
const READ_URL: &str = "DATABASE_READ_URL";
const CONNECTION_STRING: &str = "AZURE_POSTGRESQL_CONNECTIONSTRING";
const HOST: &str = "DBHOST";

/// The database's settings, each valid on its own.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Database")]
pub struct DatabaseSettings {
    /// Database URL, sqlite://path or postgres://user:password@host/name; required on App Service unless another setting names the database
    #[arg(long, env, value_name = "URL", hide_env_values = true)]
    #[arg(default_value = "sqlite://data/app.db")]
    database_url: Secret,
    /// PostgreSQL as libpq keywords, used without DATABASE_URL; without a password the site signs in to it with its Entra identity
    #[arg(long, env, value_name = "KEYWORDS", hide_env_values = true)]
    azure_postgresql_connectionstring: Option<Secret>,
    /// PostgreSQL host, used with DBNAME and DBUSER where neither of the two above is set
    #[arg(long, env, value_name = "HOST")]
    dbhost: Option<String>,
    /// PostgreSQL port
    #[arg(long, env, value_name = "NUMBER", default_value = "5432", value_parser = number(1..=u16::MAX))]
    dbport: u16,
    /// PostgreSQL database
    #[arg(long, env, value_name = "NAME")]
    dbname: Option<String>,
    /// PostgreSQL user
    #[arg(long, env, value_name = "NAME")]
    dbuser: Option<String>,
    /// PostgreSQL password
    #[arg(long, env, value_name = "PASSWORD", hide_env_values = true)]
    dbpass: Option<Secret>,
    // Four instances with 8 connections each, one of them restarting, fit into the limit of a small server.
    /// Maximum number of database connections per instance
    #[arg(long, env, value_name = "NUMBER", default_value = "8", value_parser = number(1..=1000_u32))]
    pub database_pool_size: u32,
    /// Maximum wait for a free connection; then the response is 503
    #[arg(long, env, value_name = "DURATION", default_value = "3s", value_parser = duration(MILLISECOND))]
    pub database_pool_timeout: Duration,
    /// Statement timeout; then the response is 503
    #[arg(long, env, value_name = "DURATION", default_value = "5s", value_parser = duration(MILLISECOND))]
    pub database_timeout: Duration,
    /// Read replicas of a PostgreSQL database, as postgres:// URLs separated by commas; pages of anonymous visitors are read there
    #[arg(long, env, value_name = "URLS", hide_env_values = true)]
    database_read_url: Option<Secret>,
    /// Maximum lag of a read replica; beyond it, and after a visitor's own write, the primary database is read
    #[arg(long, env, value_name = "DURATION", default_value = "1s", value_parser = duration(MILLISECOND))]
    pub database_read_lag: Duration,
}

/// The database and the limits of its use.
#[derive(Debug, Clone)]
pub struct DatabaseConfig {
    pub settings: DatabaseSettings,
    pub target: DatabaseTarget,
    /// The setting that names the database, for messages.
    pub setting: &'static str,
    /// The server expects an Entra token as the password.
    pub token_required: bool,
    /// SQLite's data end with its only connection.
    pub in_memory: bool,
    /// `DBPASS` has percent signs, as if it were part of a URL.
    pub percent_in_password: bool,
}

/// A database to connect to; its `Debug` shows no secret.
#[derive(Clone)]
pub enum DatabaseTarget {
    Sqlite(Box<SqliteConnectOptions>),
    Postgres {
        primary: Box<PgConnectOptions>,
        replicas: Vec<PgConnectOptions>,
    },
}

impl Debug for DatabaseTarget {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Sqlite(_) => "Sqlite",
            Self::Postgres { .. } => "Postgres",
        })
    }
}

impl DatabaseSettings {
    /// Takes the first database that is set, and warns of the others. `None` if it is invalid, or missing
    /// where one is required; then it is a problem.
    pub(super) fn into_config(mut self, reader: &mut Reader<'_>) -> Option<DatabaseConfig> {
        let setting = source(reader)?;
        let url = self.database_url.expose();
        let (mut token_required, mut in_memory) = (false, false);
        let target = if setting == URL && url.starts_with("sqlite:") {
            let (options, is_in_memory) = reader.checked(URL, parse_sqlite(url))?;
            in_memory = is_in_memory;
            if self.database_read_url.is_some() {
                reader.problem(READ_URL, "only a PostgreSQL database has replicas");
                return None;
            }
            DatabaseTarget::Sqlite(options)
        } else {
            let keywords = self.keywords(setting, reader)?;
            token_required = setting == CONNECTION_STRING && !keywords.has_password();
            DatabaseTarget::Postgres {
                primary: postgres(setting, keywords, token_required, reader)?.into(),
                replicas: self.replicas(token_required, reader)?,
            }
        };
        if in_memory {
            // Every connection would see a database of its own.
            self.database_pool_size = 1;
        }
        Some(DatabaseConfig {
            target,
            setting,
            token_required,
            in_memory,
            percent_in_password: setting == HOST && self.dbpass().contains('%'),
            settings: self,
        })
    }

    /// The keywords of a setting that names PostgreSQL.
    fn keywords(&self, setting: &str, reader: &mut Reader<'_>) -> Option<Keywords> {
        let keywords = match setting {
            URL => libpq::parse_url(self.database_url.expose()),
            CONNECTION_STRING => {
                let text = self.azure_postgresql_connectionstring.as_ref()?;
                libpq::parse_connection_string(text.expose())
            }
            _ => return self.parts(reader),
        };
        reader.checked(setting, keywords)
    }

    /// The keywords that `DBHOST` and the settings beside it stand for.
    fn parts(&self, reader: &mut Reader<'_>) -> Option<Keywords> {
        for name in [HOST, "DBNAME", "DBUSER"] {
            reader.require(name, "DBHOST, DBNAME and DBUSER are required together");
        }
        let pairs = [
            ("host", self.dbhost.as_deref()?),
            ("port", &self.dbport.to_string()),
            ("dbname", self.dbname.as_deref()?),
            ("user", self.dbuser.as_deref()?),
            ("password", self.dbpass()),
        ];
        let pairs = pairs.map(|(keyword, value)| (keyword.to_owned(), value.to_owned()));
        Some(Keywords::new(pairs))
    }

    fn dbpass(&self) -> &str {
        self.dbpass.as_ref().map_or("", Secret::expose)
    }

    /// A replica takes an Entra token if the primary does and its own URL has no password.
    fn replicas(
        &self,
        token_required: bool,
        reader: &mut Reader<'_>,
    ) -> Option<Vec<PgConnectOptions>> {
        let Some(urls) = &self.database_read_url else {
            return Some(Vec::new());
        };
        let parse = |url: &str| {
            let keywords = reader.checked(READ_URL, libpq::parse_url(url.trim()))?;
            let token_required = token_required && !keywords.has_password();
            postgres(READ_URL, keywords, token_required, reader)
        };
        urls.expose().split(',').map(parse).collect()
    }
}

/// The setting that names the database. A port alone names none.
fn source(reader: &mut Reader<'_>) -> Option<&'static str> {
    const PARTS: [&str; 4] = [HOST, "DBNAME", "DBUSER", "DBPASS"];
    let names = [URL, CONNECTION_STRING].into_iter().chain(PARTS);
    let set: Vec<_> = names.filter(|name| reader.is_set(name)).collect();
    let Some((&winner, ignored)) = set.split_first() else {
        if reader.is_set("WEBSITE_HOSTNAME") {
            let problem = "set it, or another database: without one, the data would be lost with the instance";
            reader.problem(CONNECTION_STRING, problem);
            return None;
        }
        return Some(URL);
    };
    if PARTS.contains(&winner) {
        return Some(HOST);
    }
    if !ignored.is_empty() {
        let ignored = ignored.join(", ");
        reader.warning(format!("{ignored} ignored, because {winner} is set"));
    }
    Some(winner)
}

/// The driver's options. `None` if there is a problem.
fn postgres(
    setting: &str,
    keywords: Keywords,
    token_required: bool,
    reader: &mut Reader<'_>,
) -> Option<PgConnectOptions> {
    let (options, ignored) = reader.checked(setting, keywords.into_options())?;
    if !ignored.is_empty() {
        reader.warning(format!("{setting}: {ignored} have no effect here"));
    }
    if token_required {
        return reader.checked(setting, protect_token(options));
    }
    Some(options)
}

/// Requires TLS for a token, which is sent as it is; an error if the keywords forbid TLS.
fn protect_token(options: PgConnectOptions) -> Result<PgConnectOptions, &'static str> {
    let host = options.get_host();
    let on_this_machine = options.get_socket().is_some()
        || host == "localhost"
        || matches!(host.parse::<IpAddr>(), Ok(address) if address.is_loopback());
    match options.get_ssl_mode() {
        PgSslMode::Disable if !on_this_machine => {
            Err("an Entra token must not be sent without TLS: write sslmode=require")
        }
        PgSslMode::Prefer if !on_this_machine => Ok(options.ssl_mode(PgSslMode::Require)),
        _ => Ok(options),
    }
}

/// Parses `sqlite://path` or `sqlite::memory:`; returns the database and whether it is in memory. The file is created if it is
/// missing, unless the URL has a `mode`.
fn parse_sqlite(url: &str) -> Result<(Box<SqliteConnectOptions>, bool), &'static str> {
    const FORM: &str = "must be sqlite://path/to/file.db or sqlite::memory:";
    // SQLAlchemy's form of a relative path has three slashes.
    let url = match url.strip_prefix("sqlite:///.") {
        Some(path) if path.starts_with(['/', '.']) => format!("sqlite://.{path}"),
        _ => url.to_owned(),
    };
    let mut options: SqliteConnectOptions = url.parse().map_err(|_| FORM)?;
    let location = url.trim_start_matches("sqlite:").trim_start_matches("//");
    let (path, parameters) = location.split_once('?').unwrap_or((location, ""));
    let mut parameters = parameters.split('&');
    let mode = parameters.find_map(|parameter| parameter.strip_prefix("mode="));
    let in_memory = path == ":memory:" || mode == Some("memory");
    if path.is_empty() && !in_memory {
        return Err(FORM);
    }
    if mode.is_none() {
        options = options.create_if_missing(true);
    }
    Ok((Box::new(options), in_memory))
}
