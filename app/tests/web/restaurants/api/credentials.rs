//! Credentials of the API: the session cookie, access tokens, and invalid tokens.

use entra_emulator::{Forgery, OTHER_TENANT_ID, Signature};
use harness::Response;
use harness::sign_in::{SignInSite, signed_in_browser};
use reqwest::Method;
use serde_json::{Value, json};

use super::{parse, restaurant};

const ROW: &str = "/api/restaurants/1";

/// Routes, one of each kind: read, create, replace (role Admin), delete a review (its author or role Admin).
const ROUTES: [(Method, &str); 4] = [
    (Method::GET, "/api/restaurants"),
    (Method::POST, "/api/restaurants"),
    (Method::PUT, ROW),
    (Method::DELETE, "/api/reviews/{review}"),
];

/// Reads the list with a bearer token.
async fn read_list(site: &SignInSite, token: &str) -> Response {
    let authorization = format!("Bearer {token}");
    send(site, &Method::GET, "/api/restaurants", &authorization).await
}

async fn send(site: &SignInSite, method: &Method, path: &str, authorization: &str) -> Response {
    let browser = site.browser();
    let request = browser
        .request(method.clone(), path)
        .header("if-match", "*");
    let request = match authorization {
        "" => request,
        value => request.header("authorization", value),
    };
    browser.send(request.json(&restaurant("Alma"))).await
}

async fn insert_rows(site: &SignInSite) -> String {
    site.execute(
        "INSERT INTO restaurant (name, street_address, description)
         SELECT 'Old', 'Old', 'Old' WHERE NOT EXISTS (SELECT FROM restaurant)",
    )
    .await;
    let review = "INSERT INTO review (restaurant, user_name, rating, review_text, review_date)
        VALUES (1, 'Bob', 3, 'Old', '2026-01-01 00:00:00') RETURNING id::bigint AS value";
    let ids = harness::sign_in::values::<i64>(&site.db, review).await;
    ids[0].to_string()
}

/// The statuses of the routes to this value of `Authorization`.
async fn statuses(site: &SignInSite, authorization: &str) -> Vec<u16> {
    let mut statuses = Vec::new();
    for (method, path) in &ROUTES {
        let path = path.replace("{review}", &insert_rows(site).await);
        let response = send(site, method, &path, authorization).await;
        let status = response.status.as_u16();
        if status >= 400 {
            let challenge = response.header("www-authenticate");
            assert_eq!(
                challenge.starts_with("Bearer"),
                status == 401 || challenge.contains("insufficient_scope"),
                "{path}: {response:?}"
            );
            assert_eq!(parse(&response)["status"], status);
        }
        statuses.push(status);
    }
    statuses
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn each_route_returns_its_status_for_each_credential() {
    let site = SignInSite::start().await;
    let token = |person: &str| format!("Bearer {}", site.emulator.access_token_of(person));
    let app = |roles: &[&str]| format!("bearer  {}", site.emulator.access_token_of_app(roles));
    let both = ["access_as_application", "Admin"];
    for (name, authorization, expected) in [
        ("nobody", String::new(), [200, 401, 401, 401]),
        ("a user", token("alice"), [200, 201, 403, 403]),
        ("an administrator", token("carol"), [200, 201, 200, 204]),
        ("a program", app(&both[..1]), [200, 201, 403, 403]),
        ("a program with Admin", app(&both), [200, 201, 200, 204]),
        ("a program with Admin alone", app(&both[1..]), [403; 4]),
        ("a program without roles", app(&[]), [403; 4]),
        ("a password", "Basic YWxpY2U6c2VjcmV0".to_owned(), [401; 4]),
        ("no token", "Bearer".to_owned(), [401; 4]),
        ("an empty token", "Bearer ".to_owned(), [401; 4]),
        ("junk", "Bearer junk".to_owned(), [401; 4]),
        (
            "a long token",
            format!("Bearer {}", "a".repeat(20_000)),
            [401; 4],
        ),
        ("a user of another tenant", token("eve"), [401; 4]),
    ] {
        assert_eq!(statuses(&site, &authorization).await, expected, "{name}");
    }
    site.assert_invariants().await;
}

/// Adds a restaurant with a forged token of a user.
async fn assert_statuses(site: &SignInSite, name: &str, forgery: Forgery, status: u16) {
    const PATH: &str = "/api/restaurants";
    site.emulator.forge(forgery);
    let token = format!("Bearer {}", site.emulator.access_token_of("alice"));
    let response = send(site, &Method::POST, PATH, &token).await;
    assert_eq!(response.status, status, "{name}: {}", response.body);
    let challenge = match status {
        401 => "Bearer error=\"invalid_token\"",
        403 => "Bearer error=\"insufficient_scope\", scope=\"access_as_user\"",
        _ => "",
    };
    assert_eq!(response.header("www-authenticate"), challenge, "{name}");
    site.emulator.end_misbehaviour();
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_token_with_another_signature_is_rejected() {
    let site = SignInSite::start().await;
    let old_key = site.emulator.rotate_key();
    site.emulator.withdraw_old_keys();
    let secret = site.emulator.client_secret().as_bytes().to_vec();
    for (name, signature) in [
        ("a withdrawn key", Signature::Rs256(old_key)),
        ("no signature", Signature::None),
        ("HMAC under the client secret", Signature::Hs256(secret)),
    ] {
        assert_statuses(&site, name, Forgery::new().signature(signature), 401).await;
    }
    let changed = Forgery::new().signature_bytes(|mut bytes| {
        bytes[0] ^= 1;
        bytes
    });
    assert_statuses(&site, "a changed signature", changed, 401).await;
    for (name, value) in [("typ", json!("at+jwt")), ("crit", json!(["exp"]))] {
        assert_statuses(&site, name, Forgery::new().header(name, value), 401).await;
    }
    site.assert_invariants().await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_token_with_another_claim_is_rejected() {
    let site = SignInSite::start().await;
    let client_id = site.emulator.client_id().to_owned();
    for (name, value, status) in [
        ("aud", json!("00000003-0000-0000-c000-000000000000"), 401),
        ("aud", json!([client_id, "other"]), 401),
        ("aud", json!(format!("api://{client_id}")), 201),
        ("iss", json!("https://sts.windows.net/evil/"), 401),
        ("ver", json!("1.0"), 401),
        ("nonce", json!("n"), 401),
        ("scp", json!("User.Read access_as_user"), 201),
        ("scp", json!("User.Read"), 403),
        ("scp", json!("access_as_users"), 403),
        ("scp", json!(["access_as_user"]), 403),
    ] {
        let forgery = Forgery::new().claim(name, value.clone());
        assert_statuses(&site, &format!("{name}: {value}"), forgery, status).await;
    }
    for (name, status) in [
        ("tid", 401),
        ("oid", 401),
        ("ver", 401),
        ("azp", 401),
        ("scp", 403),
    ] {
        let forgery = Forgery::new().without_claim(name);
        assert_statuses(&site, &format!("no {name}"), forgery, status).await;
    }
    for (name, seconds) in [("exp", -600), ("nbf", 600), ("iat", 600)] {
        let forgery = Forgery::new().claim_from_now(name, seconds);
        assert_statuses(&site, name, forgery, 401).await;
    }
    let tenant = Forgery::new().tenant(OTHER_TENANT_ID);
    assert_statuses(&site, "another tenant", tenant, 401).await;
    site.assert_invariants().await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn an_id_token_and_a_graph_token_are_rejected() {
    let site = SignInSite::start().await;
    signed_in_browser(&site, "carol").await;
    let tokens = site.emulator.secrets().into_iter();
    let jwts: Vec<_> = tokens.filter(|token| token.starts_with("ey")).collect();
    assert_eq!(jwts.len(), 2, "an ID token and a token for Microsoft Graph");
    for token in jwts {
        let response = read_list(&site, &token).await;
        assert_eq!(response.status, 401);
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn the_bearer_token_takes_precedence_over_the_session_cookie() {
    let site = SignInSite::start().await;
    insert_rows(&site).await;
    let admin = signed_in_browser(&site, "carol").await;
    let token = site.emulator.access_token_of("alice");
    let request = admin.request(Method::PUT, ROW).header("if-match", "*");
    let request = request.header("authorization", format!("Bearer {token}"));
    let response = admin.send(request.json(&restaurant("Alma"))).await;
    assert_eq!(response.status, 403, "{}", response.body);
    let page = admin.request(Method::GET, "/restaurants/1/edit");
    let page = admin
        .send(page.header("authorization", "Bearer junk"))
        .await;
    assert_eq!(page.status, 200, "pages ignore tokens");
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_review_over_the_api_belongs_to_the_account_and_its_author_may_delete_it() {
    let site = SignInSite::start().await;
    insert_rows(&site).await;
    let request = |method, path: &str, person: &str| {
        let token = site.emulator.access_token_of(person);
        let request = site.browser().request(method, path);
        request.header("authorization", format!("Bearer {token}"))
    };
    let review = json!({ "rating": 4, "user_name": "Somebody else", "review_text": "Good." });
    let request_to_add = request(Method::POST, "/api/restaurants/1/reviews", "alice").json(&review);
    let added = site.browser().send(request_to_add).await;
    assert_eq!(added.status, 201, "{}", added.body);
    assert_eq!(parse(&added)["user_name"], Value::from("Alice Example"));
    for (person, status) in [("bob", 403), ("alice", 204), ("alice", 404)] {
        let deletion = request(Method::DELETE, added.location(), person);
        assert_eq!(
            site.browser().send(deletion).await.status,
            status,
            "{person}"
        );
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn an_unreachable_provider_causes_503_instead_of_401() {
    let site = SignInSite::start().await;
    let token = site.emulator.access_token_of("alice");
    site.emulator
        .fault(entra_emulator::Endpoint::Keys, entra_emulator::Fault::Reset);
    let response = read_list(&site, &token).await;
    assert_eq!(response.status, 503, "{}", response.body);
    assert!(!response.header("retry-after").is_empty());
}
