//! Lists with pages: each row exactly once and in order, also if rows are added meanwhile.

use super::support::{add_named, between, listed, listed_from, next, pages_from, previous, series};
use harness::{Backend, Response, Site, on_both_databases};

const NAMES: [&str; 10] = [
    "apple", "Apple", "APPLE", "banana", "Émile", "emile", "Zebra", "zebra", "Same", "Same",
];

on_both_databases! {
    async fn every_order_shows_each_restaurant_once_over_its_pages(site: Site) {
        fill(&site).await;
        let visitor = site.visitor();
        for (sort, order) in ORDERS {
            let expected = site.values(&format!("SELECT CAST(id AS bigint) AS value FROM restaurant JOIN restaurant_rating ON restaurant = id ORDER BY {order}")).await;
            let pages = pages_from(&visitor, &format!("/?sort={sort}")).await;
            let sizes: Vec<usize> = pages.iter().map(|page| listed(page).len()).collect();
            assert_eq!(sizes, [50, 50, 30], "{sort}");
            assert_eq!(pages.iter().flat_map(listed).collect::<Vec<_>>(), expected, "{sort}");
            let first_page = ">First page</a>";
            assert!(!pages[0].body.contains(first_page));
            assert!(pages[2].body.contains(first_page));
            assert!(pages[2].body.contains("<h1>Restaurants, continued</h1>"));
            assert!(!pages[2].body.contains("role=\"search\""), "a later page starts with its list");
            assert_eq!(previous(&pages[0]), None);
            for (page, before) in [(&pages[2], &pages[1]), (&pages[1], &pages[0])] {
                let address = previous(page).expect("a page before");
                let back = visitor.get(&address).await;
                assert_eq!(listed(&back), listed(before), "{address}");
                assert_eq!(previous(&back).is_some(), previous(before).is_some());
            }
        }
    }

    async fn rows_added_while_paging_cause_no_duplicate_and_no_missing_row(site: Site) {
        fill(&site).await;
        let visitor = site.visitor();
        for (sort, _) in ORDERS {
            let known = site.values("SELECT CAST(id AS bigint) AS value FROM restaurant ORDER BY id").await;
            let mut seen = Vec::new();
            let mut path = Some(format!("/?sort={sort}"));
            while let Some(address) = path {
                let page = visitor.get(&address).await;
                seen.extend(listed(&page));
                path = next(&page);
                add_named(&site, &["aaaa", "mmmm", "zzzz"]).await;
            }
            let mut sorted = seen.clone();
            sorted.sort_unstable();
            sorted.dedup();
            assert_eq!(sorted.len(), seen.len(), "{sort}: no row twice");
            seen.retain(|id| known.contains(id));
            assert_eq!(seen.len(), known.len(), "{sort}: no row is missing");
        }
    }

    async fn names_are_sorted_alphabetically_and_ties_by_id(site: Site) {
        add_named(&site, &NAMES).await;
        let ids = listed_from(&site.visitor(), "/?sort=name").await;
        let names: Vec<&str> = ids.iter().map(|id| NAMES[usize::try_from(id - 1).expect("an id")]).collect();
        assert_eq!(names, ["apple", "Apple", "APPLE", "banana", "Émile", "emile", "Same", "Same", "Zebra", "zebra"]);
        let same: Vec<i64> = ids.into_iter().filter(|id| *id > 8).collect();
        assert_eq!(same, [9, 10]);
    }

    async fn one_five_star_review_does_not_outrank_hundreds_of_nearly_as_good_ones(site: Site) {
        add_named(&site, &["One", "Many", "None"]).await;
        site.execute("UPDATE restaurant_rating SET review_count = 1, rating_sum = 5 WHERE restaurant = 1").await;
        site.execute("UPDATE restaurant_rating SET review_count = 210, rating_sum = 987 WHERE restaurant = 2").await;
        let page = site.visitor().get("/?sort=rating").await;
        assert_eq!(listed(&page), [2, 1, 3]);
        assert_eq!(between(&page, "<strong>", "<"), ["4.7", "5.0"]);
    }

    async fn a_page_after_the_last_one_says_so_and_links_to_the_first(site: Site) {
        add_named(&site, &["A"]).await;
        let visitor = site.visitor();
        for path in ["/?after=1", "/?sort=rating&after=0~1", "/?sort=name&after=b~7"] {
            let page = visitor.get(path).await;
            assert!(page.status.is_success());
            assert_eq!(listed(&page), [0; 0]);
            assert!(page.body.contains("There are no restaurants after this point."), "{path}");
            assert!(page.body.contains(">First page</a>"));
            assert_eq!(next(&page), None);
        }
        for path in ["/?after=x", "/?sort=rating&after=1", "/?sort=name&after=", "/?sort=other", "/?after=99999999999"] {
            assert_eq!(listed(&visitor.get(path).await), [1], "{path}: the first page");
        }
    }

    async fn reviews_of_the_same_moment_are_each_on_one_page_newest_first(site: Site) {
        add_named(&site, &["A", "B"]).await;
        let rows = series(site.backend, 45);
        site.execute(&format!(
            "INSERT INTO review (restaurant, user_name, rating, review_text, review_date)
             SELECT 1, 'Noor', 3, 'Text', CASE WHEN number <= 30 THEN {same} ELSE {later} END FROM {rows}",
            same = date(site.backend, "2024-01-01 10:00:00"),
            later = date(site.backend, "2024-01-01 10:00:00.000001"),
        )).await;
        for restaurant in [1, 2] {
            site.execute(&format!("UPDATE review SET review_text = 'r' || CAST(id AS text) || '.' WHERE restaurant = {restaurant}")).await;
        }
        let pages = pages_from(&site.visitor(), "/restaurants/1").await;
        let sizes: Vec<usize> = pages.iter().map(|page| texts(page).len()).collect();
        assert_eq!(sizes, [20, 20, 5]);
        let seen: Vec<String> = pages.iter().flat_map(texts).collect();
        let expected: Vec<String> = (1..=45).rev().map(|id| format!("r{id}.")).collect();
        assert_eq!(seen, expected);
        for (page, before) in [(&pages[2], &pages[1]), (&pages[1], &pages[0])] {
            let address = previous(page).expect("a page before");
            assert!(address.ends_with("#reviews"), "{address}");
            assert_eq!(texts(&site.visitor().get(&address).await), texts(before), "{address}");
            assert!(page.body.contains("Reviews (45), continued"));
            assert!(!page.body.contains("id=\"write\""), "a later page starts with its list");
        }
        let behind = site.visitor().get("/restaurants/1?after=0~1").await;
        assert!(behind.body.contains("There are no reviews after this point."));
    }

    async fn a_page_before_a_row_near_the_start_is_the_whole_first_page(site: Site) {
        fill(&site).await;
        let visitor = site.visitor();
        for (sort, _) in ORDERS {
            let start = format!("/?sort={sort}");
            let pages = pages_from(&visitor, &start).await;
            let back = previous(&pages[1]).expect("a page before");
            // Rows that are added meanwhile do not make a page of a few rows.
            add_named(&site, &["AAA", "zzz"]).await;
            site.execute("UPDATE restaurant_rating SET review_count = 9, rating_sum = 45 WHERE restaurant > 130").await;
            let first = visitor.get(&start).await;
            let page = visitor.get(&back).await;
            assert_eq!(listed(&page).len(), 50, "{back}");
            if previous(&page).is_none() {
                assert_eq!(listed(&page), listed(&first), "{back}");
            }
            let cut = visitor.get(&format!("{start}&before=x")).await;
            assert_eq!(listed(&cut), listed(&first));
        }
    }

    async fn reviews_are_filtered_by_the_rating_of_a_bar(site: Site) {
        add_named(&site, &["A"]).await;
        let rows = series(site.backend, 60);
        site.execute(&format!(
            "INSERT INTO review (restaurant, user_name, rating, review_text, review_date)
             SELECT 1, 'Noor', CASE WHEN number % 2 = 0 THEN 4 ELSE 2 END, 'r' || CAST(number AS text) || '.', {same} FROM {rows}",
            same = date(site.backend, "2024-01-01 10:00:00"),
        )).await;
        let visitor = site.visitor();
        let page = visitor.get("/restaurants/1").await;
        assert!(page.body.contains("Reviews (60)"));
        assert_eq!(between(&page, "<li>\n<span><a href=\"", "\""), ["/restaurants/1?rating=4#reviews", "/restaurants/1?rating=2#reviews"]);
        let pages = pages_from(&visitor, "/restaurants/1?rating=4").await;
        let seen: Vec<String> = pages.iter().flat_map(texts).collect();
        let expected: Vec<String> = (1..=60).rev().filter(|id| id % 2 == 0).map(|id| format!("r{id}.")).collect();
        assert_eq!(seen, expected);
        assert!(pages[0].body.contains("4-star reviews (30)"));
        assert!(pages[0].body.contains(">Show all reviews</a>"));
        for junk in ["0", "6", "x", "4.0", "-4"] {
            let page = visitor.get(&format!("/restaurants/1?rating={junk}")).await;
            assert!(page.body.contains("Reviews (60)"), "{junk}");
        }
    }

    async fn a_restaurant_page_links_back_to_the_list_that_the_visitor_came_from(site: Site) {
        fill(&site).await;
        let visitor = site.visitor();
        for path in ["/", "/?sort=name", "/?q=banana&sort=rating", "/?q=same"] {
            let list = visitor.get(path).await;
            let links = between(&list, "<h2><a href=\"", "\"");
            let page = visitor.get(&links[0].replace("&amp;", "&")).await;
            let label = if path.contains("q=") { "Search results" } else { "All restaurants" };
            let back = between(&page, "<p class=\"back row row-links\">\n<a href=\"", "</a>");
            assert_eq!(back, [format!("{}\">{label}", path.replace('&', "&amp;"))]);
        }
        let second = next(&visitor.get("/").await).expect("a second page");
        let link = between(&visitor.get(&second).await, "<h2><a href=\"", "\"")[0].to_owned();
        let page = visitor.get(&link).await;
        assert!(page.body.contains(&format!("<a href=\"{second}\">All restaurants</a>")), "{}", page.body);
    }

    async fn a_search_says_how_many_restaurants_match(site: Site) {
        fill(&site).await;
        let visitor = site.visitor();
        for sort in ["newest", "rating", "name"] {
            for (words, count) in [("same", "26 restaurants match."), ("zebra", "26 restaurants match."), ("banana+same", "")] {
                let page = visitor.get(&format!("/?q={words}&sort={sort}")).await;
                assert!(page.body.contains(count), "{words} {sort}");
                assert_eq!(page.body.contains(" match"), !count.is_empty(), "{words} {sort}");
            }
        }
        add_named(&site, &["Solitary"]).await;
        assert!(visitor.get("/?q=solitary").await.body.contains("1 restaurant matches."));
    }

    async fn an_average_is_shown_with_one_decimal_and_a_half_is_rounded_up(site: Site) {
        // Sum and number of the ratings, the average shown.
        let cases = [
            (17, 4, "4.3"), (87, 20, "4.4"), (81, 20, "4.1"), (5, 1, "5.0"), (1, 1, "1.0"),
            (99, 20, "5.0"), (9, 2, "4.5"), (10, 3, "3.3"), (2_000_000_000, 400_000_000, "5.0"),
        ];
        for (id, (sum, count, _)) in (1..).zip(cases) {
            add_named(&site, &["A"]).await;
            site.execute(&format!(
                "UPDATE restaurant_rating SET rating_sum = {sum}, review_count = {count} WHERE restaurant = {id}"
            )).await;
        }
        let visitor = site.visitor();
        let list = visitor.get("/").await;
        let mut shown = between(&list, "<strong>", "<");
        shown.reverse();
        assert_eq!(shown, cases.map(|(_, _, average)| average));
        for (id, (_, _, average)) in (1..).zip(cases) {
            let page = visitor.get(&format!("/restaurants/{id}")).await;
            let stars = format!("\"stars-{}\"", average.replace('.', ""));
            assert!(page.body.contains(&stars), "{average}");
            assert!(page.body.contains(&format!(">{average}<span class=\"visually-hidden\"> out of 5<")));
        }
    }
}

#[tokio::test]
async fn the_markup_of_an_entry_is_at_most_200_bytes() {
    let site = Site::start(Backend::Sqlite).await;
    add_named(&site, &["A"]).await;
    site.execute("UPDATE restaurant_rating SET rating_sum = 9, review_count = 2")
        .await;
    let page = site.visitor().get("/").await;
    let entries = between(&page, "<ol class=\"entries\">", "</ol>");
    assert!(entries[0].len() <= 200, "{}", entries[0]);
}

#[tokio::test]
async fn the_page_size_is_a_setting() {
    let flags = ["--list-page-size=2", "--details-page-size=1"];
    let site = Site::start_with(Backend::Sqlite, &flags).await;
    add_named(&site, &["A", "B", "C"]).await;
    assert_eq!(listed(&site.visitor().get("/").await), [3, 2]);
    assert_eq!(pages_from(&site.visitor(), "/").await.len(), 2);
}

/// 130 restaurants: ten names and five averages, so that most of them tie.
async fn fill(site: &Site) {
    let names: Vec<String> = (0..)
        .zip(NAMES)
        .map(|(index, name)| format!("WHEN {index} THEN '{name}'"))
        .collect();
    let (names, rows) = (names.join(" "), series(site.backend, 130));
    site.execute(&format!(
        "INSERT INTO restaurant (name, street_address, description)
         SELECT CASE number % 10 {names} END, 'S', 'D' FROM {rows}"
    ))
    .await;
    for change in [
        "UPDATE restaurant_rating SET review_count = restaurant % 5",
        "UPDATE restaurant_rating SET rating_sum = 1 + review_count WHERE review_count > 0",
    ] {
        site.execute(change).await;
    }
}

/// SQL of each order. Some of the names differ only in case and accents.
const ORDERS: [(&str, &str); 3] = [
    ("newest", "id DESC"),
    (
        "rating",
        "CASE WHEN review_count = 0 THEN 0 ELSE (rating_sum + 17.5) / (review_count + 5) END DESC, id DESC",
    ),
    ("name", "lower(replace(name, 'É', 'e')), id"),
];

fn date(backend: Backend, text: &str) -> String {
    match backend {
        Backend::Sqlite => format!("'{text}'"),
        Backend::Postgres => format!("timestamp '{text}'"),
    }
}

fn texts(page: &Response) -> Vec<String> {
    let texts = between(page, "<p class=\"post-text\" dir=\"auto\">", "<");
    texts.into_iter().map(str::to_owned).collect()
}
