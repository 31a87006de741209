//! The accounts that may sign in at a tenant segment of the path.

use crate::error::EntraError;
use crate::people::PERSONAL_TENANT_ID;
use crate::people::Person;
use crate::provider::Provider;

/// The first segment of Entra's paths.
pub(super) enum Audience {
    /// One tenant, by its id.
    Tenant(String),
    /// Work and school accounts of any tenant.
    Organizations,
    /// Any account.
    Common,
}

impl Audience {
    /// A tenant is known if a person belongs to it; `consumers` means the tenant of personal accounts.
    pub(super) fn of(provider: &Provider, segment: &str) -> Result<Self, EntraError> {
        match segment {
            "organizations" => return Ok(Self::Organizations),
            "common" => return Ok(Self::Common),
            "consumers" => return Ok(Self::Tenant(PERSONAL_TENANT_ID.to_owned())),
            _ => {}
        }
        let sought = segment.to_ascii_lowercase();
        let people = &provider.state().people;
        if people.iter().any(|person| person.tenant_id == sought) {
            return Ok(Self::Tenant(sought));
        }
        let text = format!("Tenant '{segment}' not found. Check that the tenant ID is correct.");
        Err(EntraError::new("invalid_tenant", 90002, text))
    }

    /// The tenant in the metadata's issuer; a placeholder where accounts of several tenants sign in.
    pub(super) fn issuer_tenant(&self) -> &str {
        match self {
            Self::Tenant(tenant_id) => tenant_id,
            Self::Organizations | Self::Common => "{tenantid}",
        }
    }

    /// Whether the person may sign in.
    pub(super) fn admits(&self, person: &Person) -> bool {
        match self {
            Self::Tenant(tenant_id) => *tenant_id == person.tenant_id,
            Self::Organizations => person.tenant_id != PERSONAL_TENANT_ID,
            Self::Common => true,
        }
    }
}
