//! Microsoft Graph and the profile page.

use std::time::Duration;

use entra_emulator::{Endpoint, Fault, Reply};
use sea_orm::{FromQueryResult, Statement};
use serde_json::{Value, json};

use harness::sign_in::{Browser, Expected, SignInSite};

/// Catalogue: 107.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_graph_error_is_shown_on_the_profile_page() {
    let site = SignInSite::start().await;
    for status in [400, 401, 403, 404, 500, 503, 204] {
        let error = json!({ "error": { "code": "words", "message": "<b>words of Graph</b>" } });
        site.emulator
            .fault(Endpoint::Graph, Fault::Reply(Reply::json(status, &error)));
        assert_signs_in_without_graph(&site).await;
    }
}

/// Catalogue: 107.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_graph_response_without_a_profile_counts_as_an_error() {
    let site = SignInSite::start().await;
    for body in [
        "[]",
        "null",
        "",
        "<html>",
        "{\"displayName\":7}",
        "{\"mail\":[]}",
        "{\"mail\":1,\"mail\":2}",
    ] {
        let reply = Reply::new(200, "application/json", body);
        site.emulator.fault(Endpoint::Graph, Fault::Reply(reply));
        assert_signs_in_without_graph(&site).await;
    }
}

/// Catalogue: 107.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_graph_profile_of_another_user_is_ignored() {
    let site = SignInSite::start().await;
    for id in [
        json!("00000000-0000-4000-8000-000000000002"),
        json!(""),
        json!(7),
        Value::Null,
    ] {
        site.emulator.fault(
            Endpoint::Graph,
            Fault::edit_json(move |profile| {
                profile["id"] = id.clone();
                profile["displayName"] = json!("Carol Example");
            }),
        );
        assert_signs_in_without_graph(&site).await;
    }
}

/// Catalogue: 107.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn the_graph_id_of_a_personal_account_is_recognised() {
    let settings = [
        ("AZURE_TENANT_ID", "consumers"),
        ("AZURE_ALLOWED_TENANTS", "*"),
    ];
    let mut site = SignInSite::start_with(&settings).await;
    site.default_person = "peggy";
    let id = "00000000-0000-0000-0abc-00000000000a";
    let people = site.emulator.people();
    let peggy = people
        .into_iter()
        .find(|person| person.key == "peggy")
        .expect("Peggy");
    let peggy = entra_emulator::Person {
        object_id: id.to_owned(),
        ..peggy
    };
    site.emulator
        .put_person(peggy.profile("id", "abc00000000000a"));
    let browser = site.browser();
    let callback = browser.begin_as("peggy").await;
    site.open(&browser, &callback, Expected::signed_in("peggy"))
        .await;
    let profile = browser.get("/auth/profile").await.body;
    assert!(
        !profile.contains("Failed to get user information"),
        "{profile}"
    );
}

/// Catalogue: 108.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_busy_or_unresponsive_graph_is_called_once() {
    let site = SignInSite::start_with(&[("OUTBOUND_TIMEOUT", "2s")]).await;
    let busy = Reply::json(429, &json!({})).header("Retry-After", "3600");
    for fault in [
        Fault::Reply(busy),
        Fault::Reset,
        Fault::Truncate,
        Fault::HangBeforeHeaders,
        Fault::HangAfterHeaders,
        Fault::Delay(Duration::from_mins(1)),
    ] {
        site.emulator.fault(Endpoint::Graph, fault);
        assert_signs_in_without_graph(&site).await;
    }
}

/// Catalogue: 111.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn graph_fields_are_escaped_and_truncated() {
    let site = SignInSite::start().await;
    let markup = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&lt;b&gt;";
    let long = "x".repeat(10_240);
    let hidden = "\u{202e}evil\u{202c}\u{200b}\u{2066}a\u{2069}\u{feff}";
    for value in [
        Value::Null,
        json!(""),
        json!(markup),
        json!(long),
        json!(hidden),
        json!("\u{200b}\u{200f}"),
    ] {
        let browser = sign_in_with_profile(&site, &value).await;
        let profile = browser.get("/auth/profile").await;
        assert_eq!(profile.status, 200);
        assert!(profile.body.len() < 10_000, "{} bytes", profile.body.len());
        assert!(!profile.body.contains("<script>alert"), "{}", profile.body);
        assert!(!profile.body.contains("<img"), "{}", profile.body);
        for character in ['\u{202e}', '\u{202c}', '\u{2066}', '\u{200b}', '\u{feff}'] {
            assert!(!profile.body.contains(character), "{character:?}");
        }
        for nothing in ["<bdi></bdi>", "<summary></summary>"] {
            assert!(!profile.body.contains(nothing), "{}", profile.body);
        }
        let start = browser.get("/").await.body;
        assert!(
            !start.contains("<script>alert") && !start.contains("<img src"),
            "{start}"
        );
        browser.post("/auth/logout", &[]).await;
        site.assert_invariants().await;
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn the_profile_of_a_guest_shows_the_address_of_the_token() {
    let site = SignInSite::start().await;
    site.emulator.fault(
        Endpoint::Graph,
        Fault::edit_json(|profile| {
            profile["mail"] = Value::Null;
            profile["userPrincipalName"] = json!("alice_example.org#EXT#@contoso.example");
        }),
    );
    let browser = site.browser();
    browser.sign_in("alice").await;
    let profile = browser.get("/auth/profile").await.body;
    assert!(!profile.contains("#EXT#"), "{profile}");
    assert!(profile.contains("<dd><bdi>alice@"), "{profile}");
}

/// Catalogue: 111.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn markup_in_claims_is_escaped() {
    let site = SignInSite::start().await;
    let browser = site.browser();
    let callback = browser.begin_as("mallory").await;
    site.open(&browser, &callback, Expected::signed_in("mallory"))
        .await;
    for path in ["/auth/profile", "/", "/roleProtected"] {
        let body = browser.get(path).await.body;
        assert!(
            !body.contains("<script>alert") && !body.contains("<img src"),
            "{body}"
        );
    }
}

/// Catalogue: 112.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn no_token_is_stored_after_the_sign_in() {
    // The most detailed log level.
    let site = SignInSite::start_with(&[("RUST_LOG", "trace")]).await;
    let browser = site.browser();
    let callback = browser.begin_as("alice").await;
    site.open(&browser, &callback, Expected::signed_in("alice"))
        .await;
    browser.get("/auth/profile").await;
    site.assert_invariants().await;
    let lines = site.log.since(0);
    assert!(lines.iter().any(|line| line.json["level"] == "TRACE"));
    let stored = everything_stored(&site).await;
    let cookies = format!("{:?}", browser.cookies());
    let verifiers = site.emulator.requests_to(Endpoint::Token);
    let verifiers = verifiers
        .iter()
        .filter_map(|call| call.form("code_verifier").map(str::to_owned));
    for secret in site.emulator.secrets().into_iter().chain(verifiers) {
        assert!(!stored.contains(&secret), "a secret is stored");
        assert!(!cookies.contains(&secret), "a secret is in a cookie");
    }
    for value in browser.cookies().values() {
        let id = &value[value.len() - 22..];
        assert!(
            !stored.contains(value) && !stored.contains(id),
            "a cookie is stored"
        );
    }
}

async fn assert_signs_in_without_graph(site: &SignInSite) {
    let browser = site.browser();
    let callback = browser.begin_as("alice").await;
    let start = site.log.line_count();
    site.open(&browser, &callback, Expected::signed_in("alice"))
        .await;
    let lines = site.log.since(start);
    assert!(
        lines
            .iter()
            .any(|line| line.message().contains("Graph profile")),
        "{lines:?}"
    );
    assert!(
        lines
            .iter()
            .all(|line| !line.text.contains("words of Graph")),
        "{lines:?}"
    );
    let profile = browser.get("/auth/profile").await;
    for text in [
        "Failed to get user information",
        "User.Read",
        "Alice Example",
        "sign in again",
    ] {
        assert!(profile.body.contains(text), "{text}: {}", profile.body);
    }
    assert!(!profile.body.contains("words of Graph"), "{}", profile.body);
    browser.post("/auth/logout", &[]).await;
}

async fn sign_in_with_profile(site: &SignInSite, value: &Value) -> Browser {
    let value = value.clone();
    site.emulator.fault(
        Endpoint::Graph,
        Fault::edit_json(move |profile| {
            for name in ["displayName", "mail", "userPrincipalName", "jobTitle"] {
                profile[name] = value.clone();
            }
        }),
    );
    let browser = site.browser();
    let response = browser.sign_in("alice").await;
    assert_eq!(response.status, 303, "{}", response.body);
    browser
}

/// All rows of the tables that a sign-in writes to.
async fn everything_stored(site: &SignInSite) -> String {
    #[derive(FromQueryResult)]
    struct Row {
        value: String,
    }
    let sql = "SELECT row_to_json(session)::text AS value FROM session \
               UNION ALL SELECT row_to_json(sign_in_attempt)::text FROM sign_in_attempt";
    let statement = Statement::from_string(sea_orm::DbBackend::Postgres, sql);
    let rows = Row::find_by_statement(statement)
        .all(&site.db)
        .await
        .expect("rows");
    assert!(!rows.is_empty());
    rows.into_iter().map(|row| row.value).collect()
}
