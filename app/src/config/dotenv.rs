//! The `.env` file.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind, Read};

use super::reader::ConfigError;

const FILE: &str = ".env";

/// Some editors of Windows begin a file with it.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Adds the variables of `./.env` that are not set yet to the environment, and returns their names. The file
/// need not exist.
///
/// Call it before the first thread is started: the environment is shared by all of them.
///
/// # Errors
/// When the file cannot be read or a line is malformed.
pub fn load_dotenv() -> Result<BTreeSet<String>, ConfigError> {
    let problem = |text: &str| ConfigError::single(format!("{FILE}: {text}"));
    match fs::read(FILE) {
        Ok(bytes) => load(&bytes).map_err(|text| problem(&text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(BTreeSet::new()),
        Err(error) => Err(problem(&format!("it cannot be read: {error}"))),
    }
}

fn load(bytes: &[u8]) -> Result<BTreeSet<String>, String> {
    let text = escape_dollars(bytes);
    let lines_read = Cell::new(0);
    let variables = dotenvy::from_read_iter(Lines {
        rest: text.as_slice(),
        lines_read: &lines_read,
    });
    let mut names = BTreeSet::new();
    for variable in variables {
        let (name, _) = variable.map_err(|error| problem(&error, lines_read.get()))?;
        #[expect(clippy::disallowed_methods, reason = "this is the configuration")]
        if std::env::var_os(&name).is_none() {
            names.insert(name);
        }
    }
    dotenvy::from_read(text.as_slice()).map_err(|_| "it cannot be read".to_owned())?;
    Ok(names)
}

/// Names the first line of the malformed entry, of which the parser has read `last` lines.
fn problem(error: &dotenvy::Error, last: usize) -> String {
    match error {
        dotenvy::Error::LineParse(entry, _) => {
            let first = last + 1 - entry.lines().count().clamp(1, last);
            format!(
                "line {first} is malformed: write NAME=value, \
                 with single quotes around a value that has whitespace, quotes, # or \\"
            )
        }
        _ => format!("line {last} is not UTF-8 text"),
    }
}

/// Escapes every `$` that does not begin `${NAME}`: the parser would replace `$NAME` too, unlike python-dotenv,
/// and cut a password such as `pa$word`.
fn escape_dollars(bytes: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(bytes.len() + 1);
    let mut quote = None;
    let mut in_comment = false;
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let mut rest = bytes.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        let begins_word = escaped.last().is_none_or(u8::is_ascii_whitespace);
        match (byte, quote) {
            (b'\n', None) => in_comment = false,
            _ if in_comment => {}
            (b'#', None) => in_comment = begins_word,
            (b'\\', None | Some(b'"')) => {
                escaped.push(byte);
                escaped.extend(rest.next());
                continue;
            }
            (b'\'' | b'"', None) => quote = Some(byte),
            (_, Some(open)) if byte == open => quote = None,
            (b'$', None | Some(b'"')) if rest.peek() != Some(&b'{') => escaped.push(b'\\'),
            _ => {}
        }
        escaped.push(byte);
    }
    // Without it the parser takes a space at the very end for a value that goes on.
    escaped.push(b'\n');
    escaped
}

/// Returns one line at a time and counts them, because the parser's errors have no line number.
struct Lines<'a> {
    rest: &'a [u8],
    lines_read: &'a Cell<usize>,
}

impl Read for Lines<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end_of_line = self.rest.iter().position(|byte| *byte == b'\n');
        let line = end_of_line.map_or(self.rest.len(), |end| end + 1);
        let taken = line.min(buffer.len());
        let (now, rest) = self.rest.split_at(taken);
        buffer[..taken].copy_from_slice(now);
        let complete = usize::from(now.ends_with(b"\n"));
        self.lines_read.set(self.lines_read.get() + complete);
        self.rest = rest;
        Ok(taken)
    }
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
            let mut read = dotenvy::from_read_iter(escape_dollars(text.as_bytes()).leak() as &[u8]);
            assert_eq!(read.next().unwrap().unwrap().1, value, "{text}");
        }
    }

    #[test]
    fn a_long_line_is_counted_once() {
        let text = format!("DOTENV_TEST_LONG={}\n=", "x".repeat(100_000));
        assert!(load(text.as_bytes()).unwrap_err().starts_with("line 2 "));
    }
}
