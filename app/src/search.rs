//! Full-text search by words and word prefixes. `migrations/src/folding.rs` has the rule of the words, and
//! `migrations/src/search.rs` the indexes.

use migrations::folding::search_words;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult,
    Iterable as _, PrimaryKeyToColumn as _, QueryFilter as _, QuerySelect, QueryTrait as _, Select,
    Statement, Value,
};

/// Further words of a search are ignored. A run of a script without spaces has as many as characters.
const WORD_LIMIT: usize = 20;

/// FTS5 reads the matches in the order of their ids and stops at the limit.
const SQLITE_MATCHES: &str = "SELECT rowid AS id FROM {table}_search \
    WHERE {table}_search MATCH ?1 AND rowid {beyond} ?2 ORDER BY rowid {order} LIMIT ?3";

/// A GIN index has no order: its matches are read and then sorted. `+ 0` keeps the planner from reading
/// the primary key in order instead.
const POSTGRES_MATCHES: &str =
    "SELECT id FROM {table} WHERE search @@ $1::tsquery AND id + 0 {beyond} $2 LIMIT $3";

/// If more rows match than may be sorted, the nearest matches are found by scanning the nearest rows.
const POSTGRES_SCAN: &str = "SELECT id FROM (
        SELECT id, search FROM {table} WHERE id {beyond} $2 ORDER BY id {order} LIMIT $4
    ) AS nearest WHERE search @@ $1::tsquery ORDER BY id {order} LIMIT $3";

/// The last row of a scan, if there are rows after it.
const POSTGRES_SCAN_END: &str = "SELECT {last}(id) AS id FROM (\
    SELECT id FROM {table} WHERE id {beyond} $1 ORDER BY id {order} LIMIT $2) AS scanned HAVING count(*) = $2";

/// Rows of a scan for each match that may be sorted.
const SCAN_FACTOR: u64 = 50;

/// A search for all of the words in one table.
#[derive(Clone, Debug)]
pub struct Search<'a> {
    /// The table with a search index, whose rows have an `id`.
    pub table: &'static str,
    pub words: &'a str,
    pub range: IdRange,
    /// The most matches that may be sorted.
    pub limit: u64,
    /// The number of matches to find, newest first; `None` for another order, for which the limit is the number.
    pub newest: Option<u64>,
}

/// The ids among which a search looks for matches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IdRange {
    #[default]
    All,
    /// Smaller ids, the largest first.
    Below(i32),
    /// Larger ids, the smallest first.
    Above(i32),
}

/// Matching rows.
#[derive(Debug, Default)]
pub struct Matches {
    /// The nearest first: the newest, unless the ids are those above another.
    pub ids: Vec<i32>,
    /// Whether other rows match too.
    pub has_more: bool,
    /// How many rows match, known when all ids were searched.
    pub count: Option<MatchCount>,
    /// Where the search stopped, if it stopped before it had found as many as wanted.
    pub searched_until: Option<i32>,
}

/// The number of matches, counted up to the limit of the search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchCount {
    Exactly(u64),
    MoreThan(u64),
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
        let mut words = search_words(self.words);
        words.truncate(WORD_LIMIT);
        if words.is_empty() {
            return Ok(Matches::default());
        }
        if backend == DbBackend::Postgres {
            let query = join(&words, |word| format!("'{word}':*"), " & ");
            return self.find_on_postgres(db, &query).await;
        }
        let query = join(&words, |word| format!("\"{word}\"*"), " ");
        let values = [
            query.into(),
            self.bound().into(),
            (self.counted() + 1).into(),
        ];
        let ids = self.fetch_ids(db, SQLITE_MATCHES, values).await?;
        Ok(self.nearest(ids))
    }

    async fn find_on_postgres(
        &self,
        db: &impl ConnectionTrait,
        query: &str,
    ) -> Result<Matches, DbErr> {
        let (bound, wanted) = (self.bound(), self.wanted());
        let values = [query.into(), bound.into(), (self.limit + 1).into()];
        let some = self.fetch_ids(db, POSTGRES_MATCHES, values).await?;
        if some.len() as u64 <= self.limit {
            return Ok(self.nearest(some));
        }
        let scanned = self.limit * SCAN_FACTOR;
        let values = [query.into(), bound.into(), wanted.into(), scanned.into()];
        let nearest = self.fetch_ids(db, POSTGRES_SCAN, values).await?;
        let is_short = (nearest.len() as u64) < wanted;
        let count = self.count(&some);
        let mut matches = if self.newest.is_none() {
            self.nearest([nearest, some].concat())
        } else {
            self.nearest(nearest)
        };
        (matches.has_more, matches.count) = (true, count);
        if self.newest.is_some() && is_short {
            let values = [bound.into(), scanned.into()];
            let end = self.fetch_ids(db, POSTGRES_SCAN_END, values).await?;
            matches.searched_until = end.first().copied();
        }
        Ok(matches)
    }

    fn wanted(&self) -> u64 {
        self.newest.unwrap_or(self.limit)
    }

    /// Up to how many sorted matches are read: enough to count them, if all ids are searched.
    fn counted(&self) -> u64 {
        match self.range {
            IdRange::All => self.limit.max(self.wanted()),
            IdRange::Below(_) | IdRange::Above(_) => self.wanted(),
        }
    }

    /// The id next to the range.
    fn bound(&self) -> i64 {
        match self.range {
            IdRange::All => i64::from(i32::MAX) + 1,
            IdRange::Below(id) | IdRange::Above(id) => i64::from(id),
        }
    }

    /// The nearest of these ids.
    fn nearest(&self, mut ids: Vec<i32>) -> Matches {
        ids.sort_unstable();
        ids.dedup();
        if !matches!(self.range, IdRange::Above(_)) {
            ids.reverse();
        }
        let count = self.count(&ids);
        let has_more = ids.len() as u64 > self.wanted();
        ids.truncate(usize::try_from(self.wanted()).unwrap_or(usize::MAX));
        Matches {
            ids,
            has_more,
            count,
            searched_until: None,
        }
    }

    fn count(&self, ids: &[i32]) -> Option<MatchCount> {
        let found = ids.len() as u64;
        match self.range {
            IdRange::All if found > self.limit => Some(MatchCount::MoreThan(self.limit)),
            IdRange::All => Some(MatchCount::Exactly(found)),
            _ => None,
        }
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
        let (beyond, order, last) = match self.range {
            IdRange::All | IdRange::Below(_) => ("<", "DESC", "min"),
            IdRange::Above(_) => (">", "ASC", "max"),
        };
        let sql = sql
            .replace("{table}", self.table)
            .replace("{beyond}", beyond)
            .replace("{order}", order)
            .replace("{last}", last);
        let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
        let rows = Row::find_by_statement(statement).all(db).await?;
        Ok(rows.into_iter().map(|row| row.id).collect())
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

fn join(words: &[String], quoted: impl Fn(&String) -> String, separator: &str) -> String {
    let words: Vec<_> = words.iter().map(quoted).collect();
    words.join(separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_ids_are_kept_once_each() {
        for (range, ids, count) in [
            (IdRange::All, [3, 2], Some(MatchCount::Exactly(3))),
            (IdRange::Below(9), [3, 2], None),
            (IdRange::Above(0), [1, 2], None),
        ] {
            let search = Search {
                table: "",
                words: "",
                range,
                limit: 9,
                newest: Some(2),
            };
            let matches = search.nearest(vec![1, 3, 2, 3]);
            assert_eq!(
                (matches.ids, matches.has_more, matches.count),
                (ids.to_vec(), true, count)
            );
        }
    }
}
