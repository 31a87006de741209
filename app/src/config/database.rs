//! Settings of the database: which one, and the limits of its use.

#![expect(clippy::doc_markdown, reason = "the comments are the help text")]

use std::fmt::{self, Debug, Formatter};
use std::net::IpAddr;
use std::time::Duration;

use sea_orm::sqlx::postgres::{PgConnectOptions, PgSslMode};
use sea_orm::sqlx::sqlite::SqliteConnectOptions;

use super::libpq::{self, Keywords};
use super::parsers::{duration, number};
use super::reader::Reader;

const URL: &str = "DATABASE_URL";
const READ_URL: &str = "DATABASE_READ_URL";
const CONNECTION_STRING: &str = "AZURE_POSTGRESQL_CONNECTIONSTRING";
const MILLISECOND: Duration = Duration::from_millis(1);

/// The database's settings as they are written.
#[derive(clap::Args)]
#[command(next_help_heading = "Database")]
pub(super) struct DatabaseSettings {
    /// Database URL, sqlite://path or postgres://user:password@host/name; required on App Service unless another setting names the database
    #[arg(
        long,
        env,
        value_name = "URL",
        default_value = "sqlite://data/app.db",
        hide_env_values = true
    )]
    database_url: String,
    /// PostgreSQL as libpq keywords, used without DATABASE_URL; without a password the site signs in to it with its Entra identity
    #[arg(long, env, value_name = "KEYWORDS", hide_env_values = true)]
    azure_postgresql_connectionstring: Option<String>,
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
    dbpass: Option<String>,
    // Four instances with 8 connections each, one of them restarting, fit into the limit of a small server.
    /// Most connections to the database, per instance
    #[arg(long, env, value_name = "NUMBER", default_value = "8", value_parser = number(1..=1000_u32))]
    database_pool_size: u32,
    /// Longest wait for a free connection; then the response is 503
    #[arg(long, env, value_name = "DURATION", default_value = "3s", value_parser = duration(MILLISECOND))]
    database_pool_timeout: Duration,
    /// Longest time for one statement; then the response is 503
    #[arg(long, env, value_name = "DURATION", default_value = "5s", value_parser = duration(MILLISECOND))]
    database_timeout: Duration,
    /// Read replicas of a PostgreSQL database, as postgres:// URLs separated by commas; pages of anonymous visitors are read there
    #[arg(long, env, value_name = "URLS", hide_env_values = true)]
    database_read_url: Option<String>,
    /// Largest lag of a read replica; beyond it, and after a visitor's own write, the primary database is read
    #[arg(long, env, value_name = "DURATION", default_value = "1s", value_parser = duration(MILLISECOND))]
    database_read_lag: Duration,
}

/// The database and the limits of its use.
#[derive(Debug, Clone)]
pub struct DatabaseConfig {
    pub target: DatabaseTarget,
    /// The setting that names the database, for messages.
    pub setting: &'static str,
    /// The server expects an Entra token as the password.
    pub token_required: bool,
    /// SQLite's data end with its only connection.
    pub in_memory: bool,
    /// `DBPASS` has percent signs, as if it were part of a URL.
    pub percent_in_password: bool,
    pub pool_size: u32,
    /// Longest wait for a connection of the pool.
    pub pool_timeout: Duration,
    /// Longest run of one statement.
    pub statement_timeout: Duration,
    /// Empty for SQLite.
    pub replicas: Vec<ReplicaTarget>,
    /// The most that a replica may be behind to be read from.
    pub read_lag: Duration,
}

/// A read replica to connect to; its `Debug` shows no secret.
#[derive(Clone)]
pub struct ReplicaTarget {
    pub options: Box<PgConnectOptions>,
}

impl Debug for ReplicaTarget {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str("ReplicaTarget")
    }
}

/// A database to connect to; its `Debug` shows no secret.
#[derive(Clone)]
pub enum DatabaseTarget {
    Sqlite(Box<SqliteConnectOptions>),
    Postgres(Box<PgConnectOptions>),
}

impl Debug for DatabaseTarget {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Sqlite(_) => "Sqlite",
            Self::Postgres(_) => "Postgres",
        })
    }
}

impl DatabaseSettings {
    /// Takes the first database that is set, and warns of the others. `None` if it is invalid, or missing
    /// where one is required; then it is a problem.
    pub(super) fn into_config(
        self,
        on_app_service: bool,
        reader: &mut Reader<'_>,
    ) -> Option<DatabaseConfig> {
        let setting = source(on_app_service, reader)?;
        let mut token_required = false;
        let target = if setting == URL && self.database_url.starts_with("sqlite:") {
            parse_sqlite(&self.database_url)
        } else {
            self.keywords(setting, reader)?.and_then(|keywords| {
                token_required = setting == CONNECTION_STRING && !keywords.has_password();
                let options = postgres(setting, keywords, token_required, reader)?;
                Ok((DatabaseTarget::Postgres(options), false))
            })
        };
        let target = target.map_err(|problem| reader.problem(setting, &problem));
        let (target, in_memory) = target.ok()?;
        let is_postgres = matches!(target, DatabaseTarget::Postgres(_));
        let replicas = self.replicas(is_postgres, token_required, reader)?;
        let percent_in_password = self.dbpass.is_some_and(|password| password.contains('%'));
        Some(DatabaseConfig {
            target,
            setting,
            token_required,
            in_memory,
            percent_in_password: setting == "DBHOST" && percent_in_password,
            // Every connection to an in-memory database would see a database of its own.
            pool_size: if in_memory {
                1
            } else {
                self.database_pool_size
            },
            pool_timeout: self.database_pool_timeout,
            statement_timeout: self.database_timeout,
            replicas,
            read_lag: self.database_read_lag,
        })
    }

    /// `None` if a replica's URL is invalid, which is then a problem.
    fn replicas(
        &self,
        is_postgres: bool,
        token_required: bool,
        reader: &mut Reader<'_>,
    ) -> Option<Vec<ReplicaTarget>> {
        let Some(urls) = &self.database_read_url else {
            return Some(Vec::new());
        };
        if !is_postgres {
            reader.problem(READ_URL, "only a PostgreSQL database has replicas");
            return None;
        }
        let mut parse = |url: &str| {
            let keywords = libpq::parse_url(url)?;
            let token_required = token_required && !keywords.has_password();
            let target = postgres(READ_URL, keywords, token_required, reader)?;
            Ok(ReplicaTarget { options: target })
        };
        let parsed: Result<Vec<_>, String> = urls.split(',').map(|url| parse(url.trim())).collect();
        parsed
            .map_err(|problem| reader.problem(READ_URL, &problem))
            .ok()
    }

    /// The keywords of a setting that names PostgreSQL. `None` if a part is missing, which is then a problem.
    fn keywords(&self, setting: &str, reader: &mut Reader<'_>) -> Option<Result<Keywords, String>> {
        if setting == URL {
            return Some(libpq::parse_url(&self.database_url));
        }
        if setting == CONNECTION_STRING {
            let text = self.azure_postgresql_connectionstring.as_deref()?;
            return Some(libpq::parse_connection_string(text));
        }
        let reason = "DBHOST, DBNAME and DBUSER are required together";
        let host = reader.require("DBHOST", self.dbhost.as_deref(), reason);
        let name = reader.require("DBNAME", self.dbname.as_deref(), reason);
        let user = reader.require("DBUSER", self.dbuser.as_deref(), reason);
        Some(Ok(Keywords::new(&[
            ("host", host?),
            ("port", &self.dbport.to_string()),
            ("dbname", name?),
            ("user", user?),
            ("password", self.dbpass.as_deref().unwrap_or_default()),
        ])))
    }
}

/// The setting that names the database. A port alone names none.
fn source(on_app_service: bool, reader: &mut Reader<'_>) -> Option<&'static str> {
    const PARTS: [&str; 4] = ["DBHOST", "DBNAME", "DBUSER", "DBPASS"];
    let names = [URL, CONNECTION_STRING].into_iter().chain(PARTS);
    let set: Vec<_> = names.filter(|name| reader.is_set(name)).collect();
    let Some(&winner) = set.first() else {
        if on_app_service {
            let problem = "set it, or another database: without one, the data would be lost with the instance";
            reader.problem(CONNECTION_STRING, problem);
            return None;
        }
        return Some(URL);
    };
    let in_parts = PARTS.contains(&winner);
    let ignored = |name: &&&str| **name != winner && !(in_parts && PARTS.contains(*name));
    let ignored: Vec<_> = set.iter().filter(ignored).copied().collect();
    if !ignored.is_empty() {
        let ignored = ignored.join(", ");
        reader.warning(format!("{ignored} ignored, because {winner} is set"));
    }
    Some(if in_parts { "DBHOST" } else { winner })
}

fn postgres(
    setting: &str,
    keywords: Keywords,
    token_required: bool,
    reader: &mut Reader<'_>,
) -> Result<Box<PgConnectOptions>, String> {
    let (mut options, ignored) = keywords.into_options()?;
    if !ignored.is_empty() {
        reader.warning(format!("{setting}: {ignored} have no effect here"));
    }
    if token_required {
        options = protect_token(options)?;
    }
    Ok(Box::new(options))
}

/// Requires TLS for a token, which is sent as it is; an error if the keywords forbid TLS.
fn protect_token(options: PgConnectOptions) -> Result<PgConnectOptions, String> {
    let host = options.get_host();
    let on_this_machine = options.get_socket().is_some()
        || host == "localhost"
        || matches!(host.parse::<IpAddr>(), Ok(address) if address.is_loopback());
    match options.get_ssl_mode() {
        _ if on_this_machine => Ok(options),
        PgSslMode::Disable => {
            Err("an Entra token must not be sent without TLS: write sslmode=require".to_owned())
        }
        PgSslMode::Prefer => Ok(options.ssl_mode(PgSslMode::Require)),
        _ => Ok(options),
    }
}

/// Parses `sqlite://path` or `sqlite::memory:`; returns the database and whether it is in memory. The file is created if it is
/// missing, unless the URL has a `mode`.
fn parse_sqlite(url: &str) -> Result<(DatabaseTarget, bool), String> {
    let problem = || "must be sqlite://path/to/file.db or sqlite::memory:".to_owned();
    // SQLAlchemy's form of a relative path has three slashes.
    let url = match url.strip_prefix("sqlite:///.") {
        Some(path) if path.starts_with(['/', '.']) => format!("sqlite://.{path}"),
        _ => url.to_owned(),
    };
    let options: SqliteConnectOptions = url.parse().map_err(|_| problem())?;
    let location = url.trim_start_matches("sqlite:").trim_start_matches("//");
    let (path, parameters) = location.split_once('?').unwrap_or((location, ""));
    let mut parameters = parameters.split('&');
    let mode = parameters.find_map(|parameter| parameter.strip_prefix("mode="));
    let in_memory = path == ":memory:" || mode == Some("memory");
    if path.is_empty() && !in_memory {
        return Err(problem());
    }
    let options = match mode {
        None => options.create_if_missing(true),
        Some(_) => options,
    };
    Ok((DatabaseTarget::Sqlite(Box::new(options)), in_memory))
}
