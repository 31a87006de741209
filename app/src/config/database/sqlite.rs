//! SQLite by URL.

use sea_orm::sqlx::sqlite::SqliteConnectOptions;

/// Where the data is when no database is named.
pub(super) const DEFAULT_URL: &str = "sqlite://data/app.db";

/// A SQLite database and what its URL says of it.
pub(super) struct Sqlite {
    pub(super) options: SqliteConnectOptions,
    pub(super) in_memory: bool,
}

/// Parses `sqlite://path` or `sqlite::memory:`; the file is made if it is missing, unless the URL's `mode` says otherwise.
pub(super) fn parse_url(url: &str) -> Result<Sqlite, String> {
    let problem = "write sqlite://path/to/file.db or sqlite::memory:".to_owned();
    let Ok(options) = url.parse::<SqliteConnectOptions>() else {
        return Err(problem);
    };
    let location = url.trim_start_matches("sqlite:").trim_start_matches("//");
    let (path, parameters) = location.split_once('?').unwrap_or((location, ""));
    let mode = parameters
        .split('&')
        .find_map(|parameter| parameter.strip_prefix("mode="));
    let in_memory = path == ":memory:" || mode == Some("memory");
    if path.is_empty() && !in_memory {
        return Err(problem);
    }
    let options = if mode.is_none() {
        options.create_if_missing(true)
    } else {
        options
    };
    Ok(Sqlite { options, in_memory })
}
