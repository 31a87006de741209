//! Sign-in on this machine: through the Entra emulator, unless it is configured already.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use duct::Expression;

use crate::entra_emulator::EntraEmulator;
use crate::platform::write_private;
use crate::process::Supervisor;
use crate::{settings, workspace};

/// What the app is told of sign-in.
pub(super) struct SignIn {
    settings: Vec<(String, String)>,
    /// For the eye.
    pub(super) description: String,
    /// Ended when the site has ended.
    _emulator: Option<EntraEmulator>,
}

impl SignIn {
    /// `.env` or the environment names a registration: the emulator would only be in its way.
    pub(super) fn is_configured() -> Result<bool> {
        Ok(settings::get("AZURE_CLIENT_ID")?.is_some())
    }

    pub(super) fn as_configured() -> Self {
        Self {
            settings: Vec::new(),
            description: "as configured by AZURE_CLIENT_ID".to_owned(),
            _emulator: None,
        }
    }

    /// Nobody can sign in, whatever is configured.
    pub(super) fn off() -> Self {
        Self {
            settings: vec![("AZURE_CLIENT_ID".to_owned(), String::new())],
            description: "off".to_owned(),
            _emulator: None,
        }
    }

    /// Starts the emulator on a port of its own.
    pub(super) fn emulated(site_port: u16, supervisor: &Supervisor) -> Result<Self> {
        let redirect_uri = format!("http://localhost:{site_port}/auth/callback");
        let emulator = EntraEmulator::start(&redirect_uri, supervisor)?;
        let mut settings = emulator.settings.clone();
        settings.extend([
            ("SESSION_SECRET_KEY".to_owned(), session_key()?),
            ("AZURE_REDIRECT_URI".to_owned(), redirect_uri),
            ("BASE_URL".to_owned(), String::new()),
        ]);
        Ok(Self {
            settings,
            description:
                "as Alice (a user) or Carol (the Admin), without a password: Entra is emulated"
                    .to_owned(),
            _emulator: Some(emulator),
        })
    }

    pub(super) fn configure(&self, app: Expression) -> Expression {
        let settings = self.settings.iter();
        settings.fold(app, |app, (name, value)| app.env(name, value))
    }
}

/// Made once and kept, so that whoever has signed in stays so when the site starts again.
fn session_key() -> Result<String> {
    let path: PathBuf = workspace::root().join("data/session-secret-key");
    if let Ok(key) = fs::read_to_string(&path) {
        return Ok(key);
    }
    let key = workspace::random_key()?;
    fs::create_dir_all(workspace::root().join("data"))?;
    write_private(&path, &key).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(key)
}
