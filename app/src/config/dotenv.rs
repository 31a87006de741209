//! The `.env` file.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;

use super::environment;
use super::reader::ConfigError;

/// Adds the variables of `./.env` that are not set yet to the environment, and returns their names. The file
/// need not exist.
///
/// Call it before the first thread is started: the environment is shared by all of them.
///
/// # Errors
/// When the file cannot be read or a line is malformed.
pub fn load_dotenv() -> Result<BTreeSet<String>, ConfigError> {
    let loaded = match fs::read(".env") {
        Ok(bytes) => load(&bytes),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(BTreeSet::new()),
        Err(error) => Err(format!("it cannot be read: {error}")),
    };
    loaded.map_err(|problem| ConfigError::new(vec![format!(".env: {problem}")], Vec::new()))
}

fn load(bytes: &[u8]) -> Result<BTreeSet<String>, String> {
    let text = str::from_utf8(bytes).map_err(|error| {
        let line = line_at(bytes, error.valid_up_to());
        format!("line {line} is not UTF-8 text")
    })?;
    // Some editors of Windows begin a file with a byte order mark.
    let text = escape_dollars(text.trim_start_matches('\u{feff}'));
    let before = environment::names();
    dotenvy::from_read(text.as_bytes()).map_err(|error| problem(&error, &text))?;
    Ok(&environment::names() - &before)
}

/// The parser's error has the malformed entry, but not its place.
fn problem(error: &dotenvy::Error, text: &str) -> String {
    let dotenvy::Error::LineParse(entry, _) = error else {
        return "it cannot be read".to_owned();
    };
    // The entry is a line, or the value after its name.
    let begins_there = |(start, _): &(usize, &str)| {
        let before = text[..*start].trim_end_matches([' ', '\t']);
        before.is_empty() || before.ends_with(['\n', '='])
    };
    let found = text.match_indices(entry.as_str()).find(begins_there);
    let line = line_at(text.as_bytes(), found.map_or(0, |(start, _)| start));
    format!(
        "line {line} is malformed: write NAME=value, \
         with single quotes around a value that has whitespace, quotes, # or \\"
    )
}

/// The number of the line that has this byte.
fn line_at(text: &[u8], byte: usize) -> usize {
    text[..byte].split(|byte| *byte == b'\n').count()
}

/// Escapes every `$` that does not begin `${NAME}`: the parser would replace `$NAME` too, unlike python-dotenv,
/// and cut a password such as `pa$word`.
fn escape_dollars(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 1);
    let mut quote = None;
    let mut in_comment = false;
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        let begins_word = escaped.ends_with(char::is_whitespace) || escaped.is_empty();
        match (character, quote) {
            ('\n', None) => in_comment = false,
            _ if in_comment => {}
            ('#', None) => in_comment = begins_word,
            ('\\', None | Some('"')) => {
                escaped.push(character);
                escaped.extend(rest.next());
                continue;
            }
            ('\'' | '"', None) => quote = Some(character),
            (_, Some(open)) if character == open => quote = None,
            ('$', None | Some('"')) if rest.peek() != Some(&'{') => escaped.push('\\'),
            _ => {}
        }
        escaped.push(character);
    }
    // Without it the parser takes a space at the very end for a value that goes on.
    escaped.push('\n');
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_malformed_line_is_named_by_its_number_alone() {
        for (text, line) in [
            ("s3cret", 1),
            (
                "# a comment\n\nDOTENV_TEST_A=1\nDOTENV_TEST_B=two s3cret\n",
                4,
            ),
            ("DOTENV_TEST_A='several\nlines'\n1=s3cret\n", 3),
            ("DOTENV_TEST_A=1\nDOTENV_TEST_B='s3cret\n\n# end\n", 2),
            ("DOTENV_TEST_A=1\r\n=s3cret\r\n", 2),
            ("DOTENV_TEST_A=1\n\n  =s3cret", 3),
        ] {
            let problem = load(text.as_bytes()).unwrap_err();
            assert!(
                problem.starts_with(&format!("line {line} is malformed")),
                "{text}: {problem}"
            );
            assert!(!problem.contains("s3cret"), "{problem}");
        }
        let problem = load(b"DOTENV_TEST_A=1\nDOTENV_TEST_B=\xff").unwrap_err();
        assert_eq!(problem, "line 2 is not UTF-8 text");
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "the environment is what is tested"
    )]
    fn variables_are_added_and_never_replaced() {
        let text = "\u{feff}DOTENV_TEST_NEW='a b$c'\nPATH=replaced\nDOTENV_TEST_BLANK=x ";
        load(text.as_bytes()).unwrap();
        assert_eq!(std::env::var("DOTENV_TEST_NEW").unwrap(), "a b$c");
        assert_eq!(std::env::var("DOTENV_TEST_BLANK").unwrap(), "x");
        assert_ne!(std::env::var("PATH").unwrap(), "replaced");
    }

    #[test]
    fn a_dollar_is_read_as_written_without_braces() {
        for (text, value) in [
            ("pa$word1", "pa$word1"),
            ("$HOME", "$HOME"),
            ("a$", "a$"),
            ("a$$b", "a$$b"),
            (r"a\$b", "a$b"),
            ("'a$b'", "a$b"),
            ("\"a$b $c\"", "a$b $c"),
            ("\"it's a$b\"", "it's a$b"),
            ("a$b # it's a comment\nB=c", "a$b"),
            ("${DOTENV_TEST_UNSET}b", "b"),
        ] {
            let text = format!("# it's a comment\nA={text}\n");
            let mut read = dotenvy::from_read_iter(escape_dollars(&text).leak().as_bytes());
            assert_eq!(read.next().unwrap().unwrap().1, value, "{text}");
        }
    }

    #[test]
    fn a_long_line_is_counted_once() {
        let text = format!("DOTENV_TEST_LONG={}\n=", "x".repeat(100_000));
        assert!(load(text.as_bytes()).unwrap_err().starts_with("line 2 "));
    }
}
