//! Tenants, accounts and clouds.

use entra_emulator::{
    Emulator, Endpoint, Fault, Forgery, OTHER_TENANT_ID, Options, PERSONAL_TENANT_ID, Person, Reply,
};
use serde_json::{Value, json};

use harness::sign_in::{Expected, SignInSite};

/// Catalogue: 88.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_token_of_another_tenant_is_rejected() {
    let site = SignInSite::start().await;
    site.emulator.forge(Forgery::new().tenant(OTHER_TENANT_ID));
    site.sign_in(Expected::provider_failed()).await;
}

/// Catalogue: 88.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn multi_tenant_metadata_is_rejected_for_a_single_tenant() {
    for tenant in ["contoso.example.com", &Options::default().tenant_id] {
        let site = SignInSite::start_with(&[("AZURE_TENANT_ID", tenant)]).await;
        let at = |path: &str| format!("{}/{path}", site.emulator.base_url());
        let metadata = json!({
            "issuer": at("{tenantid}/v2.0"), "authorization_endpoint": at("a"),
            "token_endpoint": at("t"), "jwks_uri": at("k"),
        });
        let reply = Fault::Reply(Reply::json(200, &metadata));
        site.emulator.fault(Endpoint::Discovery, reply);
        let response = site.browser().get("/auth/login").await;
        assert_eq!(response.status, 502, "{tenant}");
    }
}

/// Catalogue: 89.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn tid_must_match_the_issuer() {
    let site = SignInSite::start().await;
    let tenant = site.emulator.tenant_id().to_owned();
    for value in [
        json!(OTHER_TENANT_ID),
        json!([tenant]),
        json!(""),
        json!("v2.0"),
        json!(7),
        Value::Null,
    ] {
        site.emulator.forge(Forgery::new().claim("tid", value));
        site.sign_in(Expected::provider_failed()).await;
    }
    site.emulator.forge(Forgery::new().without_claim("tid"));
    site.sign_in(Expected::provider_failed()).await;
}

/// Catalogue: 90.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn each_tenant_has_its_own_issuer() {
    let site = multi_tenant_site("organizations", "*").await;
    for person in ["alice", "eve"] {
        site.sign_in(Expected::signed_in(person)).await;
    }
    let (base_url, home) = (site.emulator.base_url(), site.emulator.tenant_id());
    for forgery in [
        Forgery::new().claim("tid", OTHER_TENANT_ID),
        Forgery::new().claim("iss", format!("{base_url}/{OTHER_TENANT_ID}/v2.0")),
        Forgery::new().claim("iss", format!("{base_url}/{{tenantid}}/v2.0")),
        Forgery::new().claim("iss", format!("https://evil.example/{home}/v2.0")),
        Forgery::new().claim("tid", "{tenantid}"),
        Forgery::new().without_claim("tid"),
    ] {
        site.emulator.forge(forgery);
        site.sign_in(Expected::provider_failed()).await;
    }
}

/// Catalogue: 91.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn personal_and_work_accounts_are_accepted_by_authority() {
    let site = multi_tenant_site("organizations", "*").await;
    site.emulator
        .forge(Forgery::new().tenant(PERSONAL_TENANT_ID));
    site.sign_in(Expected::rejected(403).calls(Endpoint::Token, 1))
        .await;
    let site = multi_tenant_site("common", "*").await;
    for person in ["peggy", "alice"] {
        site.sign_in(Expected::signed_in(person)).await;
    }
    let mut site = multi_tenant_site("consumers", "*").await;
    site.default_person = "peggy";
    site.sign_in(Expected::signed_in("peggy")).await;
    let home = site.emulator.tenant_id().to_owned();
    site.emulator.forge(Forgery::new().tenant(&home));
    // Its metadata name the tenant of personal accounts, so any other issuer is rejected.
    site.sign_in(Expected::provider_failed()).await;
}

/// Catalogue: 94.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn only_allowed_tenants_can_sign_in() {
    let home = Options::default().tenant_id;
    let list = format!("{home}, 11111111-2222-3333-4444-555555555555");
    let site = multi_tenant_site("common", &list).await;
    site.sign_in(Expected::signed_in("alice")).await;
    for person in ["eve", "peggy"] {
        let browser = site.browser();
        let callback = browser.begin_as(person).await;
        let rejected = Expected::rejected(403).calls(Endpoint::Token, 1);
        let response = site.open(&browser, &callback, rejected).await;
        assert!(
            response.body.contains("cannot sign in to this site"),
            "{}",
            response.body
        );
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn a_rejected_account_can_choose_another_account() {
    let site = multi_tenant_site("common", &Options::default().tenant_id).await;
    let browser = site.browser();
    let callback = browser.begin_as("eve").await;
    let rejected = browser.get(&callback).await;
    let link = "/auth/login?prompt=select_account";
    assert!(rejected.body.contains(link), "{}", rejected.body);
    for (address, prompt) in [
        (link, Some("select_account")),
        ("/auth/login?prompt=none", None),
    ] {
        let begun = browser.get(address).await;
        let provider: url::Url = begun.location().parse().expect("an address");
        let pairs = provider.query_pairs();
        let asked = pairs
            .filter(|(name, _)| name == "prompt")
            .map(|(_, value)| value);
        assert_eq!(asked.last().as_deref(), prompt, "{provider}");
    }
}

/// Catalogue: 95.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn an_email_address_does_not_identify_an_account() {
    let site = multi_tenant_site("organizations", "*").await;
    let (alice, eve) = (site.browser(), site.browser());
    alice.sign_in("alice").await;
    let callback = eve.begin_as("eve").await;
    site.open(&eve, &callback, Expected::signed_in("eve")).await;
    assert_ne!(alice.account().await, eve.account().await);
}

/// Catalogue: 98.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn endpoints_of_another_cloud_come_from_the_settings() {
    let graph = Emulator::start(Options::default())
        .await
        .expect("another host");
    let site = SignInSite::start_with(&[("AZURE_GRAPH_URL", graph.base_url())]).await;
    let browser = site.browser();
    let authorization = browser.begin("/").await;
    let scope = authorization
        .query_pairs()
        .find(|(name, _)| name == "scope")
        .expect("a scope");
    assert!(
        scope.1.split(' ').any(|scope| scope == "User.Read"),
        "{}",
        scope.1
    );
    let callback = browser.choose(&authorization, "alice").await;
    // This Graph endpoint rejects the token: the sign-in succeeds without the profile of Graph.
    site.open(
        &browser,
        &callback,
        Expected::signed_in("alice").calls(Endpoint::Graph, 0),
    )
    .await;
    assert_eq!(graph.requests_to(Endpoint::Graph).len(), 2);
    let tenant = site.emulator.tenant_id();
    let public = format!("https://login.microsoftonline.com/{tenant}/v2.0");
    site.emulator.forge(Forgery::new().claim("iss", public));
    site.sign_in(Expected::provider_failed()).await;
}

/// Catalogue: 98.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn metadata_of_another_cloud_is_rejected() {
    let site = SignInSite::start().await;
    let tenant = site.emulator.tenant_id().to_owned();
    site.emulator.fault(
        Endpoint::Discovery,
        Fault::edit_json(move |document| {
            document["issuer"] = json!(format!("https://login.microsoftonline.com/{tenant}/v2.0"));
        }),
    );
    site.open(&site.browser(), "/auth/login", Expected::rejected(502))
        .await;
}

/// Catalogue: 95.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn the_same_object_id_in_another_tenant_is_another_account() {
    let site = multi_tenant_site("organizations", "*").await;
    let people = site.emulator.people();
    let alice = people
        .iter()
        .find(|person| person.key == "alice")
        .expect("Alice");
    let twin = Person {
        key: "twin".to_owned(),
        tenant_id: OTHER_TENANT_ID.to_owned(),
        ..alice.clone()
    };
    site.emulator.put_person(twin);
    for person in ["alice", "twin"] {
        let browser = site.browser();
        let authorization = browser.begin("/").await;
        let callback = browser.choose(&authorization, person).await;
        site.open(&browser, &callback, Expected::signed_in(person))
            .await;
        let profile = browser.get("/auth/profile").await.body;
        let tenant = if person == "twin" {
            OTHER_TENANT_ID
        } else {
            site.emulator.tenant_id()
        };
        assert!(profile.contains(tenant), "{profile}");
    }
}

async fn multi_tenant_site(tenant: &str, allowed: &str) -> SignInSite {
    let settings = [
        ("AZURE_TENANT_ID", tenant),
        ("AZURE_ALLOWED_TENANTS", allowed),
    ];
    SignInSite::start_with(&settings).await
}
