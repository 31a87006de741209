//! Where the repository is, and cargo in it.

use std::path::{Path, PathBuf};

use duct::Expression;

/// The repository's folder.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// Cargo with these arguments, in the repository's folder.
pub(crate) fn cargo<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Expression {
    duct::cmd("cargo", arguments).dir(root())
}
