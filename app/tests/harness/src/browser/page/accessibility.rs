//! The rules of axe-core. <https://github.com/dequelabs/axe-core>

use std::sync::OnceLock;

use serde_json::json;
use url::Url;

use super::Page;
use crate::received_pages::{self, variable};

/// The variable with the path of `axe.min.js`; without it, axe is not run.
const AXE: &str = "TEST_AXE";

impl Page {
    /// Fails for everything that axe reports.
    pub async fn assert_accessible(&self, name: &str) {
        let Some(axe) = axe() else { return };
        if !self.evaluate::<bool>("'axe' in window").await {
            self.evaluate::<()>(&format!("{axe}; undefined")).await;
        }
        let violations: Vec<String> = self.evaluate(include_str!("axe_violations.js")).await;
        assert!(violations.is_empty(), "{name}: {violations:#?}");
    }

    /// Writes the HTML that the browser has received last for the validators.
    pub(super) async fn write_html(&self) {
        let document = self.loading.borrow_mut().last_document();
        let Some(document) = document else { return };
        let request = json!({ "requestId": document.request_id });
        let body = self.call("Network.getResponseBody", request).await;
        let url = Url::parse(&document.response.url).expect("an address");
        let html = body["body"].as_str().expect("the text of a page");
        received_pages::write_document(url.path(), document.response.status, html);
    }
}

/// The text of axe's script.
fn axe() -> Option<&'static str> {
    static TEXT: OnceLock<Option<String>> = OnceLock::new();
    let read = || Some(std::fs::read_to_string(variable(AXE)?).expect("the script of axe"));
    TEXT.get_or_init(read).as_deref()
}
