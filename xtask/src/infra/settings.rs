//! App settings in the site's Bicep, compared with the settings that the app reads.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result};

use crate::checks::Outcome;
use crate::workspace;

const SITE: &str = "infra/web.bicep";

/// Lists every setting of the app, as a test of the app ensures.
const SAMPLE: &str = ".env.sample";

/// Settings that App Service itself reads
/// (<https://learn.microsoft.com/azure/app-service/reference-app-settings>).
const PLATFORM: [&str; 5] = [
    "ENABLE_ORYX_BUILD",
    "SCM_DO_BUILD_DURING_DEPLOYMENT",
    "WEBSITES_CONTAINER_STOP_TIME_LIMIT",
    "WEBSITES_ENABLE_APP_SERVICE_STORAGE",
    "WEBSITES_PORT",
];

/// An app setting in a variable of the Bicep.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SiteSetting {
    /// The Bicep variable.
    pub(crate) variable: String,
    pub(crate) name: String,
    /// The Bicep expression.
    pub(crate) value: String,
}

pub(super) fn check() -> Result<Outcome> {
    let unknown = unknown_settings()?;
    for setting in &unknown {
        println!("{SITE}: {setting} is neither in {SAMPLE} nor a setting of App Service");
    }
    Ok(unknown.is_empty().into())
}

/// Every app setting in the Bicep, in its order.
pub(crate) fn site_settings() -> Result<Vec<SiteSetting>> {
    let settings = parse(&read(SITE)?);
    anyhow::ensure!(!settings.is_empty(), "{SITE} sets no setting");
    Ok(settings)
}

/// The string literal after this text in the Bicep.
pub(crate) fn site_text(after: &str) -> Result<String> {
    let bicep = read(SITE)?;
    let text = bicep.lines().find_map(|line| {
        line.trim()
            .strip_prefix(after)?
            .strip_prefix('\'')?
            .strip_suffix('\'')
    });
    Ok(text
        .with_context(|| format!("{SITE} has no `{after}`"))?
        .to_owned())
}

/// Settings in the Bicep that neither the app nor App Service reads.
pub(crate) fn unknown_settings() -> Result<Vec<String>> {
    let sample = read(SAMPLE)?;
    let known = sample
        .lines()
        .filter_map(|line| line.strip_prefix('#')?.split_once('='));
    let known: BTreeSet<&str> = known.map(|(name, _)| name).collect();
    let names = site_settings()?.into_iter().map(|setting| setting.name);
    let is_known =
        |name: &String| known.contains(name.as_str()) || PLATFORM.contains(&name.as_str());
    Ok(names.filter(|name| !is_known(name)).collect())
}

fn read(path: &str) -> Result<String> {
    fs::read_to_string(workspace::root().join(path)).with_context(|| format!("cannot read {path}"))
}

/// Finds `NAME: value` in variables, on one line or on several.
fn parse(bicep: &str) -> Vec<SiteSetting> {
    let mut settings = Vec::new();
    let mut variable = "";
    for line in bicep.lines() {
        if let Some((name, _)) = line
            .strip_prefix("var ")
            .and_then(|line| line.split_once(" ="))
        {
            variable = name;
        } else if !line.starts_with([' ', '}']) {
            variable = "";
        }
        let entry = line.rsplit_once("{ ").map_or(line, |(_, entry)| entry);
        if let (false, Some((name, value))) = (variable.is_empty(), entry.trim().split_once(": "))
            && is_setting(name)
        {
            settings.push(SiteSetting {
                variable: variable.to_owned(),
                name: name.to_owned(),
                value: value.trim_end_matches(" }").to_owned(),
            });
        }
    }
    settings
}

fn is_setting(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::{SiteSetting, parse, read, unknown_settings};

    /// Characters of a GUID.
    const GUID_LENGTH: usize = 36;

    /// The app rejects shorter keys.
    const MIN_KEY_LENGTH: usize = 32;

    #[test]
    fn the_bicep_sets_no_unknown_setting() {
        assert_eq!(unknown_settings().unwrap(), Vec::<String>::new());
    }

    #[test]
    fn the_session_key_of_the_bicep_is_random_and_long_enough() {
        let bicep = read("infra/session-key.bicep").unwrap();
        let length = GUID_LENGTH * bicep.matches(" string = newGuid()").count();
        assert!(length >= 2 * MIN_KEY_LENGTH, "{length} characters");
        assert!(bicep.contains("value: '${firstHalf}${secondHalf}'"));
    }

    #[test]
    fn settings_are_read_from_one_line_and_from_several() {
        let bicep = "param x string\nvar a = {\n  PORT: port\n  lower: 1\n}\n\
            var b = empty(x) ? {} : { BASE_URL: 'https://a' }\nresource r 'T' = {\n  KEY: 1\n}\n";
        let setting = |variable: &str, name: &str, value: &str| SiteSetting {
            variable: variable.to_owned(),
            name: name.to_owned(),
            value: value.to_owned(),
        };
        let expected = [
            setting("a", "PORT", "port"),
            setting("b", "BASE_URL", "'https://a'"),
        ];
        assert_eq!(parse(bicep), expected);
    }
}
