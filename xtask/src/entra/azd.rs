//! The environment of `azd`: where the site is, and what the next deployment is told.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use duct::cmd;

use crate::{programs, workspace};

/// The values of the selected environment.
pub(super) struct Environment(BTreeMap<String, String>);

impl Environment {
    /// `None` where azd is not installed or no environment is selected.
    pub(super) fn selected() -> Result<Option<Self>> {
        let Some(program) = programs::find("azd") else {
            return Ok(None);
        };
        let get = cmd!(program, "env", "get-values", "--output", "json").dir(workspace::root());
        let output = get
            .stdin_null()
            .stdout_capture()
            .stderr_null()
            .unchecked()
            .run()
            .context("cannot start azd")?;
        if !output.status.success() {
            return Ok(None);
        }
        let values = serde_json::from_slice(&output.stdout)
            .context("cannot read the answer of `azd env get-values`")?;
        Ok(Some(Self(values)))
    }

    /// A value that is there and not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    /// A value that a deployment leaves behind.
    pub(super) fn output(&self, name: &str) -> Result<String> {
        let value = self.get(name).map(str::to_owned);
        value.with_context(|| {
            let environment = self.get("AZURE_ENV_NAME").unwrap_or("selected");
            format!("the azd environment {environment} has no {name}: run `azd provision` first, or prepare this machine alone with --home")
        })
    }
}

/// Sets a value for the next deployment. It must be no secret.
pub(super) fn set(name: &str, value: &str) -> Result<()> {
    let Some(program) = programs::find("azd") else {
        bail!("azd is not installed: https://aka.ms/azd");
    };
    let set = cmd!(program, "env", "set", name, value).dir(workspace::root());
    let output = set
        .stdin_null()
        .stdout_null()
        .stderr_capture()
        .unchecked()
        .run()?;
    let message = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "`azd env set {name}`: {}",
        message.trim()
    );
    Ok(())
}
