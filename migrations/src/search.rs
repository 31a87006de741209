//! Full-text search index of a table: an FTS5 table on SQLite, a `tsvector` column with a GIN index on
//! PostgreSQL. `app::search` has the queries.

use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;
use unicode_normalization::UnicodeNormalization as _;

/// The most calls of a function inside each other in an SQLite schema.
const NESTED_CALLS: usize = 12;

/// A table with an integer `id` and the text columns that are searched; null is read as empty.
pub struct SearchIndex {
    pub table: &'static str,
    pub columns: &'static [&'static str],
}

/// One FTS5 row for each row of the table, with its words: letters and digits, without case and accents.
const CREATE_SQLITE: &str = "
    CREATE VIRTUAL TABLE {table}_search USING fts5(
        words, content='', contentless_delete=1,
        tokenize='unicode61 remove_diacritics 2', prefix='1 2 3');
    CREATE TRIGGER {table}_search_insert AFTER INSERT ON {table} BEGIN
        INSERT INTO {table}_search(rowid, words) VALUES (new.id, {new_words});
    END;
    CREATE TRIGGER {table}_search_delete AFTER DELETE ON {table} BEGIN
        DELETE FROM {table}_search WHERE rowid = old.id;
    END;
    CREATE TRIGGER {table}_search_update
    AFTER UPDATE OF id, {columns} ON {table} BEGIN
        DELETE FROM {table}_search WHERE rowid = old.id;
        INSERT INTO {table}_search(rowid, words) VALUES (new.id, {new_words});
    END;
    INSERT INTO {table}_search(rowid, words) SELECT id, {words} FROM {table};";

const DROP_SQLITE: &str = "
    DROP TRIGGER {table}_search_insert;
    DROP TRIGGER {table}_search_delete;
    DROP TRIGGER {table}_search_update;
    DROP TABLE {table}_search;";

/// The rule of the SQLite index in SQL: decompose, drop the combining marks, recompose (kana and Hangul
/// need it), lower the case, replace the final sigma, and split on what is neither letter nor digit.
/// ICU's collation makes it independent of the database's. `to_tsvector` would parse numbers and
/// addresses by its own rules. The two limits keep longer texts within the size of a `tsvector`.
const CREATE_POSTGRES: &str = r#"
    ALTER TABLE {table} ADD COLUMN search tsvector GENERATED ALWAYS AS (
        array_to_tsvector(array_remove(regexp_split_to_array(regexp_replace(
            translate(
                lower(normalize(regexp_replace(
                    normalize(left({text}, 50000), NFKD),
                    '[\u0300-\u036f]', '', 'g'), NFC) COLLATE "und-x-icu"),
                'ς', 'σ'),
            '([[:alnum:]]{250})[[:alnum:]]+', '\1', 'g'),
            '[^[:alnum:]]+'), ''))
    ) STORED;
    CREATE INDEX {table}_search ON {table} USING gin (search) WITH (fastupdate = off);"#;

const DROP_POSTGRES: &str = "ALTER TABLE {table} DROP COLUMN search;";

impl SearchIndex {
    /// Creates the index and fills it from the rows of the table.
    pub async fn create(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        let statements = match manager.get_database_backend() {
            DbBackend::Sqlite => CREATE_SQLITE
                .replace("{new_words}", &self.sqlite_words("new"))
                .replace("{words}", &self.sqlite_words(self.table))
                .replace("{columns}", &self.columns.join(", ")),
            _ => CREATE_POSTGRES.replace("{text}", &self.text("")),
        };
        self.execute(manager, &statements).await
    }

    pub async fn drop(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        let statements = match manager.get_database_backend() {
            DbBackend::Sqlite => DROP_SQLITE,
            _ => DROP_POSTGRES,
        };
        self.execute(manager, statements).await
    }

    /// The columns of a row in one text.
    fn text(&self, row: &str) -> String {
        let columns = self.columns.iter();
        let columns = columns.map(|column| format!("COALESCE({row}{column}, '')"));
        columns.collect::<Vec<_>>().join(" || ' ' || ")
    }

    async fn execute(&self, manager: &SchemaManager<'_>, statements: &str) -> Result<(), DbErr> {
        let statements = statements.replace("{table}", self.table);
        let db = manager.get_connection();
        db.execute_unprepared(&statements).await?;
        Ok(())
    }

    /// The searched text of a row without the accents that FTS5 keeps. The letters are replaced in
    /// nested subqueries, a few in each: SQLite before 3.46 cannot parse a schema with deeper nested calls.
    fn sqlite_words(&self, row: &str) -> String {
        let text = self.text(&format!("{row}."));
        let letters: Vec<_> = accented_letters().collect();
        let start = format!("SELECT {text} AS words");
        let words = letters.chunks(NESTED_CALLS).fold(start, |inner, letters| {
            let plain = letters
                .iter()
                .fold("words".to_owned(), |words, (accented, plain)| {
                    format!("replace({words}, '{accented}', '{plain}')")
                });
            format!("SELECT {plain} AS words FROM ({inner})")
        });
        format!("({words})")
    }
}

/// Greek and Cyrillic letters with combining marks, each with the letter without them.
fn accented_letters() -> impl Iterator<Item = (char, String)> {
    ('\u{370}'..='\u{4ff}').filter_map(|letter| {
        let plain = without_marks(letter);
        (!plain.chars().eq([letter])).then_some((letter, plain))
    })
}

fn without_marks(letter: char) -> String {
    let parts = std::iter::once(letter).nfd();
    parts
        .filter(|part| !('\u{300}'..='\u{36f}').contains(part))
        .collect()
}
