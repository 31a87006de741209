//! Search by words and the beginnings of words, from each database's own index.

use std::sync::LazyLock;

use regex::Regex;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbBackend, DbErr, EntityTrait as _, FromQueryResult,
    QueryFilter as _, Statement,
};
use unicode_normalization::UnicodeNormalization as _;

use super::list::{ListRequest, Listing, read_page};
use crate::restaurants::cursor::{RestaurantCursor, Sort};
use crate::restaurants::restaurant;

/// Words beyond this number are passed over: nobody types them.
const WORD_LIMIT: usize = 10;

/// Characters of a word that count: PostgreSQL refuses a word of more than 2046 bytes.
const WORD_LENGTH: usize = 500;

/// FTS5 walks the matches from the newest on and stops at the limit.
const SQLITE_MATCHES: &str = "SELECT rowid AS id FROM restaurant_search \
    WHERE restaurant_search MATCH ?1 AND rowid < ?2 ORDER BY rowid DESC LIMIT ?3";

/// A GIN index has no order. Up to $3 matches are fetched from it and sorted; when there are more the
/// word is common, and a walk from the newest restaurant on, over at most $5 of them, meets enough.
const POSTGRES_MATCHES: &str = "
    WITH found AS MATERIALIZED (
        SELECT id FROM restaurant WHERE search @@ $1::tsquery AND id < $2 LIMIT $3 + 1
    ), rare AS (SELECT count(*) <= $3 AS yes FROM found)
    (SELECT id FROM found WHERE (SELECT yes FROM rare) ORDER BY id DESC LIMIT $4)
    UNION ALL
    (SELECT id FROM (
        SELECT id, search FROM restaurant WHERE id < $2 AND NOT (SELECT yes FROM rare)
        ORDER BY id DESC LIMIT $5
    ) AS newest WHERE search @@ $1::tsquery ORDER BY id DESC LIMIT $4)";

/// The walk's length for each match that may be sorted.
const WALK_FACTOR: u64 = 50;

#[derive(FromQueryResult)]
struct Match {
    id: i32,
}

/// The restaurants that have all the words, in any order of theirs.
///
/// Newest first is exact on every page; another order sorts the newest `search_limit` matches.
pub(super) async fn search_restaurants(
    db: &impl ConnectionTrait,
    request: &ListRequest<'_>,
) -> Result<Listing, DbErr> {
    let newest_first = request.sort == Sort::Newest;
    let needed = if newest_first {
        request.limit
    } else {
        request.search_limit + 1
    };
    let mut ids = find_matches(db, request, needed).await?;
    let capped = !newest_first && ids.len() as u64 == needed;
    if capped {
        ids.pop();
    }
    let among = restaurant::Entity::find().filter(restaurant::Column::Id.is_in(ids));
    let rows = read_page(db, among, request).await?;
    Ok(Listing { rows, capped })
}

/// The ids of the newest matches; newest first goes on behind the cursor.
async fn find_matches(
    db: &impl ConnectionTrait,
    request: &ListRequest<'_>,
    needed: u64,
) -> Result<Vec<i32>, DbErr> {
    let backend = db.get_database_backend();
    let words = split_words(request.words, backend);
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let before = match request.after {
        Some(RestaurantCursor::Newest(last)) => i64::from(last),
        _ => i64::from(i32::MAX) + 1,
    };
    let statement = if backend == DbBackend::Sqlite {
        let query = join(&words, |word| format!("\"{word}\"*"), " ");
        let values = [query.into(), before.into(), needed.into()];
        Statement::from_sql_and_values(backend, SQLITE_MATCHES, values)
    } else {
        let query = join(&words, |word| format!("'{word}':*"), " & ");
        let (cap, walk) = (request.search_limit, request.search_limit * WALK_FACTOR);
        let values = [
            query.into(),
            before.into(),
            cap.into(),
            needed.into(),
            walk.into(),
        ];
        Statement::from_sql_and_values(backend, POSTGRES_MATCHES, values)
    };
    let matches = Match::find_by_statement(statement).all(db).await?;
    Ok(matches.into_iter().map(|found| found.id).collect())
}

/// The words of a search by the rule of the index: letters and digits, no case, no accents.
fn split_words(text: &str, backend: DbBackend) -> Vec<String> {
    static WORD: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"[\p{L}\p{N}]+").expect("a fixed expression"));
    // SQLite's index takes accents off and leaves compatibility forms as they are.
    let decomposed: String = match backend {
        DbBackend::Sqlite => text.nfd().collect(),
        _ => text.nfkd().collect(),
    };
    let plain: String = decomposed
        .chars()
        .filter(|c| !('\u{300}'..='\u{36f}').contains(c))
        .nfc()
        .collect();
    let plain = plain.to_lowercase().replace('ς', "σ");
    WORD.find_iter(&plain)
        .take(WORD_LIMIT)
        .map(|word| word.as_str().chars().take(WORD_LENGTH).collect())
        .collect()
}

fn join(words: &[String], quoted: impl Fn(&String) -> String, between: &str) -> String {
    words.iter().map(quoted).collect::<Vec<_>>().join(between)
}
