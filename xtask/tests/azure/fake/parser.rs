//! The arguments of `az`, against what its own parser accepts (`accepted_calls.json`, made by `accepted_calls.py`).

use std::collections::HashMap;

use serde_json::{Value, json};

const ACCEPTED: &str = include_str!("accepted_calls.json");

/// A command and its options under their first names.
pub(super) struct Call {
    pub(super) command: String,
    options: HashMap<String, Vec<String>>,
}

impl Call {
    /// An option's only value; empty without one.
    pub(super) fn one(&self, name: &str) -> &str {
        self.options
            .get(name)
            .and_then(|values| values.first())
            .map_or("", String::as_str)
    }

    /// Whether this is in the command, or in the address of `az rest`.
    pub(super) fn is_about(&self, part: &Value) -> bool {
        let part = part.as_str().unwrap_or_default();
        let request = format!("{} {}", self.one("--method"), self.one("--url"));
        self.command == part || request.contains(part)
    }

    pub(super) fn many(&self, name: &str) -> Option<&Vec<String>> {
        self.options.get(name)
    }

    pub(super) fn json(&self, name: &str) -> Option<Value> {
        serde_json::from_str(self.many(name)?.first()?).ok()
    }
}

/// Exit code 2, as from `az`, for what its parser would refuse.
pub(super) fn parse(arguments: &[String], input: &str) -> Result<Call, (u8, String)> {
    let accepted: Value = serde_json::from_str(ACCEPTED).map_err(|error| (2, error.to_string()))?;
    let words = arguments.iter().take_while(|word| !word.starts_with('-'));
    let command = words.cloned().collect::<Vec<_>>().join(" ");
    let mut known = accepted["commands"][&command]
        .as_array()
        .cloned()
        .ok_or_else(|| (2, format!("'{command}' is misspelled or not recognized")))?;
    known.extend([
        json!({ "names": ["--only-show-errors"], "values": "none" }),
        json!({ "names": ["--output", "-o"], "values": "one", "choices": ["json"] }),
        json!({ "names": ["--query"], "values": "one" }),
    ]);
    let options = options(arguments, &known, input)?;
    for option in known.iter().filter(|option| option["required"] == true) {
        let name = first_name(option);
        if !options.contains_key(&name) {
            return Err((2, format!("the following arguments are required: {name}")));
        }
    }
    Ok(Call { command, options })
}

fn options(
    arguments: &[String],
    known: &[Value],
    input: &str,
) -> Result<HashMap<String, Vec<String>>, (u8, String)> {
    let mut options: HashMap<String, Vec<String>> = HashMap::new();
    let mut current = None;
    for argument in arguments.iter().skip_while(|word| !word.starts_with('-')) {
        if argument.starts_with("--") {
            let is_named = |option: &&Value| {
                option["names"]
                    .as_array()
                    .is_some_and(|names| names.contains(&json!(argument)))
            };
            let option = known
                .iter()
                .find(is_named)
                .ok_or_else(|| (2, format!("unrecognized arguments: {argument}")))?;
            options.entry(first_name(option)).or_default();
            current = Some(option);
            continue;
        }
        let value = if argument == "@-" { input } else { argument };
        let option = current.ok_or_else(|| (2, format!("unrecognized arguments: {value}")))?;
        let values = options.entry(first_name(option)).or_default();
        let is_full =
            option["values"] == "none" || (option["values"] == "one" && !values.is_empty());
        let choices = option["choices"]
            .as_array()
            .filter(|choices| !choices.is_empty());
        if is_full || choices.is_some_and(|choices| !choices.contains(&json!(value))) {
            return Err((
                2,
                format!("{}: unrecognized value {value}", first_name(option)),
            ));
        }
        values.push(value.to_owned());
    }
    Ok(options)
}

fn first_name(option: &Value) -> String {
    option["names"][0].as_str().unwrap_or_default().to_owned()
}
