//! `DBHOST`, `DBPORT`, `DBNAME`, `DBUSER` and `DBPASS`: a PostgreSQL database in parts.

use super::postgres::{self, Keywords};
use super::target::Database;
use crate::config::reader::{Reader, is_set};
use crate::config::settings::DatabaseSettings;
use crate::config::units::number;

/// A database named by `DBHOST` and its companions.
pub(super) struct Parts<'a> {
    host: Option<&'a str>,
    port: Option<u16>,
    name: Option<&'a str>,
    user: Option<&'a str>,
    password: Option<&'a str>,
    missing: Vec<&'static str>,
}

impl<'a> Parts<'a> {
    pub(super) fn read(settings: &'a DatabaseSettings, reader: &mut Reader) -> Self {
        let required = [
            ("DBHOST", &settings.dbhost),
            ("DBNAME", &settings.dbname),
            ("DBUSER", &settings.dbuser),
        ];
        Self {
            host: reader.text("DBHOST", settings.dbhost.as_deref()),
            port: reader.parse("DBPORT", settings.dbport.as_deref(), number(1..=u16::MAX)),
            name: reader.text("DBNAME", settings.dbname.as_deref()),
            user: reader.text("DBUSER", settings.dbuser.as_deref()),
            password: reader.verbatim("DBPASS", settings.dbpass.as_deref()),
            missing: required
                .iter()
                .filter(|(_, value)| !is_set(value.as_deref()))
                .map(|(name, _)| *name)
                .collect(),
        }
    }

    /// `None` if a part is missing or wrong, which is then a problem.
    pub(super) fn into_database(self, reader: &mut Reader) -> Option<Database> {
        for name in &self.missing {
            reader.problem(
                name,
                "set it too: DBHOST, DBNAME and DBUSER name a database only together",
            );
        }
        let port = self.port.map(|port| port.to_string());
        let keywords = Keywords::new([
            ("host", self.host?),
            ("port", port.as_deref().unwrap_or_default()),
            ("dbname", self.name?),
            ("user", self.user?),
            ("password", self.password.unwrap_or_default()),
        ]);
        postgres::connect_options(keywords, "DBHOST", reader).map(Database::postgres)
    }
}
