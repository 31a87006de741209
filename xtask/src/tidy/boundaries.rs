//! What a module must not name: the table of the app's inner borders.

use super::rust_code::{line_of, without_comments_and_literals, words_at};
use super::{SourceFile, Violation, domain};

struct Border {
    /// A module inside the feature's folder: a file or a folder.
    module: &'static str,
    forbidden: &'static [&'static str],
    reason: &'static str,
}

const BORDERS: [Border; 4] = [
    Border {
        module: "forms",
        forbidden: &["salvo", "sea_orm"],
        reason: "a form is plain data, tested as a plain function",
    },
    Border {
        module: "repository",
        forbidden: &["salvo", "tera", "Error"],
        reason: "a query knows neither requests nor pages",
    },
    Border {
        module: "views",
        forbidden: &["salvo", "sea_orm"],
        reason: "a view is data for a template",
    },
    Border {
        module: "handlers",
        forbidden: &["sea_orm", "Depot", "Request", "Response"],
        reason: "a handler takes extractors, calls the repository and returns a page",
    },
];

/// The program depends on its migrations, never the reverse.
const MIGRATIONS: &str = "migrations/src/";

pub(super) fn check(files: &[SourceFile]) -> Vec<Violation> {
    files
        .iter()
        .filter(|file| file.is_rust())
        .flat_map(check_file)
        .collect()
}

fn check_file(file: &SourceFile) -> Vec<Violation> {
    let inside = file
        .path
        .strip_prefix(&format!("app/src/{}/", domain::FOLDER));
    if let Some(border) = inside.and_then(border_of) {
        return names(file, border.forbidden, border.reason);
    }
    if file.path.starts_with(MIGRATIONS) {
        return names(file, &["app::"], "the app depends on its migrations");
    }
    Vec::new()
}

/// The border of `forms.rs`, or of anything in `forms/`.
fn border_of(inside: &str) -> Option<&'static Border> {
    let module = inside.split('/').next()?;
    let module = module.strip_suffix(".rs").unwrap_or(module);
    BORDERS.iter().find(|border| border.module == module)
}

fn names(file: &SourceFile, forbidden: &[&str], reason: &str) -> Vec<Violation> {
    let code = without_comments_and_literals(&file.text);
    let uses = forbidden.iter().flat_map(|name| {
        words_at(&code, name)
            .into_iter()
            .map(move |offset| (name, offset))
    });
    uses.map(|(name, offset)| {
        file.violation(
            line_of(&code, offset),
            format!("must not name `{name}`: {reason}"),
        )
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::{SourceFile, check, domain};

    fn messages(path: &str, text: &str) -> Vec<String> {
        let path = path.replace("FEATURE", domain::FOLDER);
        let messages = check(&[SourceFile::new(&path, text)]);
        messages
            .iter()
            .map(|violation| violation.to_string().replace(domain::FOLDER, "FEATURE"))
            .collect()
    }

    #[test]
    fn a_handler_sees_no_request() {
        let text = "use salvo::handler;\nasync fn show(request: &mut Request) -> RequestId {}\n// Response\n";
        let reason = "a handler takes extractors, calls the repository and returns a page";
        let message = format!("app/src/FEATURE/handlers.rs:2: must not name `Request`: {reason}");
        assert_eq!(messages("app/src/FEATURE/handlers.rs", text), [message]);
    }

    #[test]
    fn a_border_holds_for_a_folder_as_for_a_file() {
        let reason = "a query knows neither requests nor pages";
        let message =
            format!("app/src/FEATURE/repository/list.rs:1: must not name `Error`: {reason}");
        assert_eq!(
            messages(
                "app/src/FEATURE/repository/list.rs",
                "use crate::error::Error;"
            ),
            [message]
        );
    }

    #[test]
    fn forms_and_views_are_plain_data() {
        let text = "use salvo::Router;\nuse sea_orm::DbErr;\n";
        assert_eq!(messages("app/src/FEATURE/forms.rs", text).len(), 2);
        assert_eq!(messages("app/src/FEATURE/views.rs", text).len(), 2);
        assert!(messages("app/src/page.rs", text).is_empty());
    }

    #[test]
    fn migrations_do_not_use_the_app() {
        let message =
            "migrations/src/lib.rs:1: must not name `app::`: the app depends on its migrations";
        assert_eq!(
            messages("migrations/src/lib.rs", "use app::config;"),
            [message]
        );
        assert!(messages("migrations/src/lib.rs", "let app = map::new();").is_empty());
    }
}
