//! The status of every route for every kind of visitor, in a browser and in a program, as one table.

use std::collections::BTreeSet;

use app::router;
use app::state::AppState;
use entra_emulator::HOME_TENANT_ID;
use reqwest::Method;
use url::form_urlencoded::byte_serialize;

use harness::sign_in::signed_in_browser;
use harness::sign_in::{Browser, SignInSite};
use harness::{Response, config};

use crate::feature::FEATURE;

/// Columns: method and path, the responses as in [`COLUMNS`], and the address of a redirect.
///
/// A number is a status. `login` is a redirect to the sign-in (303), and 401 for a form, for a program and in the API. A
/// redirect goes to the address in the last column, to the `provider`, or to `home`; from a form, a page redirects to the
/// provider. A table in braces is the id of one of its rows, with `new` before it the next id.
const ROUTES: &str = "
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
    GET    /robots.txt              | 200            | 200       | 200  | 200    | 200   |
    GET    /.well-known/security.txt | 404           | 404       | 404  | 404    | 404   |
    GET    /sitemap.xml             | 200            | 200       | 200  | 200    | 200   |
    GET    /sitemap-{id}.xml        | 200            | 200       | 200  | 200    | 200   |
    GET    /feed.xml                | 200            | 200       | 200  | 200    | 200   |
    GET    /api/openapi.json        | 200            | 200       | 200  | 200    | 200   |
    GET    /api/docs                | 200            | 200       | 200  | 200    | 200   |
    GET    /api/docs/try            | 200            | 200       | 200  | 200    | 200   |
    GET    /api/docs/try/start.js   | 200            | 200       | 200  | 200    | 200   |
    GET    /api/docs/try/swagger-ui.css | 200        | 200       | 200  | 200    | 200   |
    GET    /api/docs/try/swagger-ui-bundle.js | 200  | 200       | 200  | 200    | 200   |
    GET    /docs                    | 308            | 308       | 308  | 308    | 308   | /api/docs
    GET    /redoc                   | 308            | 308       | 308  | 308    | 308   | /api/docs
    GET    /openapi.json            | 308            | 308       | 308  | 308    | 308   | /api/openapi.json
";

/// Routes that need no sign-in where `SIGN_IN_REQUIRED` is `all`.
const ALL_OPEN: [&str; 13] = [
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
    "GET /robots.txt",
    "GET /.well-known/security.txt",
];

/// The client: a site without sign-in, an anonymous visitor, and three users.
const COLUMNS: [&str; 5] = ["not configured", "anonymous", "user", "author", "admin"];

#[derive(Clone, Copy)]
pub(crate) struct Route {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) cells: [&'static str; 5],
    leads_to: &'static str,
}

impl Route {
    fn parse(line: &'static str) -> Self {
        let mut columns = line.split('|').map(str::trim);
        let route = columns.next().expect("a route");
        let (method, path) = route.split_once(' ').expect("a method and a path");
        let cells = std::array::from_fn(|_| columns.next().expect("a cell"));
        let leads_to = columns.next().expect("the last column");
        Self {
            method,
            path: path.trim(),
            cells,
            leads_to,
        }
    }

    /// Whether it is an operation of the API, whose errors are always JSON.
    fn is_operation(&self) -> bool {
        self.path.starts_with("/api/") && !self.path.starts_with("/api/docs")
    }

    /// As the router lists it, with `{id}` for every id.
    fn key(&self) -> String {
        let tables = FEATURE.rows.iter();
        let path = tables.fold(self.path.to_owned(), |path, row| {
            path.replace(&format!("{{{}}}", row.table), "{id}")
        });
        format!("{} {path}", self.method)
    }
}

/// The routes of the feature's pages.
pub(crate) fn feature_routes() -> impl Iterator<Item = Route> {
    FEATURE.routes.trim().lines().map(Route::parse)
}

fn routes() -> impl Iterator<Item = Route> {
    ROUTES
        .trim()
        .lines()
        .map(Route::parse)
        .chain(feature_routes())
        .chain(FEATURE.api_routes.trim().lines().map(Route::parse))
}

/// The routes that the router lists.
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
        let is_child = ["POST]", "PUT]", "DELETE]"].contains(&filter);
        if !is_child {
            path = format!("/{}", own_path.trim_start_matches('/'));
        }
        let method = filter.trim_end_matches(']');
        if !goal.is_empty() {
            served.insert(format!("{method} {path}"));
        }
    }
    served
}

#[tokio::test]
async fn the_table_lists_every_route_of_the_router() {
    let named: BTreeSet<String> = routes().map(|route| route.key()).collect();
    assert_eq!(served(), named);
}

#[tokio::test]
async fn every_form_action_has_a_get_route() {
    let served = served();
    for route in &served {
        if let Some(path) = route.strip_prefix("POST ") {
            assert!(served.contains(&format!("GET {path}")), "{route}");
        }
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn each_route_returns_the_status_of_the_table_to_each_visitor() {
    let site = SignInSite::start().await;
    let without = SignInSite::start_with(&[("AZURE_CLIENT_ID", "")]).await;
    for (index, column) in COLUMNS.into_iter().enumerate() {
        let site = if column == "not configured" {
            &without
        } else {
            &site
        };
        let browser = visitor(site, column).await;
        for route in routes() {
            check(site, column, &browser, &route, route.cells[index]).await;
        }
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn if_reading_requires_sign_in_only_sign_in_and_health_routes_are_open() {
    let site = SignInSite::start_with(&[("SIGN_IN_REQUIRED", "all")]).await;
    let (anonymous, admin) = (site.browser(), visitor(&site, "admin").await);
    for route in routes() {
        let is_open = ALL_OPEN.contains(&route.key().as_str());
        let cell = if is_open { route.cells[1] } else { "login" };
        check(&site, "anonymous", &anonymous, &route, cell).await;
        check(&site, "admin", &admin, &route, route.cells[4]).await;
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn if_nothing_requires_sign_in_everyone_may_write() {
    let site = SignInSite::start_with(&[("SIGN_IN_REQUIRED", "none")]).await;
    let anonymous = site.browser();
    for route in routes() {
        let exists_without = !["404", "405", "501"].contains(&route.cells[0]);
        let cell = route.cells[usize::from(!exists_without)];
        check(&site, "anonymous", &anonymous, &route, cell).await;
    }
}

/// Sends each request as a browser and as a program, for new rows each time.
async fn check(site: &SignInSite, column: &str, signed_in: &Browser, route: &Route, cell: &str) {
    for is_program in [false, true] {
        // The routes of sign-in change who is signed in.
        let browser = if route.path.starts_with("/auth/") {
            visitor(site, column).await
        } else {
            signed_in.clone()
        };
        let (path, leads_to) = prepare(site, &browser, route).await;
        let method = Method::from_bytes(route.method.as_bytes()).expect("a method");
        let mut request = browser.request(method.clone(), &path);
        if route.path.starts_with("/api/") {
            request = request.header("if-match", "*").json(&FEATURE.all_json());
        } else if method == Method::POST {
            request = request.form(&FEATURE.all_fields());
        }
        if is_program {
            request = request.header("accept", "application/json");
        }
        let response = browser.send(request).await;
        let expected = expected(site, route, cell, is_program, (&path, &leads_to));
        let got = shown(&response);
        assert_eq!(
            got, expected,
            "{} {path} {column} program={is_program}: {}",
            route.method, response.body
        );
        let is_program = is_program || route.is_operation();
        if is_program && response.status.as_u16() >= 400 {
            assert_eq!(
                response.header("content-type"),
                "application/problem+json",
                "{path}"
            );
        }
    }
}

async fn visitor(site: &SignInSite, column: &str) -> Browser {
    match column {
        "user" => signed_in_browser(site, "alice").await,
        "author" => signed_in_browser(site, "bob").await,
        "admin" => signed_in_browser(site, "carol").await,
        _ => site.browser(),
    }
}

/// Inserts a row of each table for this author; returns the path and the address of the redirect with the ids.
async fn prepare(site: &SignInSite, browser: &Browser, route: &Route) -> (String, String) {
    let people = site.emulator.people();
    let author = people.iter().find(|person| person.key == "bob");
    let author = author.expect("the author's account");
    let author = format!("{HOME_TENANT_ID}/{}", author.object_id);
    let ids = FEATURE.insert_rows(&site.db, &author).await;
    let with_ids = |text: &str| {
        let text = text.replace("{id}", "1");
        FEATURE.rows.iter().zip(&ids).fold(text, |text, (row, id)| {
            text.replace(&format!("{{new {}}}", row.table), &(id + 1).to_string())
                .replace(&format!("{{{}}}", row.table), &id.to_string())
        })
    };
    let path = if route.path.starts_with("/static/") {
        style_sheet(browser).await
    } else {
        with_ids(route.path)
    };
    (path, with_ids(route.leads_to))
}

async fn style_sheet(browser: &Browser) -> String {
    let page = browser.get("/unknown").await.body;
    let from = page.find("/static/app").expect("a style sheet");
    page[from..].split('"').next().expect("its path").to_owned()
}

/// The status and the address of a redirect; the address of the provider is without its parameters.
fn shown(response: &Response) -> String {
    let refresh = response.refresh_address();
    let location = if !refresh.is_empty() {
        refresh.as_str()
    } else if response.status.is_redirection() {
        response.location()
    } else {
        ""
    };
    let address = location
        .split('?')
        .next()
        .filter(|_| location.starts_with("http"));
    let text = format!(
        "{} {}",
        response.status.as_u16(),
        address.unwrap_or(location)
    );
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
        "login" if is_program || route.method == "POST" || route.is_operation() => "401".to_owned(),
        "login" => {
            let next: String = byte_serialize(path.as_bytes()).collect();
            format!("303 /auth/login?next={next}")
        }
        "home" => "303 /".to_owned(),
        "provider" => {
            let (status, endpoint) = if route.method == "GET" {
                (303, "authorize")
            } else {
                (200, "logout")
            };
            let (base_url, tenant) = (site.emulator.base_url(), site.emulator.tenant_id());
            format!("{status} {base_url}/{tenant}/oauth2/v2.0/{endpoint}")
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
