//! The text of every setting; the comment of each is its `--help`, with its default.

#![expect(clippy::doc_markdown, reason = "the comments are read in a terminal")]

/// The web server's settings as text.
#[derive(clap::Args)]
#[command(next_help_heading = "Server")]
pub(super) struct HttpSettings {
    /// Address to listen on; 0.0.0.0 on App Service [default: 127.0.0.1]
    #[arg(long, env, value_name = "ADDRESS")]
    pub(super) host: Option<String>,
    /// Port to listen on; 0 takes any free one [default: 8000]
    #[arg(long, env, value_name = "NUMBER")]
    pub(super) port: Option<String>,
    /// Public origin, as in https://www.example.com; unset: the request's own host, or on App Service https://$WEBSITE_HOSTNAME
    #[arg(long, env, value_name = "ORIGIN")]
    pub(super) base_url: Option<String>,
    /// Host name of the site, set by App Service; its presence means "on App Service"
    #[arg(long, env, value_name = "NAME")]
    pub(super) website_hostname: Option<String>,
    /// Peers whose X-Forwarded-For is believed: addresses and networks separated by commas, * for any, none; * on App Service [default: none]
    #[arg(long, env, value_name = "LIST")]
    pub(super) trusted_proxies: Option<String>,
    /// Forms a client address may send per minute, counted behind a trusted proxy; 0 = no limit [default: 60]
    #[arg(long, env, value_name = "NUMBER")]
    pub(super) rate_limit_writes: Option<String>,
    /// Longest wait for requests in flight when shutting down [default: 20s]
    #[arg(long, env, value_name = "DURATION")]
    pub(super) shutdown_grace: Option<String>,
    /// Longest time in which a request's head may arrive [default: 30s]
    #[arg(long, env, value_name = "DURATION")]
    pub(super) request_head_timeout: Option<String>,
    /// Longest time in which a request's body may arrive [default: 30s]
    #[arg(long, env, value_name = "DURATION")]
    pub(super) request_body_timeout: Option<String>,
    /// Longest time for which a client may take nothing of an answer [default: 30s]
    #[arg(long, env, value_name = "DURATION")]
    pub(super) write_timeout: Option<String>,
    /// Largest form, answered with 413 beyond [default: 64KiB]
    #[arg(long, env, value_name = "SIZE")]
    pub(super) form_body_limit: Option<String>,
    /// Largest request head, answered with 431 beyond [default: 32KiB]
    #[arg(long, env, value_name = "SIZE")]
    pub(super) request_head_limit: Option<String>,
    /// Requests worked on at once, answered with 503 beyond [default: 1000]
    #[arg(long, env, value_name = "NUMBER")]
    pub(super) max_concurrent_requests: Option<String>,
    /// Rows on a page of a list [default: 50]
    #[arg(long, env, value_name = "NUMBER")]
    pub(super) list_page_size: Option<String>,
    /// Rows on a page of details [default: 20]
    #[arg(long, env, value_name = "NUMBER")]
    pub(super) details_page_size: Option<String>,
    /// Matches of a search at most, where they are not sorted newest first [default: 1000]
    #[arg(long, env, value_name = "NUMBER")]
    pub(super) search_limit: Option<String>,
}

/// The database's settings as text.
#[derive(clap::Args)]
#[command(next_help_heading = "Database")]
pub(super) struct DatabaseSettings {
    /// Database as a URL, sqlite://path or postgres://user:password@host/name; on App Service a database must be named [default: sqlite://data/app.db]
    #[arg(long, env, value_name = "URL")]
    pub(super) database_url: Option<String>,
    /// PostgreSQL as libpq keywords, used without DATABASE_URL; without a password the site signs in to it with its Entra identity
    #[arg(long, env, value_name = "KEYWORDS")]
    pub(super) azure_postgresql_connectionstring: Option<String>,
    /// PostgreSQL host, used with DBNAME and DBUSER where neither of the two above is set
    #[arg(long, env, value_name = "HOST")]
    pub(super) dbhost: Option<String>,
    /// PostgreSQL port [default: 5432]
    #[arg(long, env, value_name = "NUMBER")]
    pub(super) dbport: Option<String>,
    /// PostgreSQL database
    #[arg(long, env, value_name = "NAME")]
    pub(super) dbname: Option<String>,
    /// PostgreSQL user
    #[arg(long, env, value_name = "NAME")]
    pub(super) dbuser: Option<String>,
    /// PostgreSQL password
    #[arg(long, env, value_name = "PASSWORD")]
    pub(super) dbpass: Option<String>,
    /// Connections to the database at most, per instance [default: 8]
    #[arg(long, env, value_name = "NUMBER")]
    pub(super) database_pool_size: Option<String>,
    /// Longest wait for a free connection, answered with 503 beyond [default: 3s]
    #[arg(long, env, value_name = "DURATION")]
    pub(super) database_pool_timeout: Option<String>,
    /// Longest run of one statement, answered with 503 beyond [default: 5s]
    #[arg(long, env, value_name = "DURATION")]
    pub(super) database_timeout: Option<String>,
}

/// The log's and telemetry's settings as text.
#[derive(clap::Args)]
#[command(next_help_heading = "Telemetry")]
pub(super) struct TelemetrySettings {
    /// Form of the log, text or json; unset: text on a terminal, else json
    #[arg(long, env, value_name = "FORM")]
    pub(super) log_format: Option<String>,
    /// What is logged, as levels and target=level separated by commas [default: info,salvo=warn,sqlx=warn]
    #[arg(long, env, value_name = "FILTER")]
    pub(super) rust_log: Option<String>,
    /// Application Insights as its connection string, for traces, request metrics and errors; unset: they go nowhere
    #[arg(long, env, value_name = "STRING")]
    pub(super) applicationinsights_connection_string: Option<String>,
}
