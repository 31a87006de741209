//! Full-text search by words and word prefixes. `migrations/src/search.rs` has the indexes.

use std::sync::LazyLock;

use regex::Regex;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult,
    Iterable as _, PrimaryKeyToColumn as _, QueryFilter as _, QuerySelect, QueryTrait as _, Select,
    Statement, Value,
};
use unicode_normalization::UnicodeNormalization as _;

/// Further words of a search are ignored.
const WORD_LIMIT: usize = 10;

/// Words are compared by their first characters. PostgreSQL's index accepts words up to 2,046 bytes.
const CHARACTER_LIMIT: usize = 250;

/// FTS5 reads the matches newest first and stops at the limit.
const SQLITE_MATCHES: &str = "SELECT rowid AS id FROM {table}_search \
    WHERE {table}_search MATCH ?1 AND rowid < ?2 ORDER BY rowid DESC LIMIT ?3";

/// A GIN index has no order: its matches are read and then sorted. `+ 0` keeps the planner from reading
/// the primary key in order instead.
const POSTGRES_MATCHES: &str =
    "SELECT id FROM {table} WHERE search @@ $1::tsquery AND id + 0 < $2 LIMIT $3";

/// Where more rows match than may be sorted, the newest matches are found by scanning the newest rows.
const POSTGRES_SCAN: &str = "SELECT id FROM (
        SELECT id, search FROM {table} WHERE id < $2 ORDER BY id DESC LIMIT $4
    ) AS newest WHERE search @@ $1::tsquery ORDER BY id DESC LIMIT $3";

/// The last row of a scan, if there are rows after it.
const POSTGRES_SCAN_END: &str = "SELECT min(id) AS id FROM (\
    SELECT id FROM {table} WHERE id < $1 ORDER BY id DESC LIMIT $2) AS scanned HAVING count(*) = $2";

/// Rows of a scan for each match that may be sorted.
const SCAN_FACTOR: u64 = 50;

/// A search for all of the words in one table.
#[derive(Clone, Debug)]
pub struct Search<'a> {
    /// The table with a search index, whose rows have an `id`.
    pub table: &'static str,
    pub words: &'a str,
    /// Matches have smaller ids.
    pub before: Option<i32>,
    /// The most matches that may be sorted.
    pub limit: u64,
    /// The number of matches wanted newest first; `None` when they are sorted otherwise, for which as
    /// many as the limit are wanted.
    pub newest: Option<u64>,
}

/// Matching rows.
#[derive(Debug, Default)]
pub struct Matches {
    /// Newest first.
    pub ids: Vec<i32>,
    /// Whether other rows match too.
    pub has_more: bool,
    /// Where the search stopped, if it stopped before it had found as many as wanted.
    pub searched_until: Option<i32>,
}

impl Search<'_> {
    /// Finds the matches.
    ///
    /// Newest first is exact over the pages, though a page may be short. For another order at most
    /// `limit` matches are returned: the newest, unless matches are rare among the newest rows.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn find(&self, db: &impl ConnectionTrait) -> Result<Matches, DbErr> {
        let backend = db.get_database_backend();
        let words = split_words(self.words, backend);
        if words.is_empty() {
            return Ok(Matches::default());
        }
        if backend == DbBackend::Postgres {
            let query = join(&words, |word| format!("'{word}':*"), " & ");
            return self.find_on_postgres(db, &query).await;
        }
        let query = join(&words, |word| format!("\"{word}\"*"), " ");
        let wanted = self.wanted();
        let values = [query.into(), self.below().into(), (wanted + 1).into()];
        let ids = self.fetch_ids(db, SQLITE_MATCHES, values).await?;
        Ok(Matches::newest(ids, wanted))
    }

    async fn find_on_postgres(
        &self,
        db: &impl ConnectionTrait,
        query: &str,
    ) -> Result<Matches, DbErr> {
        let (below, wanted) = (self.below(), self.wanted());
        let values = [query.into(), below.into(), (self.limit + 1).into()];
        let some = self.fetch_ids(db, POSTGRES_MATCHES, values).await?;
        if some.len() as u64 <= self.limit {
            return Ok(Matches::newest(some, wanted));
        }
        let scanned = self.limit * SCAN_FACTOR;
        let values = [query.into(), below.into(), wanted.into(), scanned.into()];
        let newest = self.fetch_ids(db, POSTGRES_SCAN, values).await?;
        let is_short = (newest.len() as u64) < wanted;
        let mut matches = if self.newest.is_none() {
            Matches::newest([newest, some].concat(), wanted)
        } else {
            Matches::newest(newest, wanted)
        };
        matches.has_more = true;
        if self.newest.is_some() && is_short {
            let values = [below.into(), scanned.into()];
            let end = self.fetch_ids(db, POSTGRES_SCAN_END, values).await?;
            matches.searched_until = end.first().copied();
        }
        Ok(matches)
    }

    fn wanted(&self) -> u64 {
        self.newest.unwrap_or(self.limit)
    }

    fn below(&self) -> i64 {
        self.before.map_or(i64::from(i32::MAX) + 1, i64::from)
    }

    async fn fetch_ids<const N: usize>(
        &self,
        db: &impl ConnectionTrait,
        sql: &str,
        values: [Value; N],
    ) -> Result<Vec<i32>, DbErr> {
        #[derive(FromQueryResult)]
        struct Row {
            id: i32,
        }
        let sql = sql.replace("{table}", self.table);
        let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
        let rows = Row::find_by_statement(statement).all(db).await?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    }
}

impl Matches {
    /// The newest of these ids.
    fn newest(mut ids: Vec<i32>, wanted: u64) -> Self {
        ids.sort_unstable_by(|one, other| other.cmp(one));
        ids.dedup();
        let has_more = ids.len() as u64 > wanted;
        ids.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
        Self {
            ids,
            has_more,
            searched_until: None,
        }
    }
}

/// The rows with these ids, to be sorted and paginated.
pub fn select_by_ids<E: EntityTrait>(ids: &[i32]) -> Select<E> {
    // With a limit inside a subquery the rows are fetched by id and then sorted: no database reads the
    // index of the order to find them.
    let mut by_id = E::find().limit(ids.len() as u64);
    for key in E::PrimaryKey::iter() {
        by_id = by_id.filter(key.into_column().is_in(ids.iter().copied()));
    }
    let mut rows = E::find();
    QuerySelect::query(&mut rows)
        .from_clear()
        .from_subquery(by_id.into_query(), E::default());
    rows
}

/// The words to search for, as the index of the database has them.
fn split_words(text: &str, backend: DbBackend) -> Vec<String> {
    let (text, word) = match backend {
        DbBackend::Sqlite => (normalize_for_sqlite(text), &SQLITE_WORD),
        _ => (normalize_for_postgres(text), &POSTGRES_WORD),
    };
    word.find_iter(&text)
        .take(WORD_LIMIT)
        .map(|word| word.as_str().chars().take(CHARACTER_LIMIT).collect())
        .collect()
}

/// Accents stay within a word: FTS5 removes them.
static SQLITE_WORD: LazyLock<Regex> = LazyLock::new(|| word(r"[\p{L}\p{N}\x{300}-\x{36f}]+"));

/// What `[[:alnum:]]` means to ICU.
static POSTGRES_WORD: LazyLock<Regex> = LazyLock::new(|| word(r"[\p{L}\p{Nd}]+"));

fn word(expression: &str) -> Regex {
    Regex::new(expression).expect("a valid constant expression")
}

/// FTS5 normalizes a search as it has normalized the index; only the accents that it keeps are removed here.
fn normalize_for_sqlite(text: &str) -> String {
    text.nfc()
        .map(|letter| match letter {
            '\u{370}'..='\u{4ff}' => without_marks(std::iter::once(letter).nfd()),
            _ => letter.to_string(),
        })
        .collect()
}

fn normalize_for_postgres(text: &str) -> String {
    let plain: String = without_marks(text.nfkd()).nfc().collect();
    plain.to_lowercase().replace('ς', "σ")
}

fn without_marks(decomposed: impl Iterator<Item = char>) -> String {
    decomposed
        .filter(|part| !('\u{300}'..='\u{36f}').contains(part))
        .collect()
}

fn join(words: &[String], quoted: impl Fn(&String) -> String, separator: &str) -> String {
    let words: Vec<_> = words.iter().map(quoted).collect();
    words.join(separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_operators_never_become_part_of_a_word() {
        for backend in [DbBackend::Sqlite, DbBackend::Postgres] {
            let words = split_words("o'brien\":* & !(x) <-> \\ % \0", backend);
            assert_eq!(words, ["o", "brien", "x"].map(str::to_owned), "{backend:?}");
        }
    }

    #[test]
    fn the_newest_ids_are_kept_once_each() {
        let matches = Matches::newest(vec![1, 3, 2, 3], 2);
        assert_eq!((matches.ids, matches.has_more), (vec![3, 2], true));
    }
}
