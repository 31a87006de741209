//! The trails as the general tests know them.

use harness::{Feature, Field, Form, Kind, Row};

pub(crate) const FEATURE: Feature = Feature {
    forms: &[Form {
        page: "/trails/new",
        action: "/trails",
        table: "trail",
        // The title, the heading and the notes.
        occurrences: 3,
        fields: &[
            Field {
                name: "name",
                column: "name",
                kind: Kind::Line(60),
                valid: "Río Ebro",
            },
            Field {
                name: "length_km",
                column: "length_km",
                kind: Kind::Number(1, 500),
                valid: "42",
            },
            Field {
                name: "difficulty",
                column: "difficulty",
                kind: Kind::Choice(&["easy", "moderate", "hard"]),
                valid: "moderate",
            },
            Field {
                name: "opened_on",
                column: "opened_on",
                kind: Kind::Date("1800-01-01", "2100-12-31"),
                valid: "2024-02-29",
            },
            Field {
                name: "notes",
                column: "notes",
                kind: Kind::Lines(400),
                valid: "Water & <shade>.\r\nParking.",
            },
        ],
    }],
    row_page: "/trails/1",
    added: "trail-added",
    rows: &[Row {
        table: "trail",
        insert: "INSERT INTO trail (name, length_km, difficulty, opened_on, notes)
            VALUES ('Old', 5, 'easy', '2020-05-01', 'Old') RETURNING CAST(id AS bigint) AS value",
    }],
    routes: "
        GET    /                       | 200 | 200   | 200 | 200 | 200 |
        GET    /trails/new             | 200 | login | 200 | 200 | 200 |
        POST   /trails                 | 303 | login | 303 | 303 | 303 | /trails/{new trail}
        GET    /trails                 | 303 | 303   | 303 | 303 | 303 | /trails/new
        GET    /trails/{trail}         | 200 | 200   | 200 | 200 | 200 |
        GET    /trails/{trail}/delete  | 404 | login | 403 | 403 | 200 |
        POST   /trails/{trail}/delete  | 404 | login | 403 | 403 | 303 | /
    ",
    api_routes: "",
    lists: &["/"],
    paginated: &["/?sort=newest"],
    moved: None,
};
