//! The example domain stays in its own places, so that a copy of this repository can replace it.

use super::{SourceFile, Violation};

/// The feature's folder in `app/src` and `app/templates`.
pub(super) const FOLDER: &str = "restaurants";

/// The domain's nouns: whatever begins like one of them belongs to the domain.
const NOUNS: [&str; 3] = ["restaurant", "review", "rating"];

/// Where the domain is at home: all that begins with one of these.
const PLACES: [&str; 9] = [
    "app/src/restaurants/",
    "app/static/restaurants",
    "app/templates/restaurants/",
    "app/tests/web/restaurants",
    "app/tests/web/browser/restaurants",
    "migrations/src/m0001_create_restaurant_and_review",
    "migrations/tests/restaurants",
    "xtask/src/bench/restaurants",
    "xtask/src/tidy/domain.rs",
];

/// Elsewhere a line may name it when it, or the comment right above, says why after this word.
const MARK: &str = "domain:";

/// Here not even then.
const UNMARKED: [&str; 4] = ["response", "extract", "middleware", "state"];

/// The packages that this is about; documents and the infrastructure name the example freely.
const PACKAGES: [&str; 3] = ["app/", "migrations/", "xtask/"];

pub(super) fn check(files: &[SourceFile]) -> Vec<Violation> {
    files
        .iter()
        .filter(|file| is_foreign(file))
        .flat_map(check_file)
        .collect()
}

fn is_foreign(file: &SourceFile) -> bool {
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| file.path.starts_with(prefix));
    starts(&PACKAGES) && !starts(&PLACES) && !file.has_extension("md")
}

fn check_file(file: &SourceFile) -> Vec<Violation> {
    let mut violations = Vec::new();
    if let Some(noun) = noun_in(&file.path) {
        violations.push(file.violation(
            1,
            format!("the file's name says `{noun}`, which belongs to the example domain"),
        ));
    }
    let mut above = "";
    for (number, line) in (1..).zip(file.text.lines()) {
        let is_marked = line.contains(MARK) || (is_comment(above) && above.contains(MARK));
        if let Some(noun) = noun_in(line).filter(|_| !is_marked || is_unmarked(&file.path)) {
            violations.push(file.violation(number, message(noun, &file.path)));
        }
        above = line;
    }
    violations
}

fn message(noun: &str, path: &str) -> String {
    if is_unmarked(path) {
        return format!("names `{noun}`: this module knows nothing of the example domain");
    }
    format!(
        "names `{noun}` outside the example domain: move it there, or say why in a comment `{MARK} …`"
    )
}

fn is_unmarked(path: &str) -> bool {
    let module = path
        .strip_prefix("app/src/")
        .and_then(|inside| inside.split(['/', '.']).next());
    module.is_some_and(|module| UNMARKED.contains(&module))
}

fn is_comment(line: &str) -> bool {
    ["//", "#", "{#", "<!--", "/*", "--"]
        .iter()
        .any(|start| line.trim_start().starts_with(start))
}

/// The first noun in the text that begins a word: `NewReview` and `review_count` have one, `preview` and `generating` none.
fn noun_in(text: &str) -> Option<&'static str> {
    let lower = text.to_ascii_lowercase();
    NOUNS.into_iter().find(|noun| {
        lower
            .match_indices(noun)
            .any(|(offset, _)| begins_word(text, offset))
    })
}

fn begins_word(text: &str, offset: usize) -> bool {
    let Some(before) = text[..offset].chars().next_back() else {
        return true;
    };
    let is_hump = before.is_lowercase() && text[offset..].starts_with(char::is_uppercase);
    !before.is_alphabetic() || is_hump
}

#[cfg(test)]
mod tests {
    use super::{SourceFile, check, noun_in};

    fn messages(path: &str, text: &str) -> Vec<String> {
        check(&[SourceFile::new(path, text)])
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_noun_outside_the_domain_is_found() {
        let advice =
            "outside the example domain: move it there, or say why in a comment `domain: …`";
        let message = format!("app/src/router.rs:2: names `restaurant` {advice}");
        assert_eq!(
            messages(
                "app/src/router.rs",
                "//! Routes.\nuse crate::restaurants;\n"
            ),
            [message]
        );
        let message = format!("app/static/app.css:1: names `rating` {advice}");
        assert_eq!(
            messages("app/static/app.css", ".rating-stars {}\n"),
            [message]
        );
    }

    #[test]
    fn the_domain_and_the_documents_name_it_freely() {
        assert!(messages("app/src/restaurants/views.rs", "struct Review;").is_empty());
        assert!(messages("README.md", "Restaurants and reviews").is_empty());
        assert!(messages("infra/main.bicep", "// restaurant reviews").is_empty());
    }

    #[test]
    fn a_marked_line_may_name_it() {
        assert!(
            messages(
                "app/src/lib.rs",
                "pub mod restaurants; // domain: the example"
            )
            .is_empty()
        );
        assert!(
            messages(
                "app/src/lib.rs",
                "// domain: the example\n/// Restaurants.\n"
            )
            .is_empty()
        );
        assert_eq!(
            messages("app/src/lib.rs", "let domain: A = b;\nlet a = review;\n").len(),
            1
        );
    }

    #[test]
    fn a_mark_does_not_help_where_the_domain_is_unknown() {
        let message = "app/src/middleware/load.rs:1: names `review`: this module knows nothing of the example domain";
        assert_eq!(
            messages("app/src/middleware/load.rs", "struct Review; // domain: no"),
            [message]
        );
    }

    #[test]
    fn the_name_of_a_file_counts_too() {
        let message = "app/src/reviews.rs:1: the file's name says `review`, which belongs to the example domain";
        assert_eq!(messages("app/src/reviews.rs", "//! Empty.\n"), [message]);
    }

    #[test]
    fn a_noun_begins_a_word() {
        assert_eq!(noun_in("NewReview"), Some("review"));
        assert_eq!(noun_in("RATING_1_COUNT"), Some("rating"));
        assert_eq!(noun_in("preview, generating, MIGRATING"), None);
    }
}
