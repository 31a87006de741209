//! The order in which the app's modules are listed.

use super::rust_code::without_comments_and_literals;
use super::{SourceFile, domain};

/// Modules whose own parts are in order too.
const ORDERED: [&str; 2] = ["auth", domain::FOLDER];

/// Modules in the order in which their parent lists them.
pub(super) struct Listing {
    /// The parent's own path; empty for the whole crate.
    pub(super) parent: Vec<String>,
    pub(super) path: String,
    pub(super) names: Vec<String>,
}

impl Listing {
    /// The modules that this file lists, if their order counts.
    pub(super) fn read(file: &SourceFile) -> Option<Self> {
        let parent = match file.path.strip_prefix("app/src/")? {
            "lib.rs" => Vec::new(),
            inside => vec![
                inside
                    .strip_suffix("/mod.rs")
                    .filter(|name| ORDERED.contains(name))?
                    .to_owned(),
            ],
        };
        let code = without_comments_and_literals(&file.text);
        let names = code.lines().filter_map(declared_module).collect();
        Some(Self {
            parent,
            path: file.path.clone(),
            names,
        })
    }

    /// Says so when `used` stands after `module` in this list.
    pub(super) fn later(&self, module: &[String], used: &[String]) -> Option<String> {
        let own = module.strip_prefix(self.parent.as_slice())?.first()?;
        let used = used.strip_prefix(self.parent.as_slice())?.first()?;
        let place = |wanted: &String| self.names.iter().position(|name| name == wanted);
        let message = format!("`{own}` uses `{used}`, which {} lists after it", self.path);
        (place(used)? > place(own)?).then_some(message)
    }
}

/// `pub mod page;` declares `page`.
fn declared_module(line: &str) -> Option<String> {
    let (before, name) = line.trim().strip_suffix(';')?.rsplit_once("mod ")?;
    (before.is_empty() || before.starts_with("pub")).then(|| name.trim().to_owned())
}
