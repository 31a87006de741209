//! The search index: words of the name, the address and the description, each database's own way.

use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

/// One row a restaurant, found by words: letters and digits, without case and accents.
const SQLITE_SEARCH: &str = "
    CREATE VIRTUAL TABLE restaurant_search USING fts5(
        name, street_address, description, content='restaurant', content_rowid='id',
        tokenize='unicode61 remove_diacritics 2', prefix='1 2 3');
    CREATE TRIGGER restaurant_search_insert AFTER INSERT ON restaurant BEGIN
        INSERT INTO restaurant_search(rowid, name, street_address, description)
        VALUES (new.id, new.name, new.street_address, new.description);
    END;
    CREATE TRIGGER restaurant_search_delete AFTER DELETE ON restaurant BEGIN
        INSERT INTO restaurant_search(restaurant_search, rowid, name, street_address, description)
        VALUES ('delete', old.id, old.name, old.street_address, old.description);
    END;
    CREATE TRIGGER restaurant_search_update
    AFTER UPDATE OF id, name, street_address, description ON restaurant BEGIN
        INSERT INTO restaurant_search(restaurant_search, rowid, name, street_address, description)
        VALUES ('delete', old.id, old.name, old.street_address, old.description);
        INSERT INTO restaurant_search(rowid, name, street_address, description)
        VALUES (new.id, new.name, new.street_address, new.description);
    END;
    INSERT INTO restaurant_search(restaurant_search) VALUES ('rebuild');
    CREATE INDEX restaurant_by_name ON restaurant (name COLLATE NOCASE, id);";

/// The same rule: decompose, drop the combining marks, recompose (kana and Hangul need it), lower
/// the case, make the final sigma a plain one, and leave letters and digits. ICU's collation keeps it independent of the database's.
const POSTGRES_SEARCH: &str = r#"
    ALTER TABLE restaurant ADD COLUMN search tsvector GENERATED ALWAYS AS (
        to_tsvector('simple', regexp_replace(
            translate(
                lower(normalize(regexp_replace(
                    normalize(name || ' ' || street_address || ' ' || description, NFKD),
                    '[\u0300-\u036f]', '', 'g'), NFC) COLLATE "und-x-icu"),
                'ς', 'σ'),
            '[^[:alnum:]]+', ' ', 'g'))
    ) STORED;
    CREATE INDEX restaurant_search ON restaurant USING gin (search) WITH (fastupdate = off);
    CREATE INDEX restaurant_by_name ON restaurant (name COLLATE "und-x-icu", id);"#;

pub(super) async fn create(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    execute(manager, SQLITE_SEARCH, POSTGRES_SEARCH).await
}

pub(super) async fn drop(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let sqlite = "
        DROP TRIGGER restaurant_search_insert;
        DROP TRIGGER restaurant_search_delete;
        DROP TRIGGER restaurant_search_update;
        DROP TABLE restaurant_search;
        DROP INDEX restaurant_by_name;";
    let postgres = "
        DROP INDEX restaurant_by_name;
        ALTER TABLE restaurant DROP COLUMN search;";
    execute(manager, sqlite, postgres).await
}

async fn execute(manager: &SchemaManager<'_>, sqlite: &str, postgres: &str) -> Result<(), DbErr> {
    let statements = match manager.get_database_backend() {
        DbBackend::Sqlite => sqlite,
        _ => postgres,
    };
    manager
        .get_connection()
        .execute_unprepared(statements)
        .await?;
    Ok(())
}
