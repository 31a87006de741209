//! The Entra emulator beside another program.

use anyhow::{Context, Result};
use duct::cmd;

use crate::companion::Companion;
use crate::process::Supervisor;
use crate::workspace;

/// Begins the emulator's last line at the start; what comes before are settings.
const END_OF_SETTINGS: char = '#';

/// A running emulator; it ends when this is dropped.
pub(crate) struct EntraEmulator {
    /// What the app has to be told to sign people in, and to find its managed identity.
    pub(crate) settings: Vec<(String, String)>,
    /// The client id of the managed identity.
    pub(crate) identity: String,
    _program: Companion,
}

impl EntraEmulator {
    /// Builds it and starts it on a port of its own.
    ///
    /// # Errors
    /// When it does not build or does not start.
    pub(crate) fn start(redirect_uri: &str, supervisor: &Supervisor) -> Result<Self> {
        let program = workspace::build_program("entra-emulator", supervisor)?;
        let program = cmd!(program, "--port", "0", "--redirect-uri", redirect_uri);
        let program = Companion::start(&program)?;
        let (mut settings, mut identity) = (Vec::new(), String::new());
        let read = program.read_until(|line| {
            let (name, value) = line.split_once('=').unwrap_or_default();
            let is_last = line.starts_with(END_OF_SETTINGS);
            if is_last {
                value.clone_into(&mut identity);
            } else {
                settings.push((name.to_owned(), value.to_owned()));
            }
            is_last
        });
        read.context("the Entra emulator does not start")?;
        Ok(Self {
            settings,
            identity,
            _program: program,
        })
    }

    /// The value of one of the settings.
    pub(crate) fn setting(&self, name: &str) -> &str {
        let found = self.settings.iter().find(|(other, _)| other == name);
        found.map_or("", |(_, value)| value)
    }
}
