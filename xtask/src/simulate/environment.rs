//! What the site finds in its environment: App Service's own variables, and the settings of the Bicep.

use anyhow::{Result, bail};

use crate::infra::SiteSetting;
use crate::postgres::PostgresServer;

/// The name that the database server is known under to the machine.
pub(super) const DATABASE_HOST: &str = "database.example";

/// The Bicep's variables that count in zip mode with the default choices.
const VARIABLES: [&str; 3] = ["settings", "stopSettings", "zipSettings"];

const SOME_ID: &str = "00000000-0000-0000-0000-000000000000";

/// Name and value of each, as `NAME=VALUE`.
///
/// # Errors
/// When the Bicep sets something that has no value here.
pub(super) fn variables(
    settings: &[SiteSetting],
    server: &PostgresServer,
    port: u16,
) -> Result<Vec<String>> {
    let mut variables = of_the_platform(port);
    let in_use = settings
        .iter()
        .filter(|setting| VARIABLES.contains(&setting.variable.as_str()));
    for setting in in_use {
        let value = value(setting, server)?;
        variables.push(format!("{}={value}", setting.name));
        variables.push(format!("APPSETTING_{}={value}", setting.name));
    }
    Ok(variables)
}

fn of_the_platform(port: u16) -> Vec<String> {
    let variables = [
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME=/home",
        "WEBSITE_SITE_NAME=site",
        "WEBSITE_HOSTNAME=site.example",
        "WEBSITE_INSTANCE_ID=instance",
        "WEBSITE_SKU=Basic",
    ];
    let variables = variables.into_iter().map(str::to_owned);
    variables.chain([format!("PORT={port}")]).collect()
}

fn value(setting: &SiteSetting, server: &PostgresServer) -> Result<String> {
    if let Some(literal) = literal(&setting.value) {
        return Ok(literal.to_owned());
    }
    Ok(match setting.name.as_str() {
        // Nobody listens there: telemetry is lost, and the site must not mind.
        "APPLICATIONINSIGHTS_CONNECTION_STRING" => {
            format!("InstrumentationKey={SOME_ID};IngestionEndpoint=http://127.0.0.1:9/")
        }
        "AZURE_AUTHORITY_HOST" => "https://login.microsoftonline.com".to_owned(),
        "AZURE_GRAPH_URL" => "https://graph.microsoft.com".to_owned(),
        "AZURE_MANAGED_IDENTITY_CLIENT_ID" | "AZURE_TENANT_ID" => SOME_ID.to_owned(),
        "AZURE_POSTGRESQL_CONNECTIONSTRING" => connection_string(server),
        "AZURE_TOKEN_EXCHANGE_AUDIENCE" => "api://AzureADTokenExchange".to_owned(),
        "DATABASE_POOL_SIZE" => "15".to_owned(),
        "SESSION_SECRET_KEY" => format!("{:016x}{:016x}", getrandom::u64()?, getrandom::u64()?),
        name => bail!(
            "infra/web.bicep sets {name}, which has no value in xtask/src/simulate/environment.rs"
        ),
    })
}

/// As the Bicep writes it for a server with a password, and with the authority of our own server.
fn connection_string(server: &PostgresServer) -> String {
    format!(
        "dbname=postgres host={DATABASE_HOST} port={} sslmode=verify-full user=postgres password='{}' \
         sslrootcert=/etc/ssl/certs/ca-certificates.crt",
        server.port(),
        server.password()
    )
}

/// The text of a Bicep literal that holds nothing computed.
fn literal(value: &str) -> Option<&str> {
    let text = value.strip_prefix('\'')?.strip_suffix('\'')?;
    (!text.contains("${")).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::literal;

    #[test]
    fn only_a_literal_is_taken_as_it_is() {
        assert_eq!(literal("'20s'"), Some("20s"));
        assert_eq!(literal("'${secret}${name})'"), None);
        assert_eq!(literal("string(databasePoolSize)"), None);
    }
}
