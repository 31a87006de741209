//! The words of a search, by the rule of each database's index: letters and digits, no case, no accents.

use std::sync::LazyLock;

use regex::Regex;
use sea_orm::DbBackend;
use unicode_normalization::UnicodeNormalization as _;

/// Words beyond this number are passed over: nobody types them.
const WORD_LIMIT: usize = 10;

/// A word is compared by its beginning, in PostgreSQL's index too, which takes no word of more than 2,046 bytes.
const CHARACTER_LIMIT: usize = 250;

/// The words to look for, each of which is the beginning of a word.
pub(super) fn split_words(text: &str, backend: DbBackend) -> Vec<String> {
    match backend {
        DbBackend::Sqlite => find_words(&for_sqlite(text), &SQLITE_WORD),
        _ => find_words(&for_postgres(text), &POSTGRES_WORD),
    }
}

/// Accents stay within a word: FTS5 takes them off.
static SQLITE_WORD: LazyLock<Regex> = LazyLock::new(|| word(r"[\p{L}\p{N}\x{300}-\x{36f}]+"));

/// What `[[:alnum:]]` means to ICU.
static POSTGRES_WORD: LazyLock<Regex> = LazyLock::new(|| word(r"[\p{L}\p{Nd}]+"));

fn word(expression: &str) -> Regex {
    Regex::new(expression).expect("a fixed expression")
}

fn find_words(text: &str, word: &Regex) -> Vec<String> {
    word.find_iter(text)
        .take(WORD_LIMIT)
        .map(|word| word.as_str().chars().take(CHARACTER_LIMIT).collect())
        .collect()
}

/// FTS5 treats a search as it has treated the texts; only the letters whose accents it does not know
/// have lost them on the way into the index.
fn for_sqlite(text: &str) -> String {
    let composed = text.nfc();
    composed
        .map(|letter| match letter {
            '\u{370}'..='\u{4ff}' => without_marks(std::iter::once(letter).nfd()),
            _ => letter.to_string(),
        })
        .collect()
}

fn for_postgres(text: &str) -> String {
    let plain: String = without_marks(text.nfkd()).nfc().collect();
    plain.to_lowercase().replace('ς', "σ")
}

fn without_marks(decomposed: impl Iterator<Item = char>) -> String {
    decomposed
        .filter(|part| !('\u{300}'..='\u{36f}').contains(part))
        .collect()
}
