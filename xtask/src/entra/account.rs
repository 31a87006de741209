//! Who is signed in at `az`, and in which cloud.

use anyhow::{Result, bail};
use serde_json::Value;

use super::az::{Az, text};

/// What `az` works with.
pub(super) struct Account {
    pub(super) tenant_id: String,
    pub(super) user: String,
    pub(super) cloud: Cloud,
}

/// What differs between the clouds.
pub(super) struct Cloud {
    pub(super) is_public: bool,
    /// Origin of the sign-in service.
    pub(super) authority: String,
    /// Origin of Microsoft Graph.
    pub(super) graph: String,
}

impl Account {
    /// # Errors
    /// When nobody is signed in, or in another tenant than the one asked for.
    pub(super) fn read(az: &Az, tenant: Option<&str>) -> Result<Self> {
        let account = az.call(&["account", "show"])?;
        let tenant_id = text(&account, "tenantId")?;
        if let Some(wanted) = tenant.filter(|wanted| !wanted.eq_ignore_ascii_case(&tenant_id)) {
            bail!(
                "az works in the tenant {tenant_id}, not in {wanted}: run `{}`",
                way_into(az, wanted)?
            );
        }
        Ok(Self {
            tenant_id,
            user: text(&account["user"], "name")?,
            cloud: Cloud::read(&az.call(&["cloud", "show"])?)?,
        })
    }
}

impl Cloud {
    fn read(cloud: &Value) -> Result<Self> {
        let name = text(cloud, "name")?;
        let origin = |field: &str| {
            text(&cloud["endpoints"], field).map(|origin| origin.trim_end_matches('/').to_owned())
        };
        // az still names the older host there; tokens come from the newer one.
        let authority = match name.as_str() {
            "AzureChinaCloud" => "https://login.partner.microsoftonline.cn".to_owned(),
            _ => origin("activeDirectory")?,
        };
        Ok(Self {
            is_public: name == "AzureCloud",
            authority,
            graph: origin("microsoftGraphResourceId")?,
        })
    }
}

/// The command after which az works in this tenant.
fn way_into(az: &Az, tenant: &str) -> Result<String> {
    let accounts = az.call(&["account", "list"])?;
    let accounts = accounts.as_array().map_or(&[][..], Vec::as_slice);
    let known = accounts
        .iter()
        .find(|account| account["tenantId"].as_str() == Some(tenant));
    let subscription = known.and_then(|account| account["id"].as_str());
    Ok(match subscription {
        Some(id) => format!("az account set --subscription {id}"),
        None => format!("az login --tenant {tenant} --allow-no-subscriptions"),
    })
}
