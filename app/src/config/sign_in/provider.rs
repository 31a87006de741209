//! The identity provider, and Microsoft Graph beside it.

use super::NEEDED;
use super::settings::SignInSettings;
use super::tenants::{AllowedTenants, parse_tenant, stands_for_many};
use crate::config::base_url::BaseUrl;
use crate::config::reader::{Reader, is_set};

const PUBLIC_AUTHORITY: &str = "https://login.microsoftonline.com";
const PUBLIC_GRAPH: &str = "https://graph.microsoft.com";

/// Who signs people in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderConfig {
    pub authority_host: BaseUrl,
    pub graph_url: BaseUrl,
    /// An ID or a domain, or `organizations`, `common`, `consumers`.
    pub tenant: String,
    pub allowed_tenants: AllowedTenants,
}

impl ProviderConfig {
    /// `None` if a setting is missing or wrong, which is then a problem.
    pub(super) fn read(settings: &SignInSettings, reader: &mut Reader) -> Option<Self> {
        let authority = settings.azure_authority_host.as_deref();
        let graph = settings.azure_graph_url.as_deref();
        if is_set(authority) && !is_set(graph) && authority != Some(PUBLIC_AUTHORITY) {
            reader.warning("AZURE_GRAPH_URL is not set: the public cloud's Graph is asked, although AZURE_AUTHORITY_HOST is set".to_owned());
        }
        let authority_host = service("AZURE_AUTHORITY_HOST", authority, PUBLIC_AUTHORITY, reader);
        let graph_url = service("AZURE_GRAPH_URL", graph, PUBLIC_GRAPH, reader);
        let tenant = reader.require(
            "AZURE_TENANT_ID",
            settings.azure_tenant_id.as_deref(),
            NEEDED,
            parse_tenant,
        );
        let allowed_tenants = allowed_tenants(settings, tenant.as_deref(), reader);
        Some(Self {
            authority_host: authority_host?,
            graph_url: graph_url?,
            tenant: tenant?,
            allowed_tenants: allowed_tenants?,
        })
    }
}

fn service(name: &str, value: Option<&str>, default: &str, reader: &mut Reader) -> Option<BaseUrl> {
    let value = if is_set(value) { value } else { Some(default) };
    reader.parse(name, value, BaseUrl::parse_service)
}

fn allowed_tenants(
    settings: &SignInSettings,
    tenant: Option<&str>,
    reader: &mut Reader,
) -> Option<AllowedTenants> {
    const NAME: &str = "AZURE_ALLOWED_TENANTS";
    let value = settings.azure_allowed_tenants.as_deref();
    if tenant.is_some_and(stands_for_many) {
        let reason = "AZURE_TENANT_ID stands for many tenants; write * to let in people of any";
        return reader.require(NAME, value, reason, AllowedTenants::parse);
    }
    let usable = reader.parse(NAME, value, AllowedTenants::parse).is_some();
    if usable && tenant.is_some() {
        reader.warning(format!(
            "{NAME} ignored: AZURE_TENANT_ID lets in people of one tenant only"
        ));
    }
    Some(AllowedTenants::Own)
}
