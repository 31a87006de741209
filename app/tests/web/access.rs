//! Every address of the site, and what comes of it: by who asks, and whether with a browser or a program.

use std::collections::BTreeSet;

use app::router;
use app::state::AppState;
use entra_emulator::HOME_TENANT_ID;
use reqwest::Method;
use url::form_urlencoded::byte_serialize;

use harness::sign_in::{Browser, SignInSite};
use harness::sign_in::{browser_of, values};
use harness::{Answer, config};

/// A number is a status. `login` is the way to the sign-in and back (303), and 401 for a program.
/// A redirect leads to what the last column says, or to the `provider`, or `home`.
const ROUTES: &str = "
    method path                     | not configured | anonymous | user | author | admin | leads to
    GET    /                        | 200            | 200       | 200  | 200    | 200   |
    GET    /restaurants/new         | 200            | login     | 200  | 200    | 200   |
    POST   /restaurants             | 303            | login     | 303  | 303    | 303   | /restaurants/{new}?notice=restaurant-added
    GET    /restaurants/{id}        | 200            | 200       | 200  | 200    | 200   |
    POST   /restaurants/{id}/reviews| 303            | login     | 303  | 303    | 303   | /restaurants/{id}?notice=review-added
    GET    /restaurants/{id}/edit   | 404            | login     | 403  | 403    | 200   |
    POST   /restaurants/{id}/edit   | 404            | login     | 403  | 403    | 303   | /restaurants/{id}?notice=restaurant-edited
    POST   /restaurants/{id}/delete | 404            | login     | 403  | 403    | 303   | /?notice=restaurant-deleted
    POST   /reviews/{id}/delete     | 404            | login     | 403  | 303    | 303   | /restaurants/{id}?notice=review-deleted
    GET    /create                  | 308            | 308       | 308  | 308    | 308   | /restaurants/new
    POST   /add                     | 303            | login     | 303  | 303    | 303   | /restaurants/{new}?notice=restaurant-added
    GET    /details/{id}            | 308            | 308       | 308  | 308    | 308   | /restaurants/{id}
    POST   /review/{id}             | 303            | login     | 303  | 303    | 303   | /restaurants/{id}?notice=review-added
    GET    /auth/login              | 501            | provider  | home | home   | home  |
    GET    /login                   | 501            | 303       | 303  | 303    | 303   | /auth/login
    GET    /logout                  | 501            | 303       | 303  | 303    | 303   | /auth/logout
    GET    /auth/callback           | 501            | 400       | 400  | 400    | 400   |
    GET    /auth/logout             | 501            | 200       | 200  | 200    | 200   |
    POST   /auth/logout             | 501            | home      | provider | provider | provider |
    GET    /auth/profile            | 501            | login     | 200  | 200    | 200   |
    GET    /unprotected             | 200            | 200       | 200  | 200    | 200   |
    GET    /protected               | 501            | login     | 200  | 200    | 200   |
    GET    /roleProtected           | 501            | login     | 403  | 403    | 200   |
    GET    /livez                   | 200            | 200       | 200  | 200    | 200   |
    GET    /readyz                  | 200            | 200       | 200  | 200    | 200   |
    GET    /static/{name}           | 200            | 200       | 200  | 200    | 200   |
    GET    /favicon.ico             | 200            | 200       | 200  | 200    | 200   |
";

/// The same where `SIGN_IN_REQUIRED` is `all`: what a visitor who has not signed in gets.
const ALL_OPEN: [&str; 11] = [
    "GET /login",
    "GET /logout",
    "GET /auth/login",
    "GET /auth/callback",
    "GET /auth/logout",
    "POST /auth/logout",
    "GET /unprotected",
    "GET /livez",
    "GET /readyz",
    "GET /static/{name}",
    "GET /favicon.ico",
];

/// Every form's fields; each takes its own.
const FIELDS: [(&str, &str); 6] = [
    ("restaurant_name", "Café Zoë"),
    ("street_address", "1 High Street"),
    ("description", "Cakes"),
    ("user_name", "Noor"),
    ("rating", "4"),
    ("review_text", "Good cake."),
];

const COLUMNS: [&str; 5] = ["not configured", "anonymous", "user", "author", "admin"];

#[derive(Clone, Copy)]
struct Route {
    method: &'static str,
    path: &'static str,
    cells: [&'static str; 5],
    leads_to: &'static str,
}

impl Route {
    fn key(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

fn routes() -> Vec<Route> {
    let lines = ROUTES.trim().lines().skip(1);
    lines
        .map(|line| {
            let mut columns = line.split('|').map(str::trim);
            let route = columns.next().expect("a route");
            let (method, path) = route.split_once(' ').expect("a method and a path");
            let cells = std::array::from_fn(|_| columns.next().expect("a cell"));
            let leads_to = columns.next().expect("the last column");
            Route {
                method,
                path: path.trim(),
                cells,
                leads_to,
            }
        })
        .collect()
}

/// What the router serves, from its own listing.
fn served() -> BTreeSet<String> {
    let key = format!("--session-secret-key={}", "k".repeat(32));
    let flags = [
        "--azure-client-id=a",
        "--azure-tenant-id=b",
        "--azure-client-secret=c",
        &key,
    ];
    let state = AppState::new(config("sqlite::memory:", &flags)).expect("a state");
    let service = router::service(state).expect("a service");
    let mut path = String::new();
    let mut served = BTreeSet::new();
    for line in format!("{:?}", service.router).lines() {
        let line = line.trim_start_matches([' ', '│', '├', '└', '─']);
        let (route, goal) = line.split_once(" -> ").unwrap_or((line, ""));
        let (own_path, filter) = route.split_once('[').unwrap_or((route, ""));
        if filter != "POST]" {
            path = format!("/{}", own_path.trim_start_matches('/'));
        }
        let method = match filter {
            "POST]" => "POST",
            "Or { first: method:GET, second: method:HEAD }]" => "GET",
            other => other,
        };
        if !goal.is_empty() {
            served.insert(format!("{method} {path}"));
        }
    }
    served
}

#[tokio::test]
async fn the_table_names_every_address_that_the_site_serves() {
    let named: BTreeSet<String> = routes().iter().map(Route::key).collect();
    assert_eq!(served(), named);
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn each_address_answers_each_visitor_as_the_table_says() {
    let site = SignInSite::start().await;
    let without = SignInSite::start_with(&[("AZURE_CLIENT_ID", "")]).await;
    for route in routes() {
        for (column, cell) in COLUMNS.into_iter().zip(route.cells) {
            let site = if column == "not configured" {
                &without
            } else {
                &site
            };
            check(site, column, &route, cell).await;
        }
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn where_reading_needs_an_account_only_the_addresses_of_sign_in_and_of_the_platform_are_open()
{
    let site = SignInSite::start_with(&[("SIGN_IN_REQUIRED", "all")]).await;
    for route in routes() {
        let is_open = ALL_OPEN.contains(&route.key().as_str());
        let cell = if is_open { route.cells[1] } else { "login" };
        check(&site, "anonymous", &route, cell).await;
        check(&site, "admin", &route, route.cells[4]).await;
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn where_nothing_needs_an_account_everybody_may_write() {
    let site = SignInSite::start_with(&[("SIGN_IN_REQUIRED", "none")]).await;
    for route in routes() {
        let exists_without = !["404", "501"].contains(&route.cells[0]);
        let cell = route.cells[usize::from(!exists_without)];
        check(&site, "anonymous", &route, cell).await;
    }
}

/// Asks with a browser and with a program, each time for rows of their own.
async fn check(site: &SignInSite, column: &str, route: &Route, cell: &str) {
    for is_program in [false, true] {
        let browser = visitor(site, column).await;
        let (path, leads_to) = prepare(site, &browser, route).await;
        let method = Method::from_bytes(route.method.as_bytes()).expect("a method");
        let mut request = browser.request(method.clone(), &path);
        if method == Method::POST {
            request = request.form(&FIELDS);
        }
        if is_program {
            request = request.header("accept", "application/json");
        }
        let answer = browser.send(request).await;
        let expected = expected(site, route, cell, is_program, (&path, &leads_to));
        let got = shown(&answer);
        assert_eq!(
            got, expected,
            "{} {path} {column} program={is_program}: {}",
            route.method, answer.body
        );
        if is_program && answer.status.as_u16() >= 400 {
            assert_eq!(
                answer.header("content-type"),
                "application/problem+json",
                "{path}"
            );
        }
    }
}

async fn visitor(site: &SignInSite, column: &str) -> Browser {
    match column {
        "user" => browser_of(site, "alice").await,
        "author" => browser_of(site, "bob").await,
        "admin" => browser_of(site, "carol").await,
        _ => site.browser(),
    }
}

/// A restaurant with a review by the author; the path with their ids, and where it leads to.
async fn prepare(site: &SignInSite, browser: &Browser, route: &Route) -> (String, String) {
    let people = site.emulator.people();
    let author = people
        .iter()
        .find(|person| person.key == "bob")
        .expect("an author");
    let author = format!("{HOME_TENANT_ID}/{}", author.object_id);
    let add = "INSERT INTO restaurant (name, street_address, description, review_count, rating_sum, rating_3_count)
               VALUES ('Old', 'Old', 'Old', 1, 3, 1) RETURNING id::bigint AS value";
    let id = values::<i64>(&site.db, add).await[0];
    let add = format!(
        "INSERT INTO review (restaurant, user_name, rating, review_text, review_date, author_key)
         VALUES ({id}, 'Bob', 3, 'Old', now() AT TIME ZONE 'UTC', '{author}') RETURNING id::bigint AS value"
    );
    let review = values::<i64>(&site.db, &add).await[0];
    let with_id = |text: &str, id: i64| text.replace("{id}", &id.to_string());
    let path = if route.path.starts_with("/reviews/") {
        with_id(route.path, review)
    } else if route.path.starts_with("/static/") {
        style_sheet(browser).await
    } else {
        with_id(route.path, id)
    };
    let leads_to = with_id(route.leads_to, id);
    (path, leads_to.replace("{new}", &(id + 1).to_string()))
}

async fn style_sheet(browser: &Browser) -> String {
    let page = browser.get("/unknown").await.body;
    let from = page.find("/static/app").expect("a style sheet");
    page[from..].split('"').next().expect("its path").to_owned()
}

/// Status and, of a redirect, the address; the provider's without its parameters.
fn shown(answer: &Answer) -> String {
    let location = answer.location();
    let address = location
        .split('?')
        .next()
        .filter(|_| location.starts_with("http"));
    let text = format!("{} {}", answer.status.as_u16(), address.unwrap_or(location));
    text.trim_end().to_owned()
}

fn expected(
    site: &SignInSite,
    route: &Route,
    cell: &str,
    is_program: bool,
    (path, leads_to): (&str, &str),
) -> String {
    match cell {
        "login" if is_program => "401".to_owned(),
        "login" => {
            let next = if route.method == "GET" { path } else { "/" };
            let next: String = byte_serialize(next.as_bytes()).collect();
            format!("303 /auth/login?next={next}")
        }
        "home" => "303 /".to_owned(),
        "provider" => {
            let endpoint = if route.method == "GET" {
                "authorize"
            } else {
                "logout"
            };
            let (base_url, tenant) = (site.emulator.base_url(), site.emulator.tenant_id());
            format!("303 {base_url}/{tenant}/oauth2/v2.0/{endpoint}")
        }
        status => format!(
            "{status} {}",
            if status.starts_with('3') {
                leads_to
            } else {
                ""
            }
        )
        .trim_end()
        .to_owned(),
    }
}
