//! The search index: words of the name, the address and the description, each database's own way.

use sea_orm_migration::prelude::*;
use unicode_normalization::UnicodeNormalization as _;

use super::execute;

const NESTED_CALLS: usize = 12;

/// One row a restaurant, found by words: letters and digits, without case and accents.
const SQLITE_SEARCH: &str = "
    CREATE VIRTUAL TABLE restaurant_search USING fts5(
        words, content='', contentless_delete=1,
        tokenize='unicode61 remove_diacritics 2', prefix='1 2 3');
    CREATE TRIGGER restaurant_search_insert AFTER INSERT ON restaurant BEGIN
        INSERT INTO restaurant_search(rowid, words) VALUES (new.id, {new});
    END;
    CREATE TRIGGER restaurant_search_delete AFTER DELETE ON restaurant BEGIN
        DELETE FROM restaurant_search WHERE rowid = old.id;
    END;
    CREATE TRIGGER restaurant_search_update
    AFTER UPDATE OF id, name, street_address, description ON restaurant BEGIN
        DELETE FROM restaurant_search WHERE rowid = old.id;
        INSERT INTO restaurant_search(rowid, words) VALUES (new.id, {new});
    END;
    INSERT INTO restaurant_search(rowid, words) SELECT id, {restaurant} FROM restaurant;";

/// The same rule: decompose, drop the combining marks, recompose (kana and Hangul need it), lower the
/// case, make the final sigma a plain one, and split on what is no letter or digit. ICU's collation keeps
/// it independent of the database's. No parser: `to_tsvector` would read numbers and addresses in its own
/// way. The two limits keep texts that the sample let in without one within what a tsvector holds.
const POSTGRES_SEARCH: &str = r#"
    ALTER TABLE restaurant ADD COLUMN search tsvector GENERATED ALWAYS AS (
        array_to_tsvector(array_remove(regexp_split_to_array(regexp_replace(
            translate(
                lower(normalize(regexp_replace(
                    normalize(left(
                        name || ' ' || street_address || ' ' || description, 50000), NFKD),
                    '[\u0300-\u036f]', '', 'g'), NFC) COLLATE "und-x-icu"),
                'ς', 'σ'),
            '([[:alnum:]]{250})[[:alnum:]]+', '\1', 'g'),
            '[^[:alnum:]]+'), ''))
    ) STORED;
    CREATE INDEX restaurant_search ON restaurant USING gin (search) WITH (fastupdate = off);"#;

pub(super) async fn create(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let sqlite = SQLITE_SEARCH
        .replace("{new}", &sqlite_words("new"))
        .replace("{restaurant}", &sqlite_words("restaurant"));
    execute(manager, &sqlite, POSTGRES_SEARCH).await
}

pub(super) async fn drop(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let sqlite = "
        DROP TRIGGER restaurant_search_insert;
        DROP TRIGGER restaurant_search_delete;
        DROP TRIGGER restaurant_search_update;
        DROP TABLE restaurant_search;";
    let postgres = "ALTER TABLE restaurant DROP COLUMN search;";
    execute(manager, sqlite, postgres).await
}

/// The text of a row with the accents off the letters from which FTS5 does not take them; a few letters
/// at a time, for before 3.46 SQLite's parser could not read a schema with calls nested so deep.
fn sqlite_words(row: &str) -> String {
    let text = format!("{row}.name || ' ' || {row}.street_address || ' ' || {row}.description");
    let letters: Vec<_> = accented_letters().collect();
    let words =
        letters
            .chunks(NESTED_CALLS)
            .fold(format!("SELECT {text} AS words"), |before, letters| {
                let plain = letters
                    .iter()
                    .fold("words".to_owned(), |words, (accented, plain)| {
                        format!("replace({words}, '{accented}', '{plain}')")
                    });
                format!("SELECT {plain} AS words FROM ({before})")
            });
    format!("({words})")
}

/// Greek and Cyrillic letters that carry combining marks, and what is left without these.
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
