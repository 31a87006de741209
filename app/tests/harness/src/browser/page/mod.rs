//! A page, found and used by roles and labels.

mod accessibility;
mod appearance;
mod element;
mod errors;
mod input;
mod loading;

use std::cell::RefCell;
use std::time::Duration;

use chromiumoxide::Page as Tab;
use chromiumoxide::types::{Command, Method, MethodId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::timeout;

pub use self::appearance::{Preference, Window};
pub use self::element::Element;
use self::errors::ErrorListener;
pub(crate) use self::errors::is_observed;
use self::loading::Loading;
use super::chromium::Chromium;

/// A browser that takes longer has crashed or hangs.
const CALL_LIMIT: Duration = Duration::from_secs(20);

/// A tab of the browser that shows the site.
pub struct Page {
    tab: Tab,
    origin: String,
    loading: RefCell<Loading>,
    error_listener: RefCell<ErrorListener>,
    last_address: RefCell<String>,
}

impl Page {
    /// The site's first page in a new tab, in a window of a common size.
    pub async fn open_first(chromium: &Chromium, origin: &str) -> Self {
        let tab = chromium.open_tab().await;
        let page = Self {
            loading: RefCell::new(Loading::watch(&tab).await),
            error_listener: RefCell::new(ErrorListener::start(&tab).await),
            origin: origin.to_owned(),
            last_address: RefCell::default(),
            tab,
        };
        page.call(
            "Emulation.setFocusEmulationEnabled",
            json!({ "enabled": true }),
        )
        .await;
        page.set_window(Window::DESKTOP).await;
        page.open("/").await;
        page
    }

    /// Opens a path of the site, as if it were typed into the address bar.
    pub async fn open(&self, path: &str) {
        let url = format!("{}{path}", self.origin);
        self.until_loaded(self.call("Page.navigate", json!({ "url": url })))
            .await;
    }

    /// Path and query of the address.
    pub async fn path(&self) -> String {
        self.evaluate("location.pathname + location.search").await
    }

    pub async fn title(&self) -> String {
        self.evaluate("document.title").await
    }

    /// All text that is shown or read out.
    pub async fn text(&self) -> String {
        self.evaluate("document.body.innerText").await
    }

    /// Fails unless the page shows each of these texts.
    pub async fn assert_shows(&self, texts: &[&str]) {
        let shown = self.text().await;
        for text in texts {
            assert!(shown.contains(text), "“{text}” is missing in:\n{shown}");
        }
    }

    /// Fails if the page shows this text.
    pub async fn assert_hides(&self, text: &str) {
        let shown = self.text().await;
        assert!(!shown.contains(text), "“{text}” should not be in:\n{shown}");
    }

    /// Names of the cookies that the browser would send along with this page's address.
    pub async fn cookies(&self) -> Vec<String> {
        let response = self.call("Network.getCookies", json!({})).await;
        let cookies = response["cookies"].as_array().expect("a list of cookies");
        let names = cookies.iter().filter_map(|cookie| cookie["name"].as_str());
        names.map(ToOwned::to_owned).collect()
    }

    /// Deletes all cookies, which signs the visitor out.
    pub async fn clear_cookies(&self) {
        self.call("Network.clearBrowserCookies", json!({})).await;
    }

    /// The site without JavaScript; what the tests themselves evaluate still works.
    pub async fn disable_scripts(&self) {
        self.call(
            "Emulation.setScriptExecutionDisabled",
            json!({ "value": true }),
        )
        .await;
    }

    /// An expression's value, or that of its promise.
    pub async fn evaluate<T: DeserializeOwned>(&self, expression: &str) -> T {
        let options =
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let response = self.call("Runtime.evaluate", options).await;
        assert!(
            response["exceptionDetails"].is_null(),
            "{expression}: {response:#}"
        );
        serde_json::from_value(response["result"]["value"].clone()).expect(expression)
    }

    /// A command of the browser by its name. The response stays JSON, so that additions of a newer browser are ignored.
    async fn call(&self, method: &'static str, parameters: Value) -> Value {
        let response = timeout(CALL_LIMIT, self.tab.execute(Call { method, parameters })).await;
        let response =
            response.unwrap_or_else(|_| panic!("{method}: no response after {CALL_LIMIT:?}"));
        response
            .unwrap_or_else(|error| panic!("{method}: {error}"))
            .result
    }
}

#[derive(Serialize)]
#[serde(transparent)]
struct Call {
    #[serde(skip)]
    method: &'static str,
    parameters: Value,
}

impl Method for Call {
    fn identifier(&self) -> MethodId {
        self.method.into()
    }
}

impl Command for Call {
    type Response = Value;
}
