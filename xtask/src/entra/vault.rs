//! The secret of a site in its key vault.

use anyhow::{Result, ensure};

use super::az::{Az, Refusal, refusal, text};

/// What the secret is called where no name is set.
pub(super) const SECRET_NAME: &str = "azure-client-secret";

/// Entra shows so many first letters of a secret, for telling one from the other.
const HINT_LETTERS: usize = 3;

/// A secret by its vault's name and its own.
pub(super) struct VaultSecret {
    pub(super) vault: String,
    pub(super) name: String,
}

impl VaultSecret {
    /// The first letters of what is kept.
    pub(super) fn hint(&self, az: &Az) -> Result<Option<String>> {
        let hint = az.find_one(&self.command("show", &["--query", "tags.hint"]))?;
        Ok(hint.and_then(|hint| hint.as_str().map(str::to_owned)))
    }

    pub(super) fn exists(&self, az: &Az) -> Result<bool> {
        let id = az.find_one(&self.command("show", &["--query", "id"]))?;
        Ok(id.is_some())
    }

    /// The version that is kept now.
    pub(super) fn version(&self, az: &Az) -> Result<String> {
        let id = az.call(&self.command("show", &["--query", "id"]))?;
        version_of(id.as_str().unwrap_or_default())
    }

    /// Puts a new version away, and says which. No other program can see the value.
    pub(super) fn write(&self, az: &Az, value: &str) -> Result<String> {
        let tag = format!("hint={}", hint_of(value));
        let set = self.command("set", &["--tags", &tag, "--value", "@-"]);
        let mut answer = az.call_with(&set, value);
        if matches!(&answer, Err(error) if refusal(error) == Some(Refusal::Deleted)) {
            az.call(&self.command("recover", &[]))?;
            answer = az.call_patiently(&set, value);
        }
        version_of(&text(&answer?, "id")?)
    }

    pub(super) fn delete(&self, az: &Az) -> Result<()> {
        az.call(&self.command("delete", &[])).map(drop)
    }

    fn command<'a>(&'a self, verb: &'a str, options: &[&'a str]) -> Vec<&'a str> {
        let secret = [
            "keyvault",
            "secret",
            verb,
            "--vault-name",
            &self.vault,
            "--name",
            &self.name,
        ];
        [&secret, options].concat()
    }
}

/// The first letters, as Entra shows them.
pub(super) fn hint_of(secret: &str) -> String {
    secret.chars().take(HINT_LETTERS).collect()
}

/// The last part of a version's address.
fn version_of(id: &str) -> Result<String> {
    let version = id.rsplit('/').next().unwrap_or_default();
    ensure!(
        !version.is_empty(),
        "the answer of az has no version of the secret"
    );
    Ok(version.to_owned())
}
