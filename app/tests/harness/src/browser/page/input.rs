//! Mouse and keyboard input.

use std::time::Duration;

use chromiumoxide::cdp::browser_protocol::fetch::EventRequestPaused;
use chromiumoxide::keys::get_key_definition;
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{Element, Page};

/// More presses of Tab than any page needs.
const MAX_TABS: usize = 40;

const RESPONSE_LIMIT: Duration = Duration::from_secs(20);

impl Page {
    /// Clicks a link that leads to another page.
    pub async fn follow(&self, link: &str) {
        let link = self.find("link", link).await;
        self.until_loaded(self.click(&link)).await;
    }

    /// Clicks a button that sends a form.
    pub async fn submit(&self, button: &str) {
        let button = self.find("button", button).await;
        self.until_loaded(self.click(&button)).await;
    }

    /// Replaces a field's text.
    pub async fn fill(&self, label: &str, text: &str) {
        let field = self.field(label).await;
        self.call_on(&field, "function () { this.focus(); this.select(); }")
            .await;
        self.call("Input.insertText", json!({ "text": text })).await;
    }

    /// Clicks a radio button.
    pub async fn choose(&self, name: &str) {
        let radio = self.find("radio", name).await;
        self.click(&radio).await;
        assert!(
            self.find("radio", name).await.is_checked(),
            "“{name}” was clicked"
        );
    }

    /// Clicks a button that sends a form to this address, and once more before the response has come.
    pub async fn submit_twice(&self, button: &str, address: &str) {
        let mut responses = self
            .tab
            .event_listener::<EventRequestPaused>()
            .await
            .expect("a listener");
        let held = json!({ "patterns": [{ "urlPattern": format!("*{address}"), "requestStage": "Response" }] });
        self.call("Fetch.enable", held).await;
        let (x, y) = self.center_of(&self.find("button", button).await).await;
        self.click_at(x, y).await;
        timeout(RESPONSE_LIMIT, responses.next())
            .await
            .expect("a response to the first form");
        self.until_loaded(async {
            self.click_at(x, y).await;
            timeout(RESPONSE_LIMIT, responses.next())
                .await
                .expect("a response to the second form");
            self.call("Fetch.disable", json!({})).await;
        })
        .await;
    }

    /// Scrolls to an element and clicks its centre.
    pub async fn click(&self, element: &Element) {
        let (x, y) = self.center_of(element).await;
        self.click_at(x, y).await;
    }

    async fn click_at(&self, x: f64, y: f64) {
        for (kind, button) in [
            ("mouseMoved", "none"),
            ("mousePressed", "left"),
            ("mouseReleased", "left"),
        ] {
            let event = json!({ "type": kind, "x": x, "y": y, "button": button, "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", event).await;
        }
    }

    /// Presses a key by its name, or types a single character.
    pub async fn press(&self, key: &str) {
        let definition = get_key_definition(key).unwrap_or_else(|| panic!("there is no key {key}"));
        let text = definition.text.or((key.len() == 1).then_some(key));
        let mut event = json!({
            "type": if text.is_some() { "keyDown" } else { "rawKeyDown" },
            "key": definition.key,
            "code": definition.code,
            "windowsVirtualKeyCode": definition.key_code,
        });
        if let Some(text) = text {
            event["text"] = text.into();
        }
        self.call("Input.dispatchKeyEvent", event.clone()).await;
        event["type"] = "keyUp".into();
        self.call("Input.dispatchKeyEvent", event).await;
    }

    /// Types text key by key.
    pub async fn type_keys(&self, text: &str) {
        for character in text.chars() {
            self.press(character.encode_utf8(&mut [0; 4])).await;
        }
    }

    /// Presses Tab until the element of this role and name has the focus.
    pub async fn tab_to(&self, role: &str, name: &str) {
        let mut passed = Vec::new();
        for _ in 0..MAX_TABS {
            self.press("Tab").await;
            let focused = self.focused().await;
            if focused.role == role && focused.name == name {
                return;
            }
            passed.push(format!("{} “{}”", focused.role, focused.name));
        }
        panic!("Tab never came to the {role} “{name}”, but to {passed:#?}");
    }

    async fn center_of(&self, element: &Element) -> (f64, f64) {
        let to_view =
            "function () { this.scrollIntoView({ block: 'center', behavior: 'instant' }); }";
        self.call_on(element, to_view).await;
        let node = json!({ "backendNodeId": element.node });
        let quads = self.call("DOM.getContentQuads", node).await;
        let corner = |index: usize| {
            quads["quads"][0][index]
                .as_f64()
                .expect("the element has a place")
        };
        (
            f64::midpoint(corner(0), corner(4)),
            f64::midpoint(corner(1), corner(5)),
        )
    }

    async fn call_on(&self, element: &Element, function: &str) -> Value {
        let node = json!({ "backendNodeId": element.node });
        let object = self.call("DOM.resolveNode", node).await;
        let call = json!({
            "objectId": object["object"]["objectId"],
            "functionDeclaration": function,
            "returnByValue": true,
        });
        self.call("Runtime.callFunctionOn", call).await
    }
}
