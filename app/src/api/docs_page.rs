//! The page of the API's documentation: the OpenAPI document as its template shows it.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::response::View;

/// The OpenAPI document as its page shows it.
#[derive(Clone, Serialize)]
pub(super) struct DocsView {
    description: String,
    can_try: bool,
    operations: Vec<OperationView>,
    schemas: Vec<SchemaView>,
    security: Vec<SecurityView>,
}

#[derive(Clone, Serialize)]
struct OperationView {
    id: String,
    method: String,
    path: String,
    summary: String,
    description: String,
    needs_sign_in: bool,
    parameters: Vec<FieldView>,
    /// The component with the schema of the body.
    body: Option<String>,
    responses: Vec<ResponseView>,
    curl: String,
}

#[derive(Clone, Serialize)]
struct ResponseView {
    status: String,
    description: String,
    /// The component with the schema of the body.
    schema: Option<String>,
}

#[derive(Clone, Serialize)]
struct SchemaView {
    name: String,
    description: String,
    fields: Vec<FieldView>,
}

/// A parameter, or a member of an object.
#[derive(Clone, Serialize)]
struct FieldView {
    name: String,
    /// Where a parameter is: `path`, `query` or `header`.
    location: String,
    is_required: bool,
    kind: String,
    description: String,
}

#[derive(Clone, Serialize)]
struct SecurityView {
    name: String,
    description: String,
}

impl View for DocsView {
    const TEMPLATE: &'static str = "api/docs.html";

    fn title(&self) -> String {
        "API".to_owned()
    }
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn elements(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The name of the component that a schema, or the items of its list, refer to.
fn component_name(schema: &Value) -> Option<String> {
    let reference = schema["$ref"].as_str();
    let items = || schema["properties"]["items"]["items"]["$ref"].as_str();
    let name = reference.or_else(items)?.rsplit('/').next()?;
    Some(name.to_owned())
}

impl DocsView {
    pub(super) fn new(document: &Value, origin: &str) -> Self {
        let operations = members(&document["paths"]).flat_map(|(path, item)| {
            members(item)
                .map(move |(method, operation)| OperationView::new(origin, method, path, operation))
        });
        let components = &document["components"];
        Self {
            description: text(&document["info"], "description"),
            can_try: cfg!(feature = "swagger-ui"),
            operations: operations.collect(),
            schemas: members(&components["schemas"])
                .map(|(name, schema)| SchemaView::new(name, schema))
                .collect(),
            security: members(&components["securitySchemes"])
                .map(|(name, scheme)| SecurityView {
                    name: name.clone(),
                    description: text(scheme, "description"),
                })
                .collect(),
        }
    }
}

impl OperationView {
    fn new(origin: &str, method: &str, path: &str, operation: &Value) -> Self {
        let body = &operation["requestBody"]["content"]["application/json"];
        let responses = members(&operation["responses"]);
        let needs_sign_in = operation["security"].is_array();
        Self {
            id: text(operation, "operationId"),
            method: method.to_ascii_uppercase(),
            path: path.to_owned(),
            summary: text(operation, "summary"),
            description: text(operation, "description"),
            needs_sign_in,
            parameters: elements(&operation["parameters"])
                .map(FieldView::parameter)
                .collect(),
            body: component_name(&body["schema"]),
            responses: responses
                .map(|(status, response)| ResponseView::new(status, response))
                .collect(),
            curl: curl(&format!("{origin}{path}"), method, operation, needs_sign_in),
        }
    }
}

/// A `curl` command that calls the operation with its examples, for a POSIX shell.
fn curl(address: &str, method: &str, operation: &Value, needs_sign_in: bool) -> String {
    let mut address = address.to_owned();
    let mut lines = Vec::new();
    for parameter in elements(&operation["parameters"]) {
        let (name, example) = (text(parameter, "name"), &parameter["example"]);
        match (parameter["in"].as_str(), parameter["required"].as_bool()) {
            (Some("path"), _) => {
                address = address.replace(&format!("{{{name}}}"), &example.to_string());
            }
            (Some("header"), Some(true)) => {
                lines.push(format!(
                    "-H '{name}: {}'",
                    example.as_str().unwrap_or_default()
                ));
            }
            _ => {}
        }
    }
    if needs_sign_in {
        lines.push("-H \"Authorization: Bearer $TOKEN\"".to_owned());
    }
    let body = &operation["requestBody"]["content"]["application/json"]["example"];
    if !body.is_null() {
        let body = serde_json::to_string(body).unwrap_or_default();
        lines.push(format!("--json '{}'", body.replace('\'', "'\\''")));
    }
    let method = match method {
        "get" => String::new(),
        // What `--json` sends.
        "post" if !body.is_null() => String::new(),
        method => format!("-X {} ", method.to_ascii_uppercase()),
    };
    let first = format!("curl {method}'{address}'");
    std::iter::once(first)
        .chain(lines)
        .collect::<Vec<_>>()
        .join(" \\\n  ")
}

impl ResponseView {
    fn new(status: &str, response: &Value) -> Self {
        let content = members(&response["content"]).next();
        Self {
            status: status.to_owned(),
            description: text(response, "description"),
            schema: content.and_then(|(_, content)| component_name(&content["schema"])),
        }
    }
}

impl SchemaView {
    fn new(name: &str, schema: &Value) -> Self {
        let required: Vec<_> = elements(&schema["required"]).collect();
        Self {
            name: name.to_owned(),
            description: text(schema, "description"),
            fields: members(&schema["properties"])
                .map(|(name, member)| FieldView {
                    name: name.clone(),
                    location: String::new(),
                    is_required: required.iter().any(|required| *required == name),
                    kind: kind(member),
                    description: text(member, "description"),
                })
                .collect(),
        }
    }
}

impl FieldView {
    fn parameter(parameter: &Value) -> Self {
        Self {
            name: text(parameter, "name"),
            location: text(parameter, "in"),
            is_required: parameter["required"].as_bool().unwrap_or_default(),
            kind: kind(&parameter["schema"]),
            description: text(parameter, "description"),
        }
    }
}

/// The keywords of a schema's limits, and their unit.
const LIMITS: [(&str, &str, &str); 3] = [
    ("minimum", "maximum", ""),
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", " items"),
];

fn range(schema: &Value, (min, max, unit): &(&str, &str, &str)) -> Option<String> {
    match (&schema[*min], &schema[*max]) {
        (Value::Null, Value::Null) => None,
        (min, Value::Null) => Some(format!("{min} or more{unit}")),
        (Value::Null, max) => Some(format!("{max} or fewer{unit}")),
        (min, max) if min == max => Some(format!("{min}{unit}")),
        (min, max) => Some(format!("{min} to {max}{unit}")),
    }
}

/// Type and limits of a schema in words: "integer, 1 to 5".
fn kind(schema: &Value) -> String {
    let types = match &schema["type"] {
        Value::Array(types) => types
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join(" or "),
        other => other.as_str().unwrap_or("object").to_owned(),
    };
    let mut words = vec![types];
    if let Some(format) = schema["format"]
        .as_str()
        .filter(|format| format.starts_with("date"))
    {
        words.push(format.to_owned());
    }
    words.extend(LIMITS.iter().filter_map(|limit| range(schema, limit)));
    let options: Vec<_> = elements(&schema["enum"])
        .map(|option| {
            option
                .as_str()
                .map_or_else(|| option.to_string(), ToOwned::to_owned)
        })
        .collect();
    if !options.is_empty() {
        words.push(format!("one of {}", options.join(", ")));
    }
    if !schema["default"].is_null() {
        words.push(format!(
            "{} by default",
            schema["default"].to_string().trim_matches('"')
        ));
    }
    words.join(", ")
}

/// The page in tests.
#[cfg(test)]
pub(crate) fn samples() -> Vec<crate::response::samples::Sample> {
    use crate::response::samples::{HOSTILE, render_sample};
    use serde_json::json;

    let operation = json!({
        "operationId": "one", "summary": HOSTILE, "description": HOSTILE, "security": [{}],
        "parameters": [{ "name": "id", "in": "path", "required": true, "example": 1, "schema": { "type": "integer" } }],
        "requestBody": { "content": { "application/json": {
            "schema": { "$ref": "#/components/schemas/Row" }, "example": { "text": HOSTILE } } } },
        "responses": { "200": { "description": HOSTILE } },
    });
    let document = json!({
        "info": { "description": HOSTILE },
        "paths": { "/api/rows/{id}": { "put": operation } },
        "components": {
            "schemas": { "Row": { "type": "object", "properties": { "text": { "type": "string", "maxLength": 9 } } } },
            "securitySchemes": { "key": { "description": HOSTILE } },
        },
    });
    let empty = json!({ "info": {}, "paths": {} });
    vec![
        render_sample(&DocsView::new(&document, "https://example.com")),
        render_sample(&DocsView::new(&empty, "https://example.com")),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_curl_command_sends_the_examples_and_quotes_them_for_the_shell() {
        let operation = json!({
            "parameters": [
                { "name": "id", "in": "path", "example": 1 },
                { "name": "If-Match", "in": "header", "required": true, "example": "*" },
                { "name": "limit", "in": "query" },
            ],
            "requestBody": { "content": { "application/json": { "example": { "name": "Noor's" } } } },
        });
        let command = curl("https://example.com/api/rows/{id}", "put", &operation, true);
        let expected = "curl -X PUT 'https://example.com/api/rows/1' \\\n  -H 'If-Match: *' \\\n  \
            -H \"Authorization: Bearer $TOKEN\" \\\n  --json '{\"name\":\"Noor'\\''s\"}'";
        assert_eq!(command, expected);
    }

    #[test]
    fn a_schema_is_described_by_its_type_and_limits() {
        for (schema, expected) in [
            (
                json!({ "type": "integer", "minimum": 1, "maximum": 5 }),
                "integer, 1 to 5",
            ),
            (
                json!({ "type": "string", "minLength": 1, "maxLength": 50 }),
                "string, 1 to 50 characters",
            ),
            (
                json!({ "type": ["string", "null"], "format": "date-time" }),
                "string or null, date-time",
            ),
            (
                json!({ "type": "string", "enum": ["a", "b"], "default": "a" }),
                "string, one of a, b, a by default",
            ),
            (json!({ "$ref": "#/x" }), "object"),
        ] {
            assert_eq!(kind(&schema), expected);
        }
    }
}
