//! Elements of the accessibility tree.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;

use super::Page;

const FOCUS_LIMIT: Duration = Duration::from_secs(5);

/// An element in the accessibility tree.
#[derive(Debug)]
pub struct Element {
    /// The browser's number of the node.
    pub node: i64,
    pub role: String,
    pub name: String,
    /// Hints and messages that are tied to it.
    pub description: String,
    pub value: String,
    properties: Value,
}

impl Element {
    fn from_node(node: &Value) -> Self {
        let text = |field: &str| node[field]["value"].as_str().unwrap_or_default().to_owned();
        Self {
            node: node["backendDOMNodeId"]
                .as_i64()
                .expect("a node of the document"),
            role: text("role"),
            name: text("name"),
            description: text("description"),
            value: text("value"),
            properties: node["properties"].clone(),
        }
    }

    /// Whether it is marked as filled in wrongly.
    pub fn is_invalid(&self) -> bool {
        self.property("invalid") == "true"
    }

    pub fn is_checked(&self) -> bool {
        self.property("checked") == "true"
    }

    fn property(&self, name: &str) -> &Value {
        let properties = self
            .properties
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let property = properties.iter().find(|property| property["name"] == name);
        property.map_or(&Value::Null, |property| &property["value"]["value"])
    }
}

impl Page {
    /// Every element of this role, in the document's order.
    pub async fn find_all(&self, role: &str) -> Vec<Element> {
        self.query(json!({ "role": role })).await
    }

    /// The first element of this role and name.
    pub async fn find(&self, role: &str, name: &str) -> Element {
        let found = self
            .query(json!({ "role": role, "accessibleName": name }))
            .await;
        let Some(element) = found.into_iter().next() else {
            panic!("there is no {role} “{name}” in:\n{}", self.text().await);
        };
        element
    }

    /// The control with this label.
    pub async fn field(&self, label: &str) -> Element {
        let found = self.query(json!({ "accessibleName": label })).await;
        let mut fields = found.into_iter().filter(|element| is_field(&element.role));
        fields
            .next()
            .unwrap_or_else(|| panic!("there is no field “{label}”"))
    }

    /// The element that has the focus.
    pub async fn focused(&self) -> Element {
        let active = json!({ "expression": "document.activeElement" });
        let active = self.call("Runtime.evaluate", active).await;
        let options = json!({ "objectId": active["result"]["objectId"], "fetchRelatives": false });
        let tree = self.call("Accessibility.getPartialAXTree", options).await;
        Element::from_node(&tree["nodes"][0])
    }

    /// Waits until the focus is on an element of this role: a page that sets it does so when it is drawn.
    pub async fn until_focus_is_on(&self, role: &str) {
        let focus = async {
            while self.focused().await.role != role {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let waited = timeout(FOCUS_LIMIT, focus).await;
        assert!(waited.is_ok(), "the focus is on {:?}", self.focused().await);
    }

    async fn query(&self, mut query: Value) -> Vec<Element> {
        let document = self.call("DOM.getDocument", json!({ "depth": 0 })).await;
        query["nodeId"] = document["root"]["nodeId"].clone();
        let found = self.call("Accessibility.queryAXTree", query).await;
        let nodes = found["nodes"].as_array().expect("a list of nodes");
        let perceivable = nodes.iter().filter(|node| node["ignored"] == false);
        perceivable.map(Element::from_node).collect()
    }
}

fn is_field(role: &str) -> bool {
    matches!(role, "textbox" | "searchbox" | "radiogroup")
}
