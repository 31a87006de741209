//! A folder for a test's files.

use std::fs;
use std::path::{Path, PathBuf};

use crate::workspace;

/// An empty folder under `target/`, removed when dropped.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// `name` tells the tests apart that run at once.
    pub(crate) fn new(name: &str) -> Self {
        let name = format!("{name}-{}", std::process::id());
        let folder = workspace::root().join("target/scratch").join(name);
        fs::create_dir_all(&folder).expect("a folder under target/ can be created");
        Self(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}
