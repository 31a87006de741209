//! Warnings about environment variables that are mistaken for settings or read by the database driver.

use std::collections::BTreeSet;

use super::reader::Reader;

/// Variables of the tutorials with the settings that replace them.
const RENAMED: [(&str, &str); 4] = [
    ("SECRET_KEY", "SESSION_SECRET_KEY"),
    ("CLIENT_ID", "AZURE_CLIENT_ID"),
    ("TENANT_ID", "AZURE_TENANT_ID"),
    ("CLIENT_SECRET", "AZURE_CLIENT_SECRET"),
];

/// Variables that the database driver reads by itself, which cannot be prevented.
const READ_BY_DRIVER: [&str; 3] = ["PGOPTIONS", "PGSSLCERT", "PGSSLKEY"];

/// The variable of a connection string of type PostgreSQL in App Service's configuration begins with this.
const CONNECTION_STRING_PREFIX: &str = "POSTGRESQLCONNSTR_";

/// The names of all environment variables that have a value.
pub(super) fn names() -> BTreeSet<String> {
    std::env::vars_os()
        .filter(|(_, value)| !value.is_empty())
        .filter_map(|(name, _)| name.into_string().ok())
        .collect()
}

/// Warns of variables that have no effect, or one that is not expected.
pub(super) fn check(names: &BTreeSet<String>, reader: &mut Reader) {
    // The name `CLIENT_ID` alone may belong to another program.
    let tutorial = names.contains("CLIENT_ID") && names.contains("TENANT_ID");
    for (old, new) in RENAMED {
        let meant = old == "SECRET_KEY" || tutorial;
        if meant && names.contains(old) && !reader.is_set(new) {
            reader.warning(format!("{old} has no effect: set {new} instead"));
        }
    }
    let in_connection_strings = |name: &&String| name.starts_with(CONNECTION_STRING_PREFIX);
    for name in names.iter().filter(in_connection_strings) {
        reader.warning(format!(
            "{name} has no effect: set AZURE_POSTGRESQL_CONNECTIONSTRING as an app setting instead"
        ));
    }
    for name in READ_BY_DRIVER.iter().filter(|name| names.contains(**name)) {
        reader.warning(format!(
            "{name} is set and read by the database driver: unset it if that is not intended"
        ));
    }
}
