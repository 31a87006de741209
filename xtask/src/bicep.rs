//! App settings in the site's Bicep.

use anyhow::{Context, Result};

use crate::workspace::{read, regex};

const SITE: &str = "infra/web.bicep";

/// An app setting in a variable of the Bicep.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SiteSetting {
    /// The Bicep variable.
    pub(crate) variable: String,
    pub(crate) name: String,
    /// The Bicep expression.
    pub(crate) value: String,
}

/// Every app setting in the Bicep, in its order.
pub(crate) fn site_settings() -> Result<Vec<SiteSetting>> {
    let settings = parse(&read(SITE)?);
    anyhow::ensure!(!settings.is_empty(), "{SITE} sets no setting");
    Ok(settings)
}

/// The string literal after this text in the Bicep.
pub(crate) fn site_text(after: &str) -> Result<String> {
    let (literal, bicep) = (regex(&format!("(?m)^ *{after}'(.*)'$")), read(SITE)?);
    let text = literal.captures(&bicep);
    let text = text.with_context(|| format!("{SITE} has no `{after}`"))?;
    Ok(text[1].to_owned())
}

/// Finds `NAME: value` in variables, on one line or on several.
fn parse(bicep: &str) -> Vec<SiteSetting> {
    let variables = regex(r"(?m)^var (\w+) =(.*(?:\n[ }].*)*)");
    let entries = regex(r"(?m)(?:^ *|\{ )([A-Z][A-Z0-9_]*): (.*?)(?: \})?$");
    let mut settings = Vec::new();
    for (_, [variable, body]) in variables.captures_iter(bicep).map(|found| found.extract()) {
        let found = entries.captures_iter(body).map(|found| found.extract());
        settings.extend(found.map(|(_, [name, value])| SiteSetting {
            variable: variable.to_owned(),
            name: name.to_owned(),
            value: value.to_owned(),
        }));
    }
    settings
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{SiteSetting, parse, read, site_settings};

    /// Characters of a GUID.
    const GUID_LENGTH: usize = 36;

    /// The app rejects shorter keys.
    const MIN_KEY_LENGTH: usize = 32;

    /// Settings that App Service itself reads
    /// (<https://learn.microsoft.com/azure/app-service/reference-app-settings>).
    const PLATFORM: [&str; 5] = [
        "ENABLE_ORYX_BUILD",
        "SCM_DO_BUILD_DURING_DEPLOYMENT",
        "WEBSITES_CONTAINER_STOP_TIME_LIMIT",
        "WEBSITES_ENABLE_APP_SERVICE_STORAGE",
        "WEBSITES_PORT",
    ];

    #[test]
    fn the_app_or_app_service_reads_every_setting_of_the_bicep() {
        // It lists every setting of the app, as a test of the app ensures.
        let sample = read(".env.sample").unwrap();
        for SiteSetting { name, .. } in site_settings().unwrap() {
            let is_read =
                PLATFORM.contains(&name.as_str()) || sample.contains(&format!("\n#{name}="));
            assert!(is_read, "{name}");
        }
    }

    #[test]
    fn the_session_key_of_the_bicep_is_random_and_long_enough() {
        let bicep = read("infra/session-key.bicep").unwrap();
        let length = GUID_LENGTH * bicep.matches(" string = newGuid()").count();
        assert!(length >= 2 * MIN_KEY_LENGTH, "{length} characters");
        assert!(bicep.contains("value: '${firstHalf}${secondHalf}'"));
    }

    /// The size of a pool as in the Bicep, from the connections of the server.
    fn pool_size(connections: i64, instances: i64, replicas: i64) -> i64 {
        ((connections - 5) / (instances * 2) - replicas).clamp(1, 20)
    }

    #[test]
    fn the_pools_of_all_instances_never_exhaust_the_server() {
        let formula = "var databasePoolSize = max(1, min(20, (databaseSize.connections - 5) / (mostInstances * 2) - databaseReadReplicas))";
        let bicep = read("infra/main.bicep").unwrap();
        assert!(
            bicep.contains(formula),
            "the formula has changed: change this test"
        );
        let sizes = read("infra/database-sizes.json").unwrap();
        let sizes: BTreeMap<String, serde_json::Value> = serde_json::from_str(&sizes).unwrap();
        for (name, size) in sizes {
            let connections = size["connections"].as_i64().unwrap();
            let most_replicas = if size["tier"] == "Burstable" { 0 } else { 2 };
            for (instances, replicas) in (1..=10).flat_map(|instances| {
                (0..=most_replicas).map(move |replicas| (instances, replicas))
            }) {
                let used = 2 * instances * (pool_size(connections, instances, replicas) + replicas);
                assert!(
                    used + 5 <= connections,
                    "{name}, {instances} instances, {replicas} replicas"
                );
            }
        }
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
