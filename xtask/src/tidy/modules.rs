//! The order of the app's modules: each one imports only from those listed before it.

use super::listing::Listing;
use super::rust_code::{paths_from, without_comments_and_literals};
use super::{SourceFile, Violation};

pub(super) fn check(files: &[SourceFile]) -> Vec<Violation> {
    let listings: Vec<Listing> = files.iter().filter_map(Listing::read).collect();
    let sources = files
        .iter()
        .filter_map(|file| Some((file, module_of(&file.path)?)));
    let mut violations = starts_with_config(&listings);
    violations.extend(sources.flat_map(|(file, module)| check_file(file, &module, &listings)));
    violations
}

/// The settings know nothing of the rest: they come first.
fn starts_with_config(listings: &[Listing]) -> Vec<Violation> {
    let wrong = listings.iter().filter(|listing| {
        listing.parent.is_empty()
            && listing.names.iter().any(|name| name == "config")
            && listing.names.first().is_some_and(|name| name != "config")
    });
    let message = "list `config` first: it must not use the rest of the app";
    wrong
        .map(|listing| Violation {
            path: listing.path.clone(),
            line: 1,
            message: message.to_owned(),
        })
        .collect()
}

fn check_file(file: &SourceFile, module: &[String], listings: &[Listing]) -> Vec<Violation> {
    let code = without_comments_and_literals(&file.text);
    let mut violations = Vec::new();
    for (line, used) in used_modules(&code, module) {
        let later = listings
            .iter()
            .find_map(|listing| listing.later(module, &used));
        if let Some(message) = later {
            let violation = file.violation(line, message);
            if !violations.contains(&violation) {
                violations.push(violation);
            }
        }
    }
    violations
}

/// The modules that the code names, from the crate's root on.
fn used_modules(code: &str, module: &[String]) -> Vec<(usize, Vec<String>)> {
    let absolute = paths_from(code, "crate")
        .into_iter()
        .map(|(line, path)| (line, path[1..].to_vec()));
    let relative = paths_from(code, "super").into_iter().map(|(line, path)| {
        let ups = path.iter().take_while(|name| *name == "super").count();
        let base = &module[..module.len().saturating_sub(ups)];
        (line, [base, &path[ups..]].concat())
    });
    absolute.chain(relative).collect()
}

/// `app/src/middleware/load.rs` is `middleware::load`; `lib.rs` and `main.rs` are no modules.
fn module_of(path: &str) -> Option<Vec<String>> {
    let inside = path.strip_prefix("app/src/")?.strip_suffix(".rs")?;
    let module = inside.strip_suffix("/mod").unwrap_or(inside);
    let is_root = matches!(module, "lib" | "main");
    (!is_root).then(|| module.split('/').map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::super::domain;
    use super::{SourceFile, check};

    fn messages(path: &str, text: &str) -> Vec<String> {
        let feature = domain::FOLDER;
        let files = [
            SourceFile::new(
                "app/src/lib.rs",
                &format!("pub mod config;\npub mod page; // a\nmod {feature};\n"),
            ),
            SourceFile::new(
                &format!("app/src/{feature}/mod.rs"),
                "mod forms;\npub mod handlers;\n",
            ),
            SourceFile::new(path, text),
        ];
        check(&files).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_module_uses_those_listed_before_it() {
        assert!(
            messages(
                "app/src/page.rs",
                "use crate::config::Config;\n// see crate::router\n"
            )
            .is_empty()
        );
        assert!(messages("app/src/main.rs", "use crate::page;").is_empty());
    }

    #[test]
    fn a_module_must_not_use_one_listed_after_it() {
        let message =
            "app/src/config/http.rs:2: `config` uses `page`, which app/src/lib.rs lists after it";
        assert_eq!(
            messages(
                "app/src/config/http.rs",
                "//! A.\nuse crate::{config, page::Page};"
            ),
            [message]
        );
        assert_eq!(
            messages(
                "app/src/config/http.rs",
                "\nfn a() { super::super::page::b() }"
            ),
            [message]
        );
    }

    #[test]
    fn the_order_holds_inside_the_feature_too() {
        let feature = domain::FOLDER;
        let path = format!("app/src/{feature}/forms.rs");
        let message = format!(
            "{path}:1: `forms` uses `handlers`, which app/src/{feature}/mod.rs lists after it"
        );
        assert_eq!(
            messages(&path, "use super::{forms, handlers};"),
            [&*message]
        );
        assert_eq!(
            messages(&path, &format!("use crate::{feature}::handlers::show;")),
            [message]
        );
        assert!(
            messages(
                &format!("app/src/{feature}/handlers.rs"),
                "use super::forms;"
            )
            .is_empty()
        );
    }

    #[test]
    fn the_settings_come_first() {
        let files = [SourceFile::new(
            "app/src/lib.rs",
            "mod assets;\nmod config;\n",
        )];
        let message = "app/src/lib.rs:1: list `config` first: it must not use the rest of the app";
        assert_eq!(
            check(&files)
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>(),
            [message]
        );
    }
}
