//! The honest flow, seen whole.

use super::harness::{Expected, SignInSite};

#[tokio::test]
async fn everybody_of_the_tenant_can_sign_in() {
    let site = SignInSite::start().await;
    for person in ["alice", "bob", "carol"] {
        let browser = site.browser();
        let callback = browser.begin_as(person).await;
        site.open(&browser, &callback, Expected::signed_in(person))
            .await;
    }
}
