//! Roles and groups.

use entra_emulator::{Endpoint, Forgery};
use reqwest::StatusCode;
use serde_json::{Value, json};

use harness::sign_in::{Expected, SignInSite};

/// The minimum size of a cookie that browsers support, in bytes (RFC 6265, section 6.1).
const COOKIE_LIMIT: usize = 4096;

/// Catalogue: 100.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn only_the_exact_admin_role_is_accepted() {
    let site = SignInSite::start().await;
    for (roles, status) in [
        (Some(json!(["Admin"])), 200),
        (Some(json!(["User", "Admin"])), 200),
        (None, 403),
        (Some(json!([])), 403),
        (Some(json!(["admin"])), 403),
        (Some(json!(["Admin "])), 403),
        (Some(json!(["User"])), 403),
        (Some(json!(["Administrator"])), 403),
    ] {
        let forgery = Forgery::new().without_claim("roles");
        site.emulator.forge(match roles {
            Some(roles) => forgery.claim("roles", roles),
            None => forgery,
        });
        let browser = site.browser();
        browser.sign_in("alice").await;
        let response = browser.get("/roleProtected").await;
        assert_eq!(response.status, status, "{}", response.body);
        site.assert_invariants().await;
    }
    for roles in [json!("Admin"), json!({ "Admin": true }), json!([["Admin"]])] {
        site.emulator.forge(Forgery::new().claim("roles", roles));
        site.sign_in(Expected::provider_failed()).await;
    }
}

/// Catalogue: 100.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_role_in_another_claim_is_ignored() {
    let site = SignInSite::start().await;
    for name in ["groups", "wids", "scp", "Roles", "role"] {
        site.emulator
            .forge(Forgery::new().claim(name, json!(["Admin"])));
        let browser = site.browser();
        browser.sign_in("alice").await;
        assert_eq!(browser.get("/roleProtected").await.status, 403, "{name}");
    }
    site.assert_invariants().await;
}

/// Catalogue: 102.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_user_without_the_role_gets_403() {
    let site = SignInSite::start().await;
    let browser = site.browser();
    let asked = browser.get("/roleProtected").await;
    assert_eq!(asked.location(), "/auth/login?next=%2FroleProtected");
    let login = browser.get(asked.location()).await;
    let authorization = login.location().parse().expect("an address");
    let callback = browser.choose(&authorization, "bob").await;
    let back = site
        .open(
            &browser,
            &callback,
            Expected::signed_in("bob").unrecovered(),
        )
        .await;
    assert_eq!(back.location(), "/roleProtected");
    let response = site
        .open(&browser, back.location(), Expected::rejected(403))
        .await;
    assert!(response.location().is_empty());
    assert!(
        response.body.contains("the role Admin"),
        "{}",
        response.body
    );
}

/// Catalogue: 103.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn many_roles_are_supported() {
    let site = SignInSite::start().await;
    let browser = site.browser();
    let callback = browser.begin_as("rupert").await;
    site.open(&browser, &callback, Expected::signed_in("rupert"))
        .await;
    let cookies = browser.cookies();
    let length: usize = cookies
        .iter()
        .map(|(name, value)| name.len() + value.len() + 1)
        .sum();
    assert!(length < COOKIE_LIMIT / 4, "{length} bytes");
    let body: Value = serde_json::from_str(&browser.get("/protected").await.body).expect("JSON");
    assert_eq!(
        body["user_details"]["roles"].as_array().map(Vec::len),
        Some(181)
    );
    assert_eq!(browser.get("/auth/profile").await.status, StatusCode::OK);
}

/// Catalogue: 104.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn group_overage_urls_are_not_fetched() {
    let site = SignInSite::start().await;
    let browser = site.browser();
    let callback = browser.begin_as("olivia").await;
    // `open` asserts that no other address of the provider is requested.
    site.open(
        &browser,
        &callback,
        Expected::signed_in("olivia").unrecovered(),
    )
    .await;
    assert_eq!(browser.get("/roleProtected").await.status, 403);
    for sources in [
        json!({ "src1": { "endpoint": 7 } }),
        json!([]),
        json!("src1"),
        Value::Null,
    ] {
        site.emulator
            .forge(Forgery::new().claim("_claim_sources", sources));
        site.sign_in(Expected::signed_in("olivia")).await;
    }
}

/// Catalogue: 105.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_removed_role_ends_with_the_session() {
    let site = SignInSite::start_with(&[("SESSION_MAX_AGE", "1h")]).await;
    let (old, new) = (site.browser(), site.browser());
    old.sign_in("carol").await;
    let people = site.emulator.people();
    let carol = people
        .into_iter()
        .find(|person| person.key == "carol")
        .expect("Carol");
    site.emulator.put_person(carol.roles(&[]));
    new.sign_in("carol").await;
    assert_eq!(new.get("/roleProtected").await.status, 403);
    // The session ends an hour after the sign-in, also if it is used.
    let latest =
        "SELECT 1 FROM session WHERE expires_at > now() at time zone 'utc' + interval '1 hour'";
    assert_eq!(old.get("/roleProtected").await.status, 200);
    assert_eq!(site.count(&format!("({latest}) AS late")).await, 0);
    site.execute("UPDATE session SET expires_at = expires_at - interval '1 hour'")
        .await;
    assert_eq!(old.get("/roleProtected").await.status, 303);
    old.sign_in("carol").await;
    assert_eq!(old.get("/roleProtected").await.status, 403);
    assert!(site.emulator.requests_to(Endpoint::Other).is_empty());
    site.assert_invariants().await;
}
