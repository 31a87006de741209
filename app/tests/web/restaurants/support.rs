//! Helpers that read pages and insert rows.

use harness::{Backend, Response, Site, Visitor};

/// The ids of the restaurants that a list shows, in its order.
pub(super) fn listed(page: &Response) -> Vec<i64> {
    let links = page.body.split("<h2><a href=\"/restaurants/").skip(1);
    links
        .map(|link| {
            let id = link.split(['"', '?']).next().expect("an address");
            id.parse().expect(id)
        })
        .collect()
}

/// The address of the link to the next page.
pub(super) fn next(page: &Response) -> Option<String> {
    linked(page, "next")
}

/// The address of the link to the page before.
pub(super) fn previous(page: &Response) -> Option<String> {
    linked(page, "prev")
}

fn linked(page: &Response, relation: &str) -> Option<String> {
    let end = format!("\" rel=\"{relation}\">");
    let (before, _) = page.body.split_once(&end)?;
    let (_, address) = before.rsplit_once("href=\"")?;
    Some(address.replace("&amp;", "&"))
}

/// The texts between these two, in the page's order.
pub(super) fn between<'a>(page: &'a Response, before: &str, after: &str) -> Vec<&'a str> {
    let parts = page.body.split(before).skip(1);
    parts
        .map(|part| part.split(after).next().expect("a text"))
        .collect()
}

/// Every page of a list from this one on.
pub(super) async fn pages_from(visitor: &Visitor, start: &str) -> Vec<Response> {
    let mut pages = Vec::new();
    let mut path = Some(start.to_owned());
    while let Some(address) = path {
        let page = visitor.get(&address).await;
        assert!(page.status.is_success(), "{address}: {page:?}");
        path = next(&page);
        pages.push(page);
        assert!(pages.len() < 200, "the pages never end");
    }
    pages
}

/// The ids on every page of a list from this one on.
pub(super) async fn listed_from(visitor: &Visitor, start: &str) -> Vec<i64> {
    let pages = pages_from(visitor, start).await;
    pages.iter().flat_map(listed).collect()
}

/// The ids that a search finds, smallest first.
pub(super) async fn found(visitor: &Visitor, words: &str) -> Vec<i64> {
    let page = visitor.get_with("/", &[("q", words)]).await;
    assert!(page.status.is_success(), "{words}: {page:?}");
    let mut ids = listed(&page);
    ids.sort_unstable();
    ids
}

/// Adds restaurants of these names, one after the other.
pub(super) async fn add_named(site: &Site, names: &[&str]) {
    for name in names {
        let name = name.replace('\'', "''");
        site.execute(&format!(
            "INSERT INTO restaurant (name, street_address, description) VALUES ('{name}', '', '')"
        ))
        .await;
    }
}

/// SQL for the numbers from 1 to `last`, as `number` of the table `series`.
pub(super) fn series(backend: Backend, last: u32) -> String {
    match backend {
        Backend::Sqlite => format!(
            "(WITH RECURSIVE series(number) AS \
             (SELECT 1 UNION ALL SELECT number + 1 FROM series WHERE number < {last}) \
             SELECT number FROM series) AS series"
        ),
        Backend::Postgres => format!("generate_series(1, {last}) AS series(number)"),
    }
}

/// The restaurants whose counters are not what a recount of their reviews gives.
pub(super) async fn miscounted(site: &Site) -> Vec<i64> {
    site.values(
        "SELECT CAST(id AS bigint) AS value FROM restaurant
            LEFT JOIN restaurant_rating ON restaurant_rating.restaurant = restaurant.id WHERE
            restaurant_rating.review_count IS NULL OR restaurant_rating.review_count <> (SELECT count(*) FROM review
                WHERE review.restaurant = restaurant.id AND rating BETWEEN 1 AND 5)
            OR restaurant_rating.rating_sum <> (SELECT coalesce(sum(rating), 0) FROM review
                WHERE review.restaurant = restaurant.id AND rating BETWEEN 1 AND 5)
            OR restaurant_rating.rating_1_count <> (SELECT count(*) FROM review WHERE review.restaurant = restaurant.id AND rating = 1)
            OR restaurant_rating.rating_2_count <> (SELECT count(*) FROM review WHERE review.restaurant = restaurant.id AND rating = 2)
            OR restaurant_rating.rating_3_count <> (SELECT count(*) FROM review WHERE review.restaurant = restaurant.id AND rating = 3)
            OR restaurant_rating.rating_4_count <> (SELECT count(*) FROM review WHERE review.restaurant = restaurant.id AND rating = 4)
            OR restaurant_rating.rating_5_count <> (SELECT count(*) FROM review WHERE review.restaurant = restaurant.id AND rating = 5)",
    )
    .await
}

/// The numbers of reviews in the counters, in the order of the restaurants.
pub(super) async fn review_counts(site: &Site) -> Vec<i64> {
    let sql =
        "SELECT CAST(review_count AS bigint) AS value FROM restaurant_rating ORDER BY restaurant";
    site.values(sql).await
}
