//! People, and the page to choose one.

use entra_emulator::{OTHER_TENANT_ID, PERSONAL_TENANT_ID, Person};
use serde_json::{Value, json};

use crate::support::{App, callback, change};
use crate::token::{segment, text};

/// The claims of a person's ID token.
async fn claims(app: &App, key: &str) -> Value {
    app.emulator.sign_in_as(key);
    segment(&app.id_token().await, 1)
}

/// Whether the authorization endpoint of a tenant segment redirects the browser to the app with a code.
async fn is_redirected_with_code(app: &App, tenant: &str, key: &str) -> bool {
    let mut parameters = app.authorization();
    parameters.push(("login_hint", key.to_owned()));
    let url = app
        .authorize_url(&parameters)
        .replace(app.emulator.tenant_id(), tenant);
    callback(&app.get(&url).await).is_some_and(|returned| returned.contains_key("code"))
}

/// The response to a choice on the page.
async fn choose(app: &App, form: &'static str) -> reqwest::Response {
    let request = app.http.post(app.authorize_url(&app.authorization()));
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    request.body(form).send().await.unwrap()
}

#[tokio::test]
async fn each_person_has_the_claims_of_their_description() {
    let app = App::start().await;
    assert_eq!(claims(&app, "carol").await["roles"], json!(["Admin"]));
    assert!(claims(&app, "bob").await.get("email").is_none());
    assert_eq!(
        claims(&app, "rupert").await["roles"]
            .as_array()
            .unwrap()
            .len(),
        181
    );
    assert!(text(&claims(&app, "mallory").await["name"]).contains("<script>"));
    let olivia = claims(&app, "olivia").await;
    let place = text(&olivia["_claim_sources"]["src1"]["endpoint"]);
    assert!(
        place.starts_with(app.emulator.base_url()),
        "a request to it would be recorded: {place}"
    );
    assert_eq!(olivia["hasgroups"], true);
}

#[tokio::test]
async fn a_token_with_181_roles_is_large() {
    let app = App::start().await;
    app.emulator.sign_in_as("rupert");
    assert!(app.id_token().await.len() > 8000);
}

#[tokio::test]
async fn mallory_has_markup_in_graph_too() {
    let app = App::start().await;
    app.emulator.sign_in_as("mallory");
    let token = text(&app.tokens().await["access_token"]);
    let request = app.http.get(app.url("v1.0/me")).bearer_auth(token);
    let profile: Value = request.send().await.unwrap().json().await.unwrap();
    for field in ["displayName", "jobTitle", "mail", "userPrincipalName"] {
        assert!(
            text(&profile[field]).contains("<img src=x onerror="),
            "{field}"
        );
    }
}

#[tokio::test]
async fn a_tenant_admits_only_its_own_accounts() {
    let app = App::start().await;
    let home = app.emulator.tenant_id().to_owned();
    let cases = [
        (home.as_str(), "alice", true),
        (home.as_str(), "eve", false),
        (home.as_str(), "peggy", false),
        (OTHER_TENANT_ID, "eve", true),
        ("organizations", "eve", true),
        ("organizations", "peggy", false),
        ("common", "peggy", true),
        ("consumers", "peggy", true),
        ("consumers", "alice", false),
    ];
    for (tenant, key, admitted) in cases {
        assert_eq!(
            is_redirected_with_code(&app, tenant, key).await,
            admitted,
            "{key} at {tenant}"
        );
    }
}

#[tokio::test]
async fn eve_shares_only_the_e_mail_address_with_alice() {
    let app = App::start().await;
    let people = app.emulator.people();
    let find = |key: &str| {
        people
            .iter()
            .find(|person| person.key == key)
            .unwrap()
            .clone()
    };
    let (alice, eve, peggy) = (find("alice"), find("eve"), find("peggy"));
    assert_eq!(alice.username(), eve.username());
    assert_eq!(alice.claims["email"], eve.claims["email"]);
    assert_ne!(alice.tenant_id, eve.tenant_id);
    assert_ne!(alice.object_id, eve.object_id);
    assert_eq!(peggy.tenant_id, PERSONAL_TENANT_ID);
}

#[tokio::test]
async fn a_person_can_be_replaced_while_it_runs() {
    let app = App::start().await;
    let tenant_id = app.emulator.tenant_id().to_owned();
    app.emulator
        .put_person(Person::new("alice", 1, &tenant_id).roles(&["admin"]));
    assert_eq!(claims(&app, "alice").await["roles"], json!(["admin"]));
    assert_eq!(app.emulator.people().len(), 8);
}

#[tokio::test]
async fn the_page_lists_everyone_and_escapes_their_names() {
    let app = App::start().await;
    app.emulator.show_account_picker();
    let response = app.get(&app.authorize_url(&app.authorization())).await;
    assert_eq!(response.status(), 200);
    let page = response.text().await.unwrap();
    for person in app.emulator.people() {
        assert!(
            page.contains(&format!("value=\"{}\"", person.key)),
            "{}",
            person.key
        );
    }
    assert!(page.contains("This is not Microsoft"));
    assert!(!page.contains("<script") && !page.contains("<img"));
    assert_eq!(page.matches("will be refused").count(), 2, "Eve and Peggy");
}

#[tokio::test]
async fn choosing_a_person_signs_in_and_deny_does_not() {
    let app = App::start().await;
    let chosen = callback(&choose(&app, "person=carol").await).unwrap();
    assert!(chosen.contains_key("code"));
    let denied = callback(&choose(&app, "deny=1").await).unwrap();
    assert_eq!(denied["error"], "access_denied");
    assert_eq!(denied["state"], "the state");
}

#[tokio::test]
async fn a_prompt_decides_whether_the_page_is_shown() {
    let app = App::start().await;
    let mut parameters = app.authorization();
    parameters.push(("prompt", "select_account".to_owned()));
    assert_eq!(app.get(&app.authorize_url(&parameters)).await.status(), 200);
    change(&mut parameters, "prompt", Some("none"));
    let silent = callback(&app.get(&app.authorize_url(&parameters)).await).unwrap();
    assert!(silent.contains_key("code"));
    app.emulator.show_account_picker();
    let silent = callback(&app.get(&app.authorize_url(&parameters)).await).unwrap();
    assert_eq!(silent["error"], "login_required");
}
