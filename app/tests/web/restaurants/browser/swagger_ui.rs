//! Swagger UI under the site's Content-Security-Policy.

use harness::browser::{Page, visit};
use harness::{TIMEOUT, eventually};

/// Opens an operation in Swagger UI, executes it with its example and returns the status of the response.
async fn execute(page: &Page, operation: &str) -> String {
    let operation = format!("#operations-restaurants-{operation}");
    for button in [".opblock-summary-control", ".try-out__btn", ".execute"] {
        click_when_shown(page, &format!("{operation} {button}")).await;
    }
    let status = format!("{operation} .live-responses-table .response .response-col_status");
    let status = format!("document.querySelector('{status}')?.innerText ?? ''");
    eventually("a response", TIMEOUT, async || {
        let status = page.evaluate::<String>(&status).await;
        Some(status).filter(|status| status.starts_with(char::is_numeric))
    })
    .await
}

async fn click_when_shown(page: &Page, selector: &str) {
    let click = format!(
        "(button => {{ button?.click(); return Boolean(button) }})(document.querySelector('{selector}'))"
    );
    eventually(selector, TIMEOUT, async || {
        page.evaluate::<bool>(&click).await.then_some(())
    })
    .await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_CHROMIUM; run cargo xtask test"]
async fn operations_are_executed_in_swagger_ui() {
    visit(&[], async |page| {
        page.open("/docs").await;
        page.follow("Try it in Swagger UI").await;
        assert_eq!(page.path().await, "/api/docs/try");
        assert_eq!(execute(page, "create_restaurant").await, "201");
        assert_eq!(execute(page, "list_restaurants").await, "200");
        page.screenshot("swagger-ui").await;
        page.follow("Back to the documentation").await;
        assert_eq!(page.path().await, "/api/docs");
    })
    .await;
}
