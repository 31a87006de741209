//! Search by words and the beginnings of words, from each database's own index.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, FromQueryResult, Statement, Value};

use super::list::{ListRequest, Listing, read_page_among};
use super::words::split_words;
use crate::restaurants::cursor::{RestaurantCursor, Sort};

/// FTS5 walks the matches from the newest on and stops at the limit.
const SQLITE_MATCHES: &str = "SELECT rowid AS id FROM restaurant_search \
    WHERE restaurant_search MATCH ?1 AND rowid < ?2 ORDER BY rowid DESC LIMIT ?3";

/// A GIN index has no order: the matches are fetched from it and sorted here. `+ 0` keeps the planner
/// from walking the primary key instead.
const POSTGRES_MATCHES: &str =
    "SELECT id FROM restaurant WHERE search @@ $1::tsquery AND id + 0 < $2 LIMIT $3";

/// Where more match than may be sorted, a walk from the newest restaurant on meets them.
const POSTGRES_WALK: &str = "SELECT id FROM (
        SELECT id, search FROM restaurant WHERE id < $2 ORDER BY id DESC LIMIT $4
    ) AS newest WHERE search @@ $1::tsquery ORDER BY id DESC LIMIT $3";

/// The restaurant at which a walk ends, if it ends before the last one.
const POSTGRES_WALK_END: &str = "SELECT min(id) AS id FROM (\
    SELECT id FROM restaurant WHERE id < $1 ORDER BY id DESC LIMIT $2) AS walked HAVING count(*) = $2";

/// The walk's length for each match that may be sorted.
const WALK_FACTOR: u64 = 50;

#[derive(FromQueryResult)]
struct Match {
    id: i32,
}

/// Matches behind a restaurant.
#[derive(Default)]
struct Matches {
    /// Newest first.
    ids: Vec<i32>,
    /// Whether others match too.
    more: bool,
    /// The restaurant behind which nothing was looked at, if fewer were found than asked for.
    looked_until: Option<i32>,
}

/// The restaurants that have all the words, in any order of theirs.
///
/// Newest first is exact over the pages, though one of them may be short; another order sorts at most
/// `search_limit` matches, the newest of them unless they are rare among the newest restaurants.
pub(super) async fn search_restaurants(
    db: &impl ConnectionTrait,
    request: &ListRequest<'_>,
) -> Result<Listing, DbErr> {
    let matches = find_matches(db, request).await?;
    let is_capped = matches.more && request.sort != Sort::Newest;
    let sorted = matches.ids.len();
    Ok(Listing {
        rows: read_page_among(db, matches.ids, request).await?,
        capped: is_capped.then_some(sorted),
        resume: matches.looked_until.map(RestaurantCursor::Newest),
    })
}

impl ListRequest<'_> {
    /// As many matches as the page shows, or as may be sorted.
    fn wanted(&self) -> u64 {
        match self.sort {
            Sort::Newest => self.limit,
            _ => self.search_limit,
        }
    }

    /// Matches have ids below this one.
    fn before(&self) -> i64 {
        match self.after {
            Some(RestaurantCursor::Newest(last)) => i64::from(last),
            _ => i64::from(i32::MAX) + 1,
        }
    }
}

async fn find_matches(
    db: &impl ConnectionTrait,
    request: &ListRequest<'_>,
) -> Result<Matches, DbErr> {
    let backend = db.get_database_backend();
    let words = split_words(request.words, backend);
    if words.is_empty() {
        return Ok(Matches::default());
    }
    if backend == DbBackend::Sqlite {
        let query = join(&words, |word| format!("\"{word}\"*"), " ");
        let (before, wanted) = (request.before(), request.wanted());
        let values = [query.into(), before.into(), (wanted + 1).into()];
        return Ok(Matches::cut(
            fetch_ids(db, SQLITE_MATCHES, values).await?,
            wanted,
        ));
    }
    let query = join(&words, |word| format!("'{word}':*"), " & ");
    find_postgres_matches(db, request, &query).await
}

async fn find_postgres_matches(
    db: &impl ConnectionTrait,
    request: &ListRequest<'_>,
    query: &str,
) -> Result<Matches, DbErr> {
    let (before, wanted) = (request.before(), request.wanted());
    let values = [
        query.into(),
        before.into(),
        (request.search_limit + 1).into(),
    ];
    let some = fetch_ids(db, POSTGRES_MATCHES, values).await?;
    if some.len() as u64 <= request.search_limit {
        return Ok(Matches::cut(some, wanted));
    }
    let walk = request.search_limit * WALK_FACTOR;
    let values = [query.into(), before.into(), wanted.into(), walk.into()];
    let newest = fetch_ids(db, POSTGRES_WALK, values).await?;
    if request.sort != Sort::Newest {
        let matches = Matches::cut([newest, some].concat(), wanted);
        return Ok(Matches {
            more: true,
            ..matches
        });
    }
    let mut looked_until = None;
    if (newest.len() as u64) < wanted {
        let end = fetch_ids(db, POSTGRES_WALK_END, [before.into(), walk.into()]).await?;
        looked_until = end.first().copied();
    }
    Ok(Matches {
        ids: newest,
        more: true,
        looked_until,
    })
}

impl Matches {
    /// The newest of these ids.
    fn cut(mut ids: Vec<i32>, wanted: u64) -> Self {
        ids.sort_unstable_by(|one, other| other.cmp(one));
        ids.dedup();
        let more = ids.len() as u64 > wanted;
        ids.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
        Self {
            ids,
            more,
            looked_until: None,
        }
    }
}

async fn fetch_ids<const N: usize>(
    db: &impl ConnectionTrait,
    sql: &str,
    values: [Value; N],
) -> Result<Vec<i32>, DbErr> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let matches = Match::find_by_statement(statement).all(db).await?;
    Ok(matches.into_iter().map(|found| found.id).collect())
}

fn join(words: &[String], quoted: impl Fn(&String) -> String, between: &str) -> String {
    words.iter().map(quoted).collect::<Vec<_>>().join(between)
}
