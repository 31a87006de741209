//! The description of the restaurants for the general tests.

use harness::{Feature, Field, Form, Kind, Row};

pub(crate) const FEATURE: Feature = Feature {
    forms: &[
        Form {
            page: "/restaurants/new",
            action: "/restaurants",
            table: "restaurant",
            // The title, the meta description, and each field.
            occurrences: 5,
            fields: &[
                Field {
                    name: "restaurant_name",
                    column: "name",
                    kind: Kind::Line(50),
                    valid: "Café Zoë",
                },
                Field {
                    name: "street_address",
                    column: "street_address",
                    kind: Kind::Line(50),
                    valid: "1 High Street",
                },
                Field {
                    name: "description",
                    column: "description",
                    kind: Kind::Lines(250),
                    valid: "Cakes & <tea>",
                },
            ],
        },
        Form {
            page: "/restaurants/{id}",
            action: "/restaurants/{id}/reviews",
            table: "review",
            occurrences: 2,
            fields: &[
                Field {
                    name: "rating",
                    column: "rating",
                    kind: Kind::Choice(&["1", "2", "3", "4", "5"]),
                    valid: "4",
                },
                Field {
                    name: "user_name",
                    column: "user_name",
                    kind: Kind::Line(50),
                    valid: "Noor \"N\" O'Neil",
                },
                Field {
                    name: "review_text",
                    column: "review_text",
                    kind: Kind::Lines(500),
                    valid: "Good cake.\r\nCome again.",
                },
            ],
        },
    ],
    row_page: "/restaurants/1",
    added: "restaurant-added",
    rows: &[
        Row {
            table: "restaurant",
            insert: "INSERT INTO restaurant (name, street_address, description)
                VALUES ('Old', 'Old', 'Old') RETURNING CAST(id AS bigint) AS value",
        },
        Row {
            table: "review",
            insert: "INSERT INTO review (restaurant, user_name, rating, review_text, review_date, author_key)
                VALUES ({parent}, 'Bob', 3, 'Old', '2026-01-01 00:00:00', '{author}') RETURNING CAST(id AS bigint) AS value",
        },
    ],
    routes: "
        GET    /                                 | 200 | 200   | 200 | 200 | 200 |
        GET    /restaurants/new                  | 200 | login | 200 | 200 | 200 |
        GET    /restaurants                      | 303 | 303   | 303 | 303 | 303 | /restaurants/new
        POST   /restaurants                      | 303 | login | 303 | 303 | 303 | /restaurants/{new restaurant}
        GET    /restaurants/{restaurant}         | 200 | 200   | 200 | 200 | 200 |
        GET    /restaurants/{restaurant}/reviews | 303 | 303   | 303 | 303 | 303 | /restaurants/{restaurant}
        POST   /restaurants/{restaurant}/reviews | 303 | login | 303 | 303 | 303 | /restaurants/{restaurant}?review={new review}#review-{new review}
        GET    /restaurants/{restaurant}/edit    | 404 | login | 403 | 403 | 200 |
        POST   /restaurants/{restaurant}/edit    | 404 | login | 403 | 403 | 303 | /restaurants/{restaurant}
        GET    /restaurants/{restaurant}/delete  | 404 | login | 403 | 403 | 200 |
        POST   /restaurants/{restaurant}/delete  | 404 | login | 403 | 403 | 303 | /
        GET    /reviews/{review}/edit            | 404 | login | 403 | 200 | 403 |
        POST   /reviews/{review}/edit            | 404 | login | 403 | 303 | 403 | /restaurants/{restaurant}#review-{review}
        GET    /reviews/{review}/delete          | 404 | login | 403 | 200 | 200 |
        POST   /reviews/{review}/delete          | 404 | login | 403 | 303 | 303 | /restaurants/{restaurant}#reviews
        GET    /create                           | 308 | 308   | 308 | 308 | 308 | /restaurants/new
        GET    /add                              | 303 | 303   | 303 | 303 | 303 | /restaurants/new
        POST   /add                              | 303 | login | 303 | 303 | 303 | /restaurants/{new restaurant}
        GET    /details/{restaurant}             | 308 | 308   | 308 | 308 | 308 | /restaurants/{restaurant}
        GET    /review/{restaurant}              | 303 | 303   | 303 | 303 | 303 | /restaurants/{restaurant}
        POST   /review/{restaurant}              | 303 | login | 303 | 303 | 303 | /restaurants/{restaurant}?review={new review}#review-{new review}
    ",
    api_routes: "
        GET    /api/restaurants                      | 200 | 200   | 200 | 200 | 200 |
        POST   /api/restaurants                      | 201 | login | 201 | 201 | 201 |
        GET    /api/restaurants/{restaurant}         | 200 | 200   | 200 | 200 | 200 |
        PUT    /api/restaurants/{restaurant}         | 405 | login | 403 | 403 | 200 |
        DELETE /api/restaurants/{restaurant}         | 405 | login | 403 | 403 | 204 |
        GET    /api/restaurants/{restaurant}/reviews | 200 | 200   | 200 | 200 | 200 |
        POST   /api/restaurants/{restaurant}/reviews | 201 | login | 201 | 201 | 201 |
        GET    /api/reviews/{review}                 | 200 | 200   | 200 | 200 | 200 |
        DELETE /api/reviews/{review}                 | 405 | login | 403 | 204 | 204 |
    ",
    lists: &[
        "/",
        "/?sort=name",
        "/?sort=rating",
        "/?q=alert",
        "/?q=alert&sort=name",
    ],
    paginated: &[
        "/?sort=newest",
        "/?sort=rating",
        "/?sort=name",
        "/?sort=name&q=z",
        "/restaurants/1?sort=newest",
    ],
    moved: Some("/create"),
};
