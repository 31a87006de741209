//! A codespace in the browser: site and provider are reached through a proxy, under two host names.

use entra_emulator::Endpoint;
use harness::browser::steps::{choose_person, sign_in_as, sign_out, signed_in};
use harness::browser::{FORWARDED_HOST, Page, visit_codespace, visit_codespace_with_sign_in};
use serde_json::json;

use crate::feature::{FIELDS, FORM_PAGE, ROW};

/// Fills in the feature's form and sends it.
async fn send_form(page: &Page) {
    page.open(FORM_PAGE).await;
    let (first, _) = FIELDS[0];
    let form = format!("[...document.forms].find(form => form.elements.{first})");
    let fields = json!(FIELDS);
    page.evaluate::<()>(&format!(
        "for (const [name, value] of {fields}) ({form}).elements[name].value = value; null"
    ))
    .await;
    page.until_loaded(page.evaluate::<()>(&format!("({form}).requestSubmit()")))
        .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn a_visitor_to_a_codespace_signs_in_writes_and_signs_out() {
    visit_codespace_with_sign_in(async |visit| {
        let page = visit.page;
        sign_in_as(page, "Alice").await;
        assert_eq!(signed_in(page).await.as_deref(), Some("Alice Example"));
        assert!(page.cookies().await.contains(&"__Host-session".to_owned()));
        send_form(page).await;
        assert_eq!(page.path().await, ROW);
        sign_out(page, "Alice Example").await;
        assert_eq!(signed_in(page).await, None);
        page.open("/protected").await;
        choose_person(page, "Carol").await;
        assert_eq!(page.path().await, "/protected");
        for request in visit.emulator.requests() {
            let is_for_browsers =
                matches!(request.endpoint, Endpoint::Authorize | Endpoint::EndSession);
            let is_forwarded = request.header(FORWARDED_HOST).is_some();
            assert_eq!(is_forwarded, is_for_browsers, "{request:?}");
        }
        assert!(!visit.emulator.requests_to(Endpoint::Token).is_empty());
        assert!(!visit.emulator.requests_to(Endpoint::EndSession).is_empty());
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn a_visitor_to_a_codespace_writes_without_sign_in() {
    visit_codespace(async |page| {
        send_form(page).await;
        assert_eq!(page.path().await, ROW);
    })
    .await;
}
