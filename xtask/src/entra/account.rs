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
            let command = switch_command(wanted)?;
            bail!("az is signed in to the tenant {tenant_id}, not {wanted}: run `{command}`");
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

/// The command that makes `az` use this tenant.
fn switch_command(tenant: &str) -> Result<String> {
    let accounts = az("account list", &[])?;
    let mut accounts = accounts.as_array().into_iter().flatten();
    let known = accounts.find(|account| account["tenantId"] == tenant);
    Ok(match known.and_then(|account| account["id"].as_str()) {
        Some(id) => format!("az account set --subscription {id}"),
        None => format!("az login --tenant {tenant} --allow-no-subscriptions"),
    })
}
