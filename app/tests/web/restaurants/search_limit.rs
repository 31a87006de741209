//! Searches with more matches than the search limit.

use super::support::{between, listed, listed_from, pages_from, previous, series};
use harness::{Backend, Site};

const FLAGS: [&str; 2] = ["--search-limit=4", "--list-page-size=3"];

#[tokio::test]
async fn newest_first_shows_every_match_once_on_sqlite() {
    newest_first_shows_every_match_once(Backend::Sqlite).await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn newest_first_shows_every_match_once_on_postgres() {
    newest_first_shows_every_match_once(Backend::Postgres).await;
}

async fn newest_first_shows_every_match_once(backend: Backend) {
    let site = site(backend).await;
    let visitor = site.visitor();
    // Every third restaurant; the oldest 20; as many as the limit; one more than the limit.
    let every_third: Vec<i64> = (1..=600).rev().filter(|id| id % 3 == 0).collect();
    let oldest: Vec<i64> = (1..=20).rev().collect();
    for (words, expected) in [
        ("third", &every_third[..]),
        ("oldest", &oldest),
        ("old third", &[18, 15, 12, 9, 6, 3]),
        ("four", &[4, 3, 2, 1]),
        ("five", &[5, 4, 3, 2, 1]),
    ] {
        let pages = pages_from(&visitor, &format!("/?q={}", words.replace(' ', "+"))).await;
        let seen: Vec<i64> = pages.iter().flat_map(listed).collect();
        assert_eq!(seen, expected, "{words}");
        let mut back: Vec<i64> = listed(pages.last().expect("a page"));
        back.reverse();
        let mut path = pages.last().and_then(previous);
        while let Some(address) = path {
            let page = visitor.get(&address).await;
            back.extend(listed(&page).into_iter().rev());
            path = previous(&page);
        }
        back.reverse();
        assert_eq!(back, expected, "{words}, backwards");
        for page in &pages {
            assert!(!page.body.contains("are listed"));
            assert!(!page.body.contains("Nothing found"));
        }
    }
}

#[tokio::test]
async fn another_order_sorts_the_newest_matches_and_says_so_on_sqlite() {
    another_order_sorts_the_newest_matches(Backend::Sqlite).await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn another_order_sorts_the_newest_matches_and_says_so_on_postgres() {
    another_order_sorts_the_newest_matches(Backend::Postgres).await;
}

async fn another_order_sorts_the_newest_matches(backend: Backend) {
    let site = site(backend).await;
    let visitor = site.visitor();
    for (sort, expected) in [
        ("rating", [594, 597, 591, 600]),
        ("name", [600, 597, 594, 591]),
    ] {
        let start = format!("/?q=third&sort={sort}");
        assert_eq!(listed_from(&visitor, &start).await, expected, "{sort}");
        let page = visitor.get(&start).await;
        assert_eq!(between(&page, "More than ", " restaurants"), ["4"]);
    }
    let page = visitor.get("/?q=four&sort=name").await;
    assert_eq!(listed(&page).len(), 3);
    assert!(!page.body.contains("are listed"));
    // None of the five is among the newest restaurants that a search checks.
    let page = visitor.get("/?q=five&sort=name").await;
    assert_eq!(between(&page, "More than ", " restaurants"), ["4"]);
    assert_eq!(listed_from(&visitor, "/?q=five&sort=name").await.len(), 4);
}

/// 600 restaurants, more than may be sorted; the newest have the first names in the alphabet.
async fn site(backend: Backend) -> Site {
    let site = Site::start_with(backend, &FLAGS).await;
    let rows = series(backend, 600);
    site.execute(&format!(
        "INSERT INTO restaurant (name, street_address, description)
         SELECT 'N' || CAST(2000 - number AS text), '',
            CASE WHEN number % 3 = 0 THEN 'third ' ELSE '' END
            || CASE WHEN number <= 20 THEN 'oldest ' ELSE '' END
            || CASE WHEN number <= 5 THEN 'five ' ELSE '' END
            || CASE WHEN number <= 4 THEN 'four ' ELSE '' END
         FROM {rows}"
    ))
    .await;
    site.execute(
        "UPDATE restaurant_rating SET review_count = 1,
            rating_sum = CASE restaurant WHEN 594 THEN 5 WHEN 597 THEN 4 WHEN 591 THEN 3 ELSE 1 END",
    )
    .await;
    site
}
