//! The scenes of the example domain: data, requests, and the SQL that they are compared with.

use super::scene::{Dataset, Encoding, Reference, Scene, Target};

const BOTH: &[Encoding] = &[Encoding::None, Encoding::Browser];
const NONE: &[Encoding] = &[Encoding::None];
const BROWSER: &[Encoding] = &[Encoding::Browser];

/// Each one is a database with a site of its own. The values are arguments of `app seed`.
pub(super) const DATASETS: &[Dataset] = &[
    Dataset::new("0", &[]),
    Dataset::new("50", &["--restaurants 50 --reviews 1000"]),
    Dataset::new("10k", &["--restaurants 10000 --reviews 100000"]),
    Dataset::new("100k", &["--restaurants 100000 --reviews 1000000"]),
    Dataset::new(
        "reviews",
        &[
            "--restaurants 1 --reviews 10",
            "--append --restaurants 1 --reviews 1000",
            "--append --restaurants 1 --reviews 100000",
        ],
    ),
    Dataset::new("writes", &["--restaurants 1000 --reviews 10000"]),
    Dataset {
        sign_in: true,
        ..Dataset::new("signed-in", &["--restaurants 50 --reviews 1000"])
    },
];

/// What the floor and pgbench run. The SQL is what the app sends.
pub(super) const REFERENCE: Reference = Reference {
    page_dataset: "50",
    page_query: "SELECT restaurant.id, name, street_address, description, review_count, rating_sum, rank, \
        name_key FROM restaurant CROSS JOIN LATERAL (SELECT review_count, rating_sum, rank \
        FROM restaurant_rating WHERE restaurant_rating.restaurant = restaurant.id LIMIT 1) AS rating \
        ORDER BY restaurant.id DESC LIMIT 51",
    write_dataset: "writes",
    writes: &[
        ("review, spread, pgbench", "\\set id random(1, 1000)"),
        ("review, one row, pgbench", "\\set id 1"),
    ],
    write_sql: "\\set key random(1, 9000000000000000000)
INSERT INTO review (restaurant, user_name, rating, review_text, review_date, submission_key)
VALUES (:id, 'Bench', 4, 'Good food, friendly service, and a table by the window.', now(),
    lpad(CAST(CAST(:key AS bigint) AS text), 24, '0')) ON CONFLICT DO NOTHING;
",
};

/// The cursor behind every date that a review can have, in seconds; and those of the sample data.
const ALL_DATES: (u64, u64) = (4_000_000_000, 60_000_000);
const SAMPLE_DATES: (u64, u64) = (1_700_000_000, 60_000_000);

/// Cursors before which every restaurant is, and those within 10,000 and 100,000 restaurants.
const ALL_IDS: (u64, u64) = (1_000_000, 2_000_000_000);
const MEDIUM_IDS: (u64, u64) = (51, 9_950);
const LARGE_IDS: (u64, u64) = (51, 99_950);

const REVIEW: &str = "user_name=Bench&rating=4&submission_key={key}\
    &review_text=Good+food%2C+friendly+service%2C+and+a+table+by+the+window.";

/// Beginnings of words; the sample data have many of each.
const WORDS: [&str; 8] = ["ca", "pi", "bar", "la", "el", "fr", "ma", "st"];

/// Every scene of the site.
pub(super) fn scenes() -> Vec<Scene> {
    [lists(), details(), others()].concat()
}

/// The scenes of another server with the addresses of the Python sample.
pub(super) fn peer_scenes() -> Vec<Scene> {
    let scene = |name, request: &str, encodings| Scene {
        target: Target::Peer,
        ..scene(name, "", &[request], encodings)
    };
    let review = format!("POST /review/1 {REVIEW}");
    vec![
        scene("list, hot, peer", "GET /", BOTH),
        scene("details, hot, peer", "GET /details/1", BOTH),
        scene("review, one row, peer", &review, NONE),
    ]
}

fn lists() -> Vec<Scene> {
    let cold = |name, dataset, numbers| Scene {
        numbers,
        ..scene(name, dataset, &["GET /?after={n}"], BOTH)
    };
    let sorted = [
        "GET /?sort=rating&after=9000000000~{n}",
        "GET /?sort=name&after=b~{n}",
    ];
    vec![
        scene("list, hot, 0", "0", &["GET /"], BOTH),
        scene("list, hot, 50", "50", &["GET /"], BOTH),
        scene("list, hot, 10,000", "10k", &["GET /"], BOTH),
        scene("list, hot, 100,000", "100k", &["GET /"], BOTH),
        cold("list, cold, 50", "50", ALL_IDS),
        cold("list, cold, 10,000", "10k", MEDIUM_IDS),
        cold("list, cold, 100,000", "100k", LARGE_IDS),
        Scene {
            numbers: ALL_IDS,
            ..scene("list sorted, cold, 100,000", "100k", &sorted, BOTH)
        },
        Scene {
            connections: 128,
            ..scene("list, hot, 50, 128 connections", "50", &["GET /"], BROWSER)
        },
        scene("list, signed in", "signed-in", &["GET /"], BOTH),
    ]
}

fn details() -> Vec<Scene> {
    let pages = [
        (1, "10", ALL_DATES),
        (2, "1,000", SAMPLE_DATES),
        (3, "100,000", SAMPLE_DATES),
    ];
    let scenes = pages.into_iter().flat_map(|(id, reviews, numbers)| {
        let hot = format!("GET /restaurants/{id}");
        let cold = format!("{hot}?after={{n}}000000~1");
        let name = |kind| format!("details, {kind}, {reviews} reviews");
        [
            scene(&name("hot"), "reviews", &[&hot], BOTH),
            Scene {
                numbers,
                ..scene(&name("cold"), "reviews", &[&cold], BOTH)
            },
        ]
    });
    scenes.collect()
}

fn others() -> Vec<Scene> {
    let search = WORDS.map(|word| format!("GET /?q={word}&after={{n}}"));
    let spread = format!("POST /restaurants/{{n}}/reviews {REVIEW}");
    let one_row = format!("POST /restaurants/1/reviews {REVIEW}");
    let read = "GET /restaurants/{n}";
    let mix = [
        "GET /", read, "GET /", read, "GET /", read, "GET /", read, "GET /", &spread,
    ];
    let on_rows = |scene| Scene {
        numbers: (1, 1000),
        ..scene
    };
    vec![
        Scene {
            numbers: MEDIUM_IDS,
            ..scene(
                "search, cold, 10,000",
                "10k",
                &search.each_ref().map(String::as_str),
                BOTH,
            )
        },
        on_rows(scene("review, spread", "writes", &[&spread], NONE)),
        scene("review, one row", "writes", &[&one_row], NONE),
        on_rows(scene("mix of 90 % reads", "writes", &mix, BROWSER)),
    ]
}

fn scene(
    name: &str,
    dataset: &'static str,
    requests: &[&str],
    encodings: &'static [Encoding],
) -> Scene {
    Scene {
        name: name.to_owned(),
        target: Target::Site(dataset),
        requests: requests.iter().map(|&request| request.to_owned()).collect(),
        numbers: (1, 1),
        encodings,
        connections: 32,
    }
}
