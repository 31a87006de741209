//! The Entra ID emulator as a background process.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use duct::cmd;

use crate::process::BackgroundProcess;
use crate::workspace;

/// Starts the last line that the emulator prints at start-up, with its identity; the lines before it are settings.
const END_OF_SETTINGS: char = '#';

/// A running emulator, stopped when dropped.
pub(crate) struct EntraEmulator {
    /// The app's settings for sign-in and for its managed identity.
    pub(crate) settings: Vec<(String, String)>,
    /// The client id of the managed identity.
    pub(crate) identity: String,
    _process: BackgroundProcess,
}

impl EntraEmulator {
    /// Builds the emulator alone and returns its path.
    pub(crate) fn build() -> Result<PathBuf> {
        let build = "cargo build --locked {} --package entra-emulator";
        let build = workspace::command(build, &[workspace::REPORT]);
        let [emulator] = workspace::build(&build, ["entra-emulator"])?;
        Ok(emulator)
    }

    /// Starts the built emulator on a free port.
    pub(crate) fn start(program: &Path, redirect_uri: &str) -> Result<Self> {
        Self::start_at(program, redirect_uri, 0, None)
    }

    /// Starts the built emulator on this port, which browsers reach at the origin if there is one.
    pub(crate) fn start_at(
        program: &Path,
        redirect_uri: &str,
        port: u16,
        browser_origin: Option<&str>,
    ) -> Result<Self> {
        let port = port.to_string();
        let mut arguments = vec!["--port", &port, "--redirect-uri", redirect_uri];
        if let Some(origin) = browser_origin {
            arguments.extend(["--browser-origin", origin]);
        }
        let process = BackgroundProcess::start(&cmd(program, arguments))?;
        let mut settings = Vec::new();
        let read = process.read_until(|line| {
            let (name, value) = line.split_once('=').unwrap_or_default();
            settings.push((name.to_owned(), value.to_owned()));
            line.starts_with(END_OF_SETTINGS)
        });
        read.context("the Entra ID emulator does not start")?;
        let (_, identity) = settings.pop().unwrap_or_default();
        Ok(Self {
            settings,
            identity,
            _process: process,
        })
    }
}
