//! Full-text search index and sort key of a table: an FTS5 table on SQLite, a `tsvector` column with a GIN index on
//! PostgreSQL. Triggers fill them, so that the rows of every program are found. `app::search` has the queries.
//!
//! The rule is that of [`crate::folding`]: the table `search_folding` has what each character becomes.

use std::fmt::Write as _;

use sea_orm::{DbBackend, Statement};
use sea_orm_migration::prelude::*;

use crate::current_schema;
use crate::folding::{APOSTROPHES, HANGUL, UNSPACED, WORD_LENGTH, foldings};

/// The rest of a longer text is not searched, in characters.
const TEXT_LENGTH: usize = 10_000;

/// The length of a sort key, in characters: an index entry has a size limit.
const KEY_LENGTH: usize = 50;

/// A table with an integer `id` and the text columns that are searched; null is read as empty.
pub struct SearchIndex {
    pub table: &'static str,
    pub columns: &'static [&'static str],
    /// The text column that the table is sorted by. Its folded text is in a column with the suffix `_key`, which
    /// both databases compare byte by byte.
    pub sorted_by: &'static str,
}

const CREATE_FOLDING: &str = "
    CREATE TABLE search_folding (
        first integer PRIMARY KEY, last integer NOT NULL, folded text NOT NULL)";

const FILL_SQLITE_FOLDING: &str = "
    INSERT INTO search_folding (first, last, folded)
    SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?1)";

const FILL_POSTGRES_FOLDING: &str = "
    INSERT INTO search_folding (first, last, folded)
    SELECT (value ->> 0)::integer, (value ->> 1)::integer, value ->> 2
    FROM jsonb_array_elements($1::jsonb) AS value";

/// A text without its characters' differences. What a character becomes is not changed again, so that they can
/// be replaced one after the other.
const POSTGRES_FOLD: &str = r"
    CREATE FUNCTION search_fold(source text) RETURNS text {options} AS $$
    DECLARE
        folded text := source;
        changed text;
        replacement text;
    BEGIN
        IF octet_length(source) > length(source) THEN
            FOR changed, replacement IN
                SELECT letter, CASE WHEN code BETWEEN {hangul} THEN {jamo} ELSE found.folded END
                FROM (SELECT DISTINCT unnest(string_to_array(source, NULL)) AS letter) AS letters
                CROSS JOIN LATERAL ascii(letter) AS code
                LEFT JOIN LATERAL (
                    SELECT search_folding.last, search_folding.folded FROM search_folding
                    WHERE first <= code ORDER BY first DESC LIMIT 1
                ) AS found ON found.last >= code
                WHERE code > 127 AND (code BETWEEN {hangul} OR found.folded IS NOT NULL)
            LOOP
                folded := replace(folded, changed, replacement);
            END LOOP;
        END IF;
        RETURN btrim(regexp_replace(
            lower(folded COLLATE C), '[\u0001-\u002f\u003a-\u0060\u007b-\u007f]+', ' ', 'g'));
    END $$";

/// The words of a text. `to_tsvector` would parse numbers and addresses by its own rules.
const POSTGRES_WORDS: &str = r"
    CREATE FUNCTION search_words(source text) RETURNS tsvector {options} AS $$
    DECLARE
        typed text := translate(left(source, {text_length}), {apostrophes}, {quotes});
        folded text;
    BEGIN
        IF strpos(typed, '''') > 0 THEN
            typed := replace(typed, '''', '') || ' ' || replace(typed, '''', ' ');
        END IF;
        folded := search_fold(typed);
        IF folded !~ '[{unspaced}]' THEN
            RETURN array_to_tsvector(ARRAY(
                SELECT DISTINCT left(word, {word_length}) FROM unnest(string_to_array(folded, ' ')) AS word
                WHERE word <> ''));
        END IF;
        RETURN array_to_tsvector(ARRAY(
            SELECT DISTINCT CASE WHEN run ~ '^[{unspaced}]' THEN substr(run, at, 2)
                ELSE left(run, {word_length}) END
            FROM regexp_split_to_table(
                regexp_replace(folded, '([{unspaced}]+)', ' \1 ', 'g'), ' +') AS run
            CROSS JOIN LATERAL generate_series(
                1, CASE WHEN run ~ '^[{unspaced}]' THEN length(run) ELSE 1 END) AS at
            WHERE run <> ''));
    END $$";

/// The functions see the tables of the schema in which they were created, for every caller.
const POSTGRES_OPTIONS: &str =
    "LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = {schema}, pg_temp";

/// The trigger has the rights of its owner: a role that may only write rows need not know of `search_folding`. The
/// columns are rewritten in one pass.
const CREATE_POSTGRES: [&str; 7] = [
    "ALTER TABLE {table} DROP COLUMN IF EXISTS search",
    r#"ALTER TABLE {table} ADD COLUMN search tsvector,
        ADD COLUMN {key} text COLLATE "C" NOT NULL DEFAULT ''"#,
    r#"ALTER TABLE {table} ALTER COLUMN search TYPE tsvector USING {words},
        ALTER COLUMN {key} TYPE text COLLATE "C" USING {sort_key}"#,
    "CREATE INDEX {table}_search ON {table} USING gin (search) WITH (fastupdate = off)",
    "CREATE FUNCTION {table}_search() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = {schema}, pg_temp AS $$
    BEGIN
        new.search := {new_words};
        new.{key} := {new_sort_key};
        RETURN new;
    END $$",
    "REVOKE ALL ON FUNCTION {table}_search FROM PUBLIC",
    "CREATE TRIGGER {table}_search BEFORE INSERT OR UPDATE OF {columns}, search, {key} ON {table}
        FOR EACH ROW EXECUTE FUNCTION {table}_search()",
];

const DROP_POSTGRES: [&str; 4] = [
    "DROP TRIGGER {table}_search ON {table}",
    "DROP FUNCTION {table}_search()",
    "ALTER TABLE {table} DROP COLUMN search",
    "ALTER TABLE {table} DROP COLUMN {key}",
];

/// What a character becomes. `gap` is what an apostrophe becomes.
const SQLITE_LETTER: &str = "CASE
        WHEN rest GLOB '[ a-z0-9]*' THEN substr(rest, 1, 1)
        WHEN unicode(rest) IN ({apostrophe_codes}) THEN gap
        WHEN unicode(rest) BETWEEN {hangul} THEN {jamo}
        ELSE COALESCE((SELECT CASE WHEN last >= unicode(rest) THEN folded END FROM search_folding
            WHERE first <= unicode(rest) ORDER BY first DESC LIMIT 1), substr(rest, 1, 1)) END";

/// The words of each row, with spaces between them, and its sort key. Functions of the program cannot be used in a
/// schema that other programs write to, and a trigger has no expressions that are used twice.
const SQLITE_VIEW: &str = "
    CREATE VIEW {table}_search_words AS SELECT id,
    CASE WHEN text GLOB '*[^' || char(9) || '-' || char(13) || ' -&(-_a-~]*' THEN (
        WITH RECURSIVE letters(gap, rest, words) AS (
            SELECT '', text, ''
            UNION ALL SELECT ' ', text, '' WHERE text GLOB '*[{apostrophes}]*'
            UNION ALL SELECT gap, substr(rest, 2), words || {letter} FROM letters WHERE rest <> ''
        ), pairs(rest, words) AS (
            SELECT words, '' FROM letters WHERE rest = ''
            UNION ALL SELECT substr(rest, 2), words || CASE WHEN rest GLOB '[{unspaced}]*'
                THEN ' ' || substr(rest, 1, 1 + (rest GLOB '[{unspaced}][{unspaced}]*')) || ' '
                ELSE substr(rest, 1, 1) END FROM pairs WHERE rest <> ''
        ) SELECT group_concat(words, ' ') FROM pairs WHERE rest = ''
    ) ELSE text END AS words,
    (WITH RECURSIVE letters(gap, rest, words) AS (
        SELECT '', sorted, ''
        UNION ALL SELECT gap, substr(rest, 2), words || CASE WHEN words = '' OR words GLOB '* '
            THEN ltrim({letter}) ELSE {letter} END FROM letters WHERE rest <> ''
    ) SELECT substr(rtrim(words), 1, {key_length}) FROM letters WHERE rest = '') AS sort_key
    FROM (SELECT id, substr({text}, 1, {text_length}) AS text, COALESCE({sorted_by}, '') AS sorted FROM {table})";

/// The folded words have no separators but spaces, so that the simplest tokenizer keeps them as they are.
const CREATE_SQLITE: [&str; 13] = [
    "DROP TRIGGER IF EXISTS {table}_search_insert",
    "DROP TRIGGER IF EXISTS {table}_search_delete",
    "DROP TRIGGER IF EXISTS {table}_search_update",
    "DROP TABLE IF EXISTS {table}_search",
    "ALTER TABLE {table} ADD COLUMN {key} text NOT NULL DEFAULT ''",
    SQLITE_VIEW,
    "CREATE VIRTUAL TABLE {table}_search USING fts5(
        words, content='', contentless_delete=1, tokenize='ascii', prefix='1 2 3')",
    "CREATE TRIGGER {table}_search_insert AFTER INSERT ON {table} BEGIN
        INSERT INTO {table}_search(rowid, words)
        SELECT id, words FROM {table}_search_words WHERE id = new.id;
        UPDATE {table} SET {key} = (SELECT sort_key FROM {table}_search_words WHERE id = new.id)
        WHERE id = new.id;
    END",
    "CREATE TRIGGER {table}_search_delete AFTER DELETE ON {table} BEGIN
        DELETE FROM {table}_search WHERE rowid = old.id;
    END",
    "CREATE TRIGGER {table}_search_update AFTER UPDATE OF id, {columns} ON {table} BEGIN
        DELETE FROM {table}_search WHERE rowid = old.id;
        INSERT INTO {table}_search(rowid, words)
        SELECT id, words FROM {table}_search_words WHERE id = new.id;
        UPDATE {table} SET {key} = (SELECT sort_key FROM {table}_search_words WHERE id = new.id)
        WHERE id = new.id;
    END",
    "INSERT INTO {table}_search(rowid, words) SELECT id, words FROM {table}_search_words",
    "UPDATE {table} SET {key} =
        (SELECT sort_key FROM {table}_search_words WHERE {table}_search_words.id = {table}.id)",
    CREATE_KEY_INDEX,
];

const CREATE_KEY_INDEX: &str = "CREATE INDEX {table}_by_{key} ON {table} ({key}, id)";

const DROP_SQLITE: [&str; 7] = [
    "DROP TRIGGER {table}_search_insert",
    "DROP TRIGGER {table}_search_delete",
    "DROP TRIGGER {table}_search_update",
    "DROP TABLE {table}_search",
    "DROP VIEW {table}_search_words",
    "DROP INDEX {table}_by_{key}",
    "ALTER TABLE {table} DROP COLUMN {key}",
];

/// Creates what the search indexes of all tables share. It comes before the first of them.
///
/// # Errors
/// When the database refuses it.
pub async fn create_folding(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let db = manager.get_connection();
    let backend = manager.get_database_backend();
    db.execute_unprepared(CREATE_FOLDING).await?;
    let fill = match backend {
        DbBackend::Sqlite => FILL_SQLITE_FOLDING,
        _ => FILL_POSTGRES_FOLDING,
    };
    let statement = Statement::from_sql_and_values(backend, fill, [folding_json().into()]);
    db.execute_raw(statement).await?;
    if backend == DbBackend::Postgres {
        let schema = current_schema(manager).await?;
        let options = POSTGRES_OPTIONS.replace("{schema}", &schema);
        for function in [POSTGRES_FOLD, POSTGRES_WORDS] {
            let function = with_rule(&function.replace("{options}", &options), "chr", "ascii");
            db.execute_unprepared(&function).await?;
        }
    }
    Ok(())
}

/// Drops what [`create_folding`] has created.
///
/// # Errors
/// When the database refuses it.
pub async fn drop_folding(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let db = manager.get_connection();
    if manager.get_database_backend() == DbBackend::Postgres {
        db.execute_unprepared("DROP FUNCTION search_words(text), search_fold(text)")
            .await?;
    }
    db.execute_unprepared("DROP TABLE search_folding").await?;
    Ok(())
}

impl SearchIndex {
    /// Creates the index and the sort key and fills them from the rows of the table. Replaces the index of an
    /// earlier build, whose queries work on with the new words.
    ///
    /// # Errors
    /// When the database refuses it.
    pub async fn create(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Sqlite {
            return self.execute(manager, &CREATE_SQLITE, "").await;
        }
        let schema = current_schema(manager).await?;
        self.execute(manager, &CREATE_POSTGRES, &schema).await?;
        self.execute(manager, &[CREATE_KEY_INDEX], &schema).await
    }

    /// # Errors
    /// When the database refuses it.
    pub async fn drop(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        match manager.get_database_backend() {
            DbBackend::Sqlite => self.execute(manager, &DROP_SQLITE, "").await,
            _ => self.execute(manager, &DROP_POSTGRES, "").await,
        }
    }

    async fn execute(
        &self,
        manager: &SchemaManager<'_>,
        statements: &[&str],
        schema: &str,
    ) -> Result<(), DbErr> {
        let db = manager.get_connection();
        for statement in statements {
            let sql = statement
                .replace("{words}", &self.postgres_words(""))
                .replace("{new_words}", &self.postgres_words("new."))
                .replace("{sort_key}", &self.postgres_key(""))
                .replace("{new_sort_key}", &self.postgres_key("new."))
                .replace("{letter}", SQLITE_LETTER)
                .replace("{text}", &self.text(""))
                .replace("{columns}", &self.columns.join(", "))
                .replace("{sorted_by}", self.sorted_by)
                .replace("{key}", &format!("{}_key", self.sorted_by))
                .replace("{schema}", schema)
                .replace("{table}", self.table);
            db.execute_unprepared(&with_rule(&sql, "char", "unicode"))
                .await?;
        }
        Ok(())
    }

    fn postgres_words(&self, row: &str) -> String {
        format!("search_words({})", self.text(row))
    }

    fn postgres_key(&self, row: &str) -> String {
        let text = format!("COALESCE({row}{}, '')", self.sorted_by);
        format!("left(search_fold(translate({text}, {{apostrophes}}, '')), {{key_length}})")
            .replace("{apostrophes}", &quoted_apostrophes())
    }

    /// The columns of a row in one text.
    fn text(&self, row: &str) -> String {
        let columns = self.columns.iter();
        let columns = columns.map(|column| format!("COALESCE({row}{column}, '')"));
        columns.collect::<Vec<_>>().join(" || ' ' || ")
    }
}

/// Puts the parts of the rule into SQL that has its own functions from a code to its character and back.
fn with_rule(sql: &str, to_character: &str, to_code: &str) -> String {
    let code = if to_code == "unicode" {
        "unicode(rest)"
    } else {
        "code"
    };
    let unspaced = UNSPACED
        .iter()
        .fold(String::new(), |mut all, (first, last)| {
            let _ = write!(all, "{first}-{last}");
            all
        });
    let apostrophes = if to_code == "unicode" {
        APOSTROPHES.iter().collect::<String>().replace('\'', "''")
    } else {
        quoted_apostrophes()
    };
    let codes = APOSTROPHES.map(|character| u32::from(character).to_string());
    let (first, last) = (u32::from(HANGUL.0), u32::from(HANGUL.1));
    sql.replace("{apostrophes}", &apostrophes)
        .replace("{apostrophe_codes}", &codes.join(", "))
        .replace("{quotes}", &format!("repeat('''', {})", APOSTROPHES.len()))
        .replace("{unspaced}", &unspaced)
        .replace("{hangul}", &format!("{first} AND {last}"))
        .replace("{jamo}", &jamo(to_character, code))
        .replace("{text_length}", &TEXT_LENGTH.to_string())
        .replace("{word_length}", &WORD_LENGTH.to_string())
        .replace("{key_length}", &KEY_LENGTH.to_string())
        .replace("COLLATE C", "COLLATE \"C\"")
}

fn quoted_apostrophes() -> String {
    let apostrophes: String = APOSTROPHES.iter().collect();
    format!("'{}'", apostrophes.replace('\'', "''"))
}

/// The jamo of the Hangul syllable with this code (Unicode Standard, section 3.12).
fn jamo(to_character: &str, code: &str) -> String {
    let index = format!("({code} - {})", u32::from(HANGUL.0));
    format!(
        "{to_character}(4352 + {index} / 588) || {to_character}(4449 + {index} % 588 / 28) \
         || CASE WHEN {index} % 28 > 0 THEN {to_character}(4519 + {index} % 28) ELSE '' END"
    )
}

/// The rows of `search_folding` as an array of arrays. No folded text needs to be escaped.
fn folding_json() -> String {
    let rows = foldings().into_iter().map(|run| {
        let (first, last, folded) = (run.first, run.last, run.folded);
        format!("[{first},{last},\"{folded}\"]")
    });
    format!("[{}]", rows.collect::<Vec<_>>().join(","))
}
