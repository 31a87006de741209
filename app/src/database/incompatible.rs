//! Permanent incompatibilities of a database with this build, which a retry cannot resolve.

use std::fmt::{self, Display, Formatter};

use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbBackend, Statement};

/// The first PostgreSQL version with `normalize` in every UTF8 database.
const MIN_VERSION: i32 = 13;

const SERVER: &str = "
    SELECT current_setting('server_version_num')::int / 10000 AS version,
        current_setting('server_encoding') AS encoding, current_database()::text AS name";

/// Why the database cannot be used, and what to do.
#[derive(Debug)]
pub(super) struct Incompatible(pub(super) String);

impl Display for Incompatible {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Incompatible {}

/// # Errors
/// [`Incompatible`] for an old PostgreSQL or an encoding other than UTF8.
pub(super) async fn ensure_compatible(db: &DatabaseConnection) -> anyhow::Result<()> {
    if db.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let statement = Statement::from_string(DbBackend::Postgres, SERVER);
    if let Some(row) = db.query_one_raw(statement).await? {
        let version: i32 = row.try_get_by_index(0)?;
        let encoding: String = row.try_get_by_index(1)?;
        let name: String = row.try_get_by_index(2)?;
        if let Some(reason) = refusal(version, &encoding, &name) {
            return Err(Incompatible(reason).into());
        }
    }
    Ok(())
}

fn refusal(version: i32, encoding: &str, name: &str) -> Option<String> {
    if version < MIN_VERSION {
        return Some(format!(
            "the server is PostgreSQL {version}; PostgreSQL {MIN_VERSION} or newer is needed: upgrade the server"
        ));
    }
    (encoding != "UTF8").then(|| {
        format!(
            "the database {name} has the encoding {encoding}; UTF8 is needed: create a database with \
             CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0 and move the data there"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::refusal;

    #[test]
    fn an_old_server_and_another_encoding_are_refused_by_name() {
        let old = refusal(12, "UTF8", "db").expect("refused");
        assert!(
            old.contains("PostgreSQL 12;") && old.contains("13 or newer"),
            "{old}"
        );
        let latin = refusal(15, "LATIN1", "db").expect("refused");
        assert!(latin.contains("LATIN1; UTF8 is needed"), "{latin}");
        assert_eq!(refusal(13, "UTF8", "db"), None);
    }
}
