//! A fake tenant in a folder, and xtask run against it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

/// A tenant, an azd environment, and the `.env` file of a machine.
pub(crate) struct FakeAzure {
    folder: TempDir,
}

/// The result of a run.
pub(crate) struct Run {
    pub(crate) succeeded: bool,
    /// Standard output and standard error.
    pub(crate) text: String,
    /// The commands that changed something, without their values.
    pub(crate) changes: Vec<String>,
}

impl FakeAzure {
    /// A user is signed in at `az`; azd has no environment.
    pub(crate) fn at_home() -> Self {
        let azure = Self {
            folder: TempDir::new().unwrap(),
        };
        azure.install("az");
        azure.install("azd");
        azure.write(&json!({
            "signed_in": true, "tenant_id": "tenant-1", "applications": [],
            "cloud": { "name": "AzureCloud", "endpoints": {
                "activeDirectory": "https://login.microsoftonline.com",
                "microsoftGraphResourceId": "https://graph.microsoft.com/",
            } },
        }));
        azure
    }

    /// azd has deployed a site.
    pub(crate) fn with_site() -> Self {
        let azure = Self::at_home();
        azure.change(|tenant| {
            tenant["azd"] = json!({
                "AZURE_ENV_NAME": "dev", "AZURE_TENANT_ID": "tenant-1", "SERVICE_WEB_NAME": "app-1",
                "WEB_URI": "https://app-1.example.com", "AZURE_RESOURCE_GROUP": "group", "AZURE_KEY_VAULT_NAME": "vault",
                "AZURE_AUTHORITY_HOST": "https://login.microsoftonline.com",
                "AZURE_MANAGED_IDENTITY_PRINCIPAL_ID": "identity-1",
                "AZURE_TOKEN_EXCHANGE_AUDIENCE": "api://AzureADTokenExchange",
            });
        });
        azure
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        let mut xtask = Command::new(env!("CARGO_BIN_EXE_xtask"));
        xtask
            .arg("entra")
            .args(["--env-file".as_ref(), self.env_file().as_os_str()])
            .args(arguments);
        self.run_xtask(&mut xtask)
    }

    /// Runs a hook with the values of the azd environment.
    pub(crate) fn run_hook(&self, hook: &str) -> Run {
        let mut xtask = Command::new(env!("CARGO_BIN_EXE_xtask"));
        xtask.args(["hook", hook]);
        for (name, value) in self.tenant()["azd"].as_object().into_iter().flatten() {
            xtask.env(name, value.as_str().unwrap());
        }
        self.run_xtask(&mut xtask)
    }

    fn run_xtask(&self, xtask: &mut Command) -> Run {
        fs::remove_file(self.path("calls")).ok();
        let output = xtask
            .env("PATH", self.path("programs"))
            .env("FAKE_AZURE_FOLDER", self.folder.path())
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        Run {
            succeeded: output.status.success(),
            text: String::from_utf8(text).unwrap(),
            changes: self.changes(),
        }
    }

    /// Runs it and expects it to succeed.
    pub(crate) fn succeed(&self, arguments: &[&str]) -> Run {
        let run = self.run(arguments);
        assert!(run.succeeded, "{}", run.text);
        run
    }

    /// Runs it and expects it to fail.
    pub(crate) fn fail(&self, arguments: &[&str]) -> String {
        let run = self.run(arguments);
        assert!(!run.succeeded, "{}", run.text);
        run.text
    }

    pub(crate) fn tenant(&self) -> Value {
        serde_json::from_slice(&fs::read(self.path("tenant.json")).unwrap()).unwrap()
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Value)) {
        let mut tenant = self.tenant();
        change(&mut tenant);
        self.write(&tenant);
    }

    /// All calls with their values.
    pub(crate) fn calls(&self) -> String {
        fs::read_to_string(self.path("calls")).unwrap_or_default()
    }

    pub(crate) fn env_file(&self) -> PathBuf {
        self.path(".env")
    }

    pub(crate) fn env_text(&self) -> String {
        fs::read_to_string(self.env_file()).unwrap_or_default()
    }

    pub(crate) fn uninstall(&self, program: &str) {
        let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
        fs::remove_file(self.path("programs").join(name)).unwrap();
    }

    pub(crate) fn install(&self, program: &str) {
        let folder = self.path("programs");
        fs::create_dir_all(&folder).unwrap();
        let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
        let fake = fake_program();
        fs::hard_link(&fake, folder.join(&name))
            .or_else(|_| fs::copy(&fake, folder.join(&name)).map(drop))
            .unwrap();
    }

    fn changes(&self) -> Vec<String> {
        let calls = self.calls();
        let calls = calls
            .lines()
            .map(|line| -> Value { serde_json::from_str(line).unwrap() });
        calls.filter_map(|call| change_in(&call)).collect()
    }

    fn write(&self, tenant: &Value) {
        fs::write(self.path("tenant.json"), tenant.to_string()).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// The example `fake-azure`, which cargo builds beside the tests' own folder.
fn fake_program() -> PathBuf {
    let name = format!("fake-azure{}", std::env::consts::EXE_SUFFIX);
    let test = std::env::current_exe().unwrap();
    let fake = test.ancestors().nth(2).unwrap().join("examples").join(name);
    assert!(
        fake.is_file(),
        "run `cargo build -p xtask --example fake-azure` first"
    );
    fake
}

/// The command, if it changes something; of `az rest` the method and the end of the address.
fn change_in(call: &Value) -> Option<String> {
    let arguments: Vec<&str> = call["arguments"]
        .as_array()?
        .iter()
        .filter_map(Value::as_str)
        .collect();
    if let ["rest", "--method", method, "--uri", uri, ..] = arguments[..] {
        let path = uri.split('?').next()?.rsplit('/').next()?;
        let name = path.split('(').next()?;
        return (method != "get").then(|| format!("{method} {name}"));
    }
    let command: Vec<&str> = arguments
        .iter()
        .copied()
        .take_while(|word| !word.starts_with('-'))
        .collect();
    let changes = ["delete", "reset", "set", "recover"];
    let is_change = command.iter().any(|word| changes.contains(word));
    is_change.then(|| command.join(" "))
}
