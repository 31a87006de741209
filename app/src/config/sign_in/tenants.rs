//! The tenant that people sign in to, and the tenants they may come from.

use std::collections::BTreeSet;

/// The names that stand for many tenants.
const MANY: [&str; 3] = ["organizations", "common", "consumers"];

/// Which tenants' people may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedTenants {
    /// Only those of the configured tenant.
    Own,
    /// Those of any tenant.
    Any,
    /// Those of the tenants with these IDs, in lower case.
    Listed(BTreeSet<String>),
}

impl AllowedTenants {
    /// Parses `*`, or IDs separated by commas.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let ids = text.split(',').map(|id| id.trim().to_ascii_lowercase());
        ids.map(|id| is_guid(&id).then_some(id)).collect::<Option<_>>().map(Self::Listed).ok_or_else(|| {
            "write tenant IDs such as 11111111-2222-3333-4444-555555555555, separated by commas, or * for any".to_owned()
        })
    }
}

/// Accepts what may stand in a path: an ID, a domain, or one of the names for many tenants.
pub(super) fn parse_tenant(text: &str) -> Result<String, String> {
    let in_tenant = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
    if text.bytes().all(in_tenant) && !text.starts_with('.') {
        Ok(text.to_owned())
    } else {
        Err("write a tenant ID, a domain such as contoso.onmicrosoft.com, or organizations, common, consumers".to_owned())
    }
}

/// Whether people of many tenants sign in at this one.
pub(super) fn stands_for_many(tenant: &str) -> bool {
    MANY.iter().any(|name| name.eq_ignore_ascii_case(tenant))
}

fn is_guid(text: &str) -> bool {
    const LENGTHS: [usize; 5] = [8, 4, 4, 4, 12];
    let groups: Vec<_> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq(LENGTHS)
        && groups
            .iter()
            .all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
