//! The settings that the site's Bicep writes, held against those that the app reads.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result};

use crate::checks::Outcome;
use crate::process::Supervisor;
use crate::workspace;

const SITE: &str = "infra/web.bicep";

/// Lists every setting of the app, which a test of the app sees to.
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

/// A line of a variable of the Bicep that sets a setting.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SiteSetting {
    /// The Bicep's variable, which says when it is set.
    pub(crate) variable: String,
    pub(crate) name: String,
    /// The expression, as it stands there.
    pub(crate) value: String,
}

pub(super) fn check(_supervisor: &Supervisor) -> Result<Outcome> {
    let unknown = unknown_settings()?;
    for setting in &unknown {
        println!("{SITE}: {setting} is neither in {SAMPLE} nor a setting of App Service");
    }
    Ok(unknown.is_empty().into())
}

/// Every setting that the Bicep may set, in its order.
pub(crate) fn site_settings() -> Result<Vec<SiteSetting>> {
    let settings = parse(&read(SITE)?);
    anyhow::ensure!(!settings.is_empty(), "{SITE} sets no setting");
    Ok(settings)
}

/// The text literal that stands after this in the Bicep.
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

/// The names of the settings that the app reads.
fn of_the_app() -> Result<BTreeSet<String>> {
    let sample = read(SAMPLE)?;
    let names = sample
        .lines()
        .filter_map(|line| line.strip_prefix('#')?.split_once('='));
    Ok(names.map(|(name, _)| name.to_owned()).collect())
}

/// The settings that the Bicep sets and nobody reads.
pub(crate) fn unknown_settings() -> Result<Vec<String>> {
    let known = of_the_app()?;
    let names = site_settings()?.into_iter().map(|setting| setting.name);
    let is_known = |name: &String| known.contains(name) || PLATFORM.contains(&name.as_str());
    Ok(names.filter(|name| !is_known(name)).collect())
}

fn read(path: &str) -> Result<String> {
    fs::read_to_string(workspace::root().join(path)).with_context(|| format!("cannot read {path}"))
}

/// Takes what looks like `NAME: value` out of the variables, be they written in one line or in several.
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
    use super::{SiteSetting, parse, read, site_settings, unknown_settings};

    /// Characters of a GUID.
    const GUID: usize = 36;

    /// The app rejects shorter keys.
    const SHORTEST_KEY: usize = 32;

    #[test]
    fn the_bicep_sets_nothing_that_nobody_reads() {
        assert_eq!(unknown_settings().unwrap(), Vec::<String>::new());
    }

    #[test]
    fn the_bicep_names_the_database() {
        let settings = site_settings().unwrap();
        let names: Vec<_> = settings
            .iter()
            .map(|setting| setting.name.as_str())
            .collect();
        assert!(
            names.contains(&"AZURE_POSTGRESQL_CONNECTIONSTRING"),
            "{names:?}"
        );
    }

    #[test]
    fn the_session_key_of_the_bicep_is_random_and_long_enough() {
        let bicep = read("infra/session-key.bicep").unwrap();
        assert!(GUID * bicep.matches(" string = newGuid()").count() >= 2 * SHORTEST_KEY);
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
