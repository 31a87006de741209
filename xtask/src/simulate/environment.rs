//! What the site finds in its environment: App Service's own variables, and the settings of the Bicep.

use anyhow::{Result, bail};

use crate::entra_emulator::EntraEmulator;
use crate::infra::{self, SiteSetting};
use crate::workspace;

/// The name that the database server is known under to the machine.
pub(super) const DATABASE_HOST: &str = "database.example";

/// The Bicep's variables that count in zip mode with the default choices.
const VARIABLES: [&str; 3] = ["settings", "stopSettings", "zipSettings"];

/// What App Service says of the managed identity.
const IDENTITY: [&str; 2] = ["IDENTITY_ENDPOINT", "IDENTITY_HEADER"];

const SOME_ID: &str = "00000000-0000-0000-0000-000000000000";

/// What the site reaches from its machine.
pub(super) struct Surroundings<'a> {
    /// Where its identity's tokens come from.
    pub(super) emulator: &'a EntraEmulator,
    pub(super) database_port: u16,
}

impl Surroundings<'_> {
    /// Name and value of each variable of a site that listens on this port.
    ///
    /// # Errors
    /// When the Bicep sets something that has no value here.
    pub(super) fn variables(
        &self,
        settings: &[SiteSetting],
        port: u16,
    ) -> Result<Vec<(String, String)>> {
        let mut variables = self.of_the_platform(port);
        let in_use = settings
            .iter()
            .filter(|setting| VARIABLES.contains(&setting.variable.as_str()));
        for setting in in_use {
            let value = self.value(setting)?;
            variables.push((format!("APPSETTING_{}", setting.name), value.clone()));
            variables.push((setting.name.clone(), value));
        }
        Ok(variables)
    }

    fn of_the_platform(&self, port: u16) -> Vec<(String, String)> {
        let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        let port = port.to_string();
        let variables = [
            ("PATH", path),
            ("HOME", "/home"),
            ("PORT", &port),
            ("WEBSITE_SITE_NAME", "site"),
            ("WEBSITE_HOSTNAME", "site.example"),
            ("WEBSITE_INSTANCE_ID", "instance"),
            ("WEBSITE_SKU", "Basic"),
        ];
        let identity = IDENTITY.map(|name| (name, self.emulator.setting(name)));
        let variables = variables.into_iter().chain(identity);
        variables
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    fn value(&self, setting: &SiteSetting) -> Result<String> {
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
            "AZURE_MANAGED_IDENTITY_CLIENT_ID" => self.emulator.identity.clone(),
            "AZURE_TENANT_ID" => SOME_ID.to_owned(),
            "AZURE_POSTGRESQL_CONNECTIONSTRING" => self.connection_string()?,
            "AZURE_TOKEN_EXCHANGE_AUDIENCE" => "api://AzureADTokenExchange".to_owned(),
            "DATABASE_POOL_SIZE" => "15".to_owned(),
            "SESSION_SECRET_KEY" => workspace::random_key()?,
            name => bail!(
                "infra/web.bicep sets {name}, which has no value in xtask/src/simulate/environment.rs"
            ),
        })
    }

    /// The Bicep's own, for a server without a password, and the authority of our server.
    fn connection_string(&self) -> Result<String> {
        let template = infra::site_text("var passwordless = ")?;
        let port = format!("port={}", self.database_port);
        let filled = template
            .replace("${databaseName}", "postgres")
            .replace("${databaseHost}", DATABASE_HOST)
            .replace("${identityName}", "postgres")
            .replace("port=5432", &port);
        Ok(format!(
            "{filled} sslrootcert=/etc/ssl/certs/ca-certificates.crt"
        ))
    }
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
