//! Rules about text: the length of files, their first line, white space, notes left behind.

use super::{SourceFile, Violation};

const MOST_LINES: usize = 400;
const MOST_LINES_OF_TESTS: usize = 400;
const NOTES: [&str; 2] = [concat!("TO", "DO"), concat!("FIX", "ME")];

pub(super) fn check(files: &[SourceFile]) -> Vec<Violation> {
    files.iter().flat_map(check_file).collect()
}

fn check_file(file: &SourceFile) -> Vec<Violation> {
    let mut violations = white_space(file);
    violations.extend(notes(file));
    if file.is_rust() {
        violations.extend(first_line(file));
        violations.extend(length(file));
    }
    violations
}

fn white_space(file: &SourceFile) -> Vec<Violation> {
    let mut violations = Vec::new();
    // In Markdown two blanks at the end of a line are a line break.
    if !file.has_extension("md") {
        let trailing = numbered(file).filter(|(_, line)| line.ends_with([' ', '\t']));
        violations.extend(
            trailing
                .map(|(number, _)| file.violation(number, "white space at the end of the line")),
        );
    }
    if !file.text.is_empty() && !file.text.ends_with('\n') {
        let last = file.text.lines().count();
        violations.push(file.violation(last, "the file must end with a line break"));
    }
    violations
}

fn notes(file: &SourceFile) -> Vec<Violation> {
    let note_in = |line: &str| NOTES.into_iter().find(|note| line.contains(note));
    let notes = numbered(file).filter_map(|(number, line)| Some((number, note_in(line)?)));
    notes
        .map(|(number, note)| file.violation(number, format!("{note}: do it, or open an issue")))
        .collect()
}

fn first_line(file: &SourceFile) -> Option<Violation> {
    let documented = file
        .text
        .lines()
        .next()
        .is_some_and(|line| line.starts_with("//! "));
    (!documented).then(|| {
        file.violation(
            1,
            "begin the file with a `//!` line that says what it is for",
        )
    })
}

fn length(file: &SourceFile) -> Option<Violation> {
    let is_test = file.path.contains("/tests/") || file.path.ends_with("/tests.rs");
    let most = if is_test {
        MOST_LINES_OF_TESTS
    } else {
        MOST_LINES
    };
    let lines = file.text.lines().count();
    (lines > most).then(|| {
        file.violation(
            most + 1,
            format!("{lines} lines, at most {most}: split the file by meaning"),
        )
    })
}

fn numbered(file: &SourceFile) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(file.text.lines())
}

#[cfg(test)]
mod tests {
    use super::{SourceFile, check};

    fn messages(path: &str, text: &str) -> Vec<String> {
        check(&[SourceFile::new(path, text)])
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_clean_file_is_accepted() {
        assert!(messages("app/src/page.rs", "//! Pages.\n\nfn page() {}\n").is_empty());
        assert!(messages("app/src/empty.txt", "").is_empty());
    }

    #[test]
    fn white_space_at_the_end_of_a_line_is_found() {
        assert_eq!(
            messages("a.css", "a {}\nb {} \n"),
            ["a.css:2: white space at the end of the line"]
        );
        assert!(messages("README.md", "a line break  \n").is_empty());
    }

    #[test]
    fn a_file_must_end_with_a_line_break() {
        assert_eq!(
            messages("a.css", "a {}\nb {}"),
            ["a.css:2: the file must end with a line break"]
        );
    }

    #[test]
    fn a_note_left_behind_is_found() {
        let text = concat!("first\nsecond # FIX", "ME\n");
        assert_eq!(
            messages("a.sh", text),
            [concat!("a.sh:2: FIX", "ME: do it, or open an issue")]
        );
    }

    #[test]
    fn a_module_says_what_it_is_for() {
        let message = "a.rs:1: begin the file with a `//!` line that says what it is for";
        assert_eq!(messages("a.rs", "fn a() {}\n"), [message]);
    }

    #[test]
    fn a_long_file_is_found_and_tests_may_be_twice_as_long() {
        let text = format!("//! Long.\n{}", "\n".repeat(200));
        let message = "app/src/a.rs:201: 201 lines, at most 200: split the file by meaning";
        assert_eq!(messages("app/src/a.rs", &text), [message]);
        assert!(messages("app/tests/web/a.rs", &text).is_empty());
    }
}
