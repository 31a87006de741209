//! The `.env` file.

use std::cell::Cell;
use std::fs;
use std::io::{self, ErrorKind, Read};

use super::reader::ConfigError;

const FILE: &str = ".env";

/// Adds the variables of `./.env` to the environment, where they are not yet set; there need not be a file.
///
/// Call it before the first thread is started: the environment is shared by all of them.
pub fn load_dotenv() -> Result<(), ConfigError> {
    let problem = |text: &str| ConfigError::single(format!("{FILE}: {text}"));
    match fs::read(FILE) {
        Ok(bytes) => load(bytes).map_err(|text| problem(&text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(problem(&format!("it cannot be read: {error}"))),
    }
}

fn load(mut bytes: Vec<u8>) -> Result<(), String> {
    // Without it the parser takes a blank at the very end for a value that goes on.
    bytes.push(b'\n');
    let lines_read = Cell::new(0);
    let lines = Lines {
        rest: &bytes,
        lines_read: &lines_read,
    };
    dotenvy::from_read(lines).map_err(|error| {
        let last = lines_read.get();
        match error {
            dotenvy::Error::LineParse(entry, _) => {
                let first = last + 1 - entry.lines().count().clamp(1, last);
                format!(
                    "line {first} cannot be understood: write NAME=value, \
                     with single quotes around a value that has blanks, quotes, $, # or \\"
                )
            }
            _ => format!("line {last} is not UTF-8 text"),
        }
    })
}

/// Hands out one line at a time, so that it is known how far the parser has come: its errors do not tell.
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
        self.lines_read
            .set(self.lines_read.get() + usize::from(now.ends_with(b"\n")));
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
            let problem = load(text.as_bytes().to_vec()).unwrap_err();
            assert!(
                problem.starts_with(&format!("line {line} cannot be understood")),
                "{text}: {problem}"
            );
            assert!(!problem.contains("s3cret"), "{problem}");
        }
        let problem = load(b"DOTENV_TEST_A=1\nDOTENV_TEST_B=\xff".to_vec()).unwrap_err();
        assert_eq!(problem, "line 2 is not UTF-8 text");
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "the environment is what is tested"
    )]
    fn variables_are_added_and_never_replaced() {
        let text = "\u{feff}DOTENV_TEST_NEW='a b$c'\nPATH=replaced\nDOTENV_TEST_BLANK=x ";
        load(text.as_bytes().to_vec()).unwrap();
        assert_eq!(std::env::var("DOTENV_TEST_NEW").unwrap(), "a b$c");
        assert_eq!(std::env::var("DOTENV_TEST_BLANK").unwrap(), "x");
        assert_ne!(std::env::var("PATH").unwrap(), "replaced");
    }

    #[test]
    fn a_long_line_is_counted_once() {
        let text = format!("DOTENV_TEST_LONG={}\n=", "x".repeat(100_000));
        assert!(load(text.into_bytes()).unwrap_err().starts_with("line 2 "));
    }
}
