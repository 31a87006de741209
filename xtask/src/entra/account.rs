//! The tenant, user and cloud that `az` is signed in to.

use anyhow::{Result, bail};

use crate::azure::{az, text};

pub(super) struct Account {
    pub(super) tenant_id: String,
    pub(super) user: String,
    pub(super) is_public_cloud: bool,
    /// Origin of the sign-in service.
    pub(super) authority: String,
    /// Origin of Microsoft Graph.
    pub(super) graph: String,
}

impl Account {
    /// # Errors
    /// When nobody is signed in, or in a tenant other than the requested one.
    pub(super) fn read(tenant: Option<&str>) -> Result<Self> {
        let account = az("account show", &[])?;
        let tenant_id = text(&account, "tenantId")?;
        if let Some(wanted) = tenant.filter(|wanted| !wanted.eq_ignore_ascii_case(&tenant_id)) {
            bail!(
                "az is signed in to the tenant {tenant_id}, not {wanted}: run `az login --tenant {wanted} --allow-no-subscriptions`"
            );
        }
        let cloud = az("cloud show", &[])?;
        let name = text(&cloud, "name")?;
        let origin = |field: &str| {
            text(&cloud["endpoints"], field).map(|origin| origin.trim_end_matches('/').to_owned())
        };
        // az still has the older host for China; tokens are issued by the newer one.
        let authority = match name.as_str() {
            "AzureChinaCloud" => "https://login.partner.microsoftonline.cn".to_owned(),
            _ => origin("activeDirectory")?,
        };
        Ok(Self {
            tenant_id,
            user: text(&account["user"], "name")?,
            is_public_cloud: name == "AzureCloud",
            authority,
            graph: origin("microsoftGraphResourceId")?,
        })
    }
}
