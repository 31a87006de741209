//! The settings that can name a database, and which of them wins.

use super::parts::Parts;
use super::postgres;
use super::sqlite;
use super::target::{Database, DatabaseTarget};
use crate::config::reader::{Reader, is_set};
use crate::config::settings::DatabaseSettings;

const URL: &str = "DATABASE_URL";
const CONNECTION_STRING: &str = "AZURE_POSTGRESQL_CONNECTIONSTRING";

/// Takes the first source that is set, and warns of the others.
/// `None` if it is not usable, or missing where one is required; then it is a problem.
pub(super) fn read_database(
    settings: &DatabaseSettings,
    on_app_service: bool,
    reader: &mut Reader,
) -> Option<Database> {
    let url = reader.text(URL, settings.database_url.as_deref());
    let connection_string = settings.azure_postgresql_connectionstring.as_deref();
    let connection_string = reader.verbatim(CONNECTION_STRING, connection_string);
    let parts = Parts::read(settings, reader);
    let set = set_settings(settings);
    match set.first() {
        Some(&winner) => warn_of_ignored(winner, &set, reader),
        None if on_app_service => {
            reader.problem(
                CONNECTION_STRING,
                "name a database: without one, App Service would lose the data with the instance",
            );
            return None;
        }
        None => {}
    }
    match set.first() {
        Some(&URL) => read_url(url?, reader),
        Some(&CONNECTION_STRING) => read_connection_string(connection_string?, reader),
        Some(_) => parts.into_database(reader),
        None => read_url(sqlite::DEFAULT_URL, reader),
    }
}

/// The settings that name a database and have a value, in order of precedence; a port alone names none.
fn set_settings(settings: &DatabaseSettings) -> Vec<&'static str> {
    [
        (URL, &settings.database_url),
        (
            CONNECTION_STRING,
            &settings.azure_postgresql_connectionstring,
        ),
        ("DBHOST", &settings.dbhost),
        ("DBNAME", &settings.dbname),
        ("DBUSER", &settings.dbuser),
        ("DBPASS", &settings.dbpass),
    ]
    .into_iter()
    .filter(|(_, value)| is_set(value.as_deref()))
    .map(|(name, _)| name)
    .collect()
}

fn warn_of_ignored(winner: &str, set: &[&str], reader: &mut Reader) {
    let from_one_source =
        |name: &str| name == winner || (name.starts_with("DB") && winner.starts_with("DB"));
    let ignored: Vec<_> = set
        .iter()
        .copied()
        .filter(|name| !from_one_source(name))
        .collect();
    if !ignored.is_empty() {
        reader.warning(format!(
            "{} ignored, because {winner} is set",
            ignored.join(", ")
        ));
    }
}

fn read_url(url: &str, reader: &mut Reader) -> Option<Database> {
    if url.starts_with("sqlite:") {
        let sqlite = sqlite::parse_url(url)
            .map_err(|problem| reader.problem(URL, &problem))
            .ok()?;
        let target = DatabaseTarget::Sqlite(Box::new(sqlite.options));
        return Some(Database {
            target,
            token_required: false,
            in_memory: sqlite.in_memory,
        });
    }
    if !postgres::is_url(url) {
        reader.problem(
            URL,
            "write sqlite://path, postgres://user:password@host/name or postgresql://…",
        );
        return None;
    }
    let keywords = postgres::parse_url(url)
        .map_err(|problem| reader.problem(URL, &problem))
        .ok()?;
    postgres::connect_options(keywords, URL, reader).map(Database::postgres)
}

fn read_connection_string(text: &str, reader: &mut Reader) -> Option<Database> {
    let keywords = if postgres::is_url(text) {
        postgres::parse_url(text)
    } else {
        postgres::parse_keywords(text)
    };
    let keywords = keywords
        .map_err(|problem| reader.problem(CONNECTION_STRING, &problem))
        .ok()?;
    let token_required = !keywords.has_password();
    let options = postgres::connect_options(keywords, CONNECTION_STRING, reader)?;
    if !token_required {
        return Some(Database::postgres(options));
    }
    let options = postgres::protect_token(options)
        .map_err(|problem| reader.problem(CONNECTION_STRING, &problem))
        .ok()?;
    Some(Database {
        token_required,
        ..Database::postgres(options)
    })
}
