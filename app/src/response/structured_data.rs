//! Structured data (JSON-LD, schema.org) for search engines: JSON inside a `script` element, which browsers do not execute.

use serde_json::Value;

/// The characters that could end the element or begin other markup. In JSON they occur within strings only.
const ESCAPED: [(char, &str); 6] = [
    ('<', r"\u003c"),
    ('>', r"\u003e"),
    ('&', r"\u0026"),
    ('\'', r"\u0027"),
    ('\u{2028}', r"\u2028"),
    ('\u{2029}', r"\u2029"),
];

/// The content of a `script` element of the type `application/ld+json`.
pub(super) fn to_script(data: &Value) -> String {
    let json = data.to_string();
    ESCAPED.iter().fold(json, |json, (character, escape)| {
        json.replace(*character, escape)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_text_ends_the_element_and_every_text_is_kept() {
        let text = "</script><!-- 'x' & \"y\" \u{2028}\u{2029} \\u003c";
        let data = json!({ "name": text });
        let script = to_script(&data);
        assert!(!script.contains(['<', '>', '&', '\'', '\u{2028}', '\u{2029}']));
        assert_eq!(serde_json::from_str::<Value>(&script).unwrap(), data);
    }
}
