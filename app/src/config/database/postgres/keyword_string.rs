//! libpq's keyword/value strings, read by libpq's own rules
//! (<https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-KEYWORD-VALUE>).

use super::keywords::Keywords;

/// The form that is expected, for messages.
const FORM: &str = "write dbname=… host=… port=5432 sslmode=require user=… password=…";

/// What the C locale's `isspace` accepts.
const BLANKS: [char; 6] = [' ', '\t', '\n', '\x0b', '\x0c', '\r'];

/// Parses a keyword/value string. The problem repeats nothing of the text but a keyword that cannot be part of a secret.
pub(crate) fn parse_keywords(text: &str) -> Result<Keywords, String> {
    if text.starts_with(['"', '\'']) {
        return Err("remove the quotes around the value".to_owned());
    }
    if is_ado(text) {
        return Err(format!(
            "this is the form of ADO.NET; {FORM}, separated by blanks"
        ));
    }
    Keywords::checked(pairs(text)?)
}

/// Whether the text looks like `Server=…;Database=…;…`.
fn is_ado(text: &str) -> bool {
    const FIRST: [&str; 5] = ["server", "host", "data source", "database", "user id"];
    let Some((first, _)) = text.split_once(';') else {
        return false;
    };
    first.split_once('=').is_some_and(|(keyword, value)| {
        FIRST.contains(&keyword.trim().to_ascii_lowercase().as_str()) && !value.contains('=')
    })
}

fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut pairs = Vec::new();
    let mut rest = text.trim_start_matches(BLANKS);
    while !rest.is_empty() {
        let (keyword, after_keyword) = rest.split_at(end_of_keyword(rest));
        let Some(after_equals) = after_keyword.trim_start_matches(BLANKS).strip_prefix('=') else {
            return Err(format!(
                "`=` is missing after word {} of the keywords (a value with blanks needs single quotes); {FORM}",
                pairs.len() + 1
            ));
        };
        let value = after_equals.trim_start_matches(BLANKS);
        let (value, after_value) = match value.strip_prefix('\'') {
            Some(quoted) => quoted_value(quoted)?,
            None => plain_value(value),
        };
        pairs.push((keyword.to_owned(), value));
        rest = after_value.trim_start_matches(BLANKS);
    }
    Ok(pairs)
}

fn end_of_keyword(text: &str) -> usize {
    text.find(|character| character == '=' || BLANKS.contains(&character))
        .unwrap_or(text.len())
}

/// A value up to the next blank; a backslash makes the next character ordinary.
fn plain_value(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.chars();
    loop {
        match characters.next() {
            Some('\\') => value.extend(characters.next()),
            Some(character) if !BLANKS.contains(&character) => value.push(character),
            _ => return (value, characters.as_str()),
        }
    }
}

/// A value up to the closing quote, after the opening one; a backslash makes the next character ordinary.
fn quoted_value(text: &str) -> Result<(String, &str), String> {
    let mut value = String::new();
    let mut characters = text.chars();
    loop {
        match characters.next() {
            Some('\\') => value.extend(characters.next()),
            Some('\'') => return Ok((value, characters.as_str())),
            Some(character) => value.push(character),
            None => {
                return Err(
                    "a single quote is opened and never closed (write \\' for one inside a value)"
                        .to_owned(),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Vec<(String, String)> {
        pairs(text).unwrap()
    }

    fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(keyword, value)| ((*keyword).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn values_are_read_as_libpq_reads_them() {
        for (text, expected) in [
            ("", vec![]),
            (" \t\n", vec![]),
            ("host=a port=1", vec![("host", "a"), ("port", "1")]),
            ("host = a\tport\n=\x0b1", vec![("host", "a"), ("port", "1")]),
            ("password=a=b==", vec![("password", "a=b==")]),
            (
                "password='a b' user=c",
                vec![("password", "a b"), ("user", "c")],
            ),
            (r"password='it\'s \\ \x'", vec![("password", r"it's \ x")]),
            (
                r"password=it\'s\ \\ user=c",
                vec![("password", r"it's \"), ("user", "c")],
            ),
            ("password='' user=c", vec![("password", ""), ("user", "c")]),
            ("password= user=c", vec![("password", "user=c")]),
            ("password=", vec![("password", "")]),
            (r"password=a\", vec![("password", "a")]),
            ("password=a'b\"c", vec![("password", "a'b\"c")]),
            ("password='a'user=c", vec![("password", "a"), ("user", "c")]),
            (
                "password='a\nb' user=ü",
                vec![("password", "a\nb"), ("user", "ü")],
            ),
            ("password=a\u{a0}b", vec![("password", "a\u{a0}b")]),
            ("=a", vec![("", "a")]),
        ] {
            assert_eq!(parsed(text), owned(&expected), "{text}");
        }
    }

    #[test]
    fn what_libpq_cannot_read_is_refused_without_repeating_it() {
        for text in [
            "s3cret",
            "host=a s3cret",
            "password=s3cret s3cret host=a",
            "password='s3cret",
            r"password='s3cret\'",
        ] {
            let problem = pairs(text).unwrap_err();
            assert!(!problem.contains("s3cret"), "{problem}");
        }
    }

    #[test]
    fn the_form_of_ado_is_recognised() {
        for text in [
            "Server=a;Database=b;Port=5432;User Id=c;Password=s3cret;",
            "Host=a; Database=b; Username=c; Password=s3cret",
            "User ID=c;Password=s3cret;Server=a",
            "host=a;database=b;password=s3cret",
        ] {
            let Err(problem) = parse_keywords(text) else {
                panic!("{text}")
            };
            assert!(
                problem.contains("ADO.NET") && problem.contains("dbname=…"),
                "{problem}"
            );
            assert!(!problem.contains("s3cret"), "{problem}");
        }
        for text in [
            "host=a password=x;y",
            "host = a password=x;y=z",
            "password=x;y=z host=a",
        ] {
            assert!(parse_keywords(text).is_ok(), "{text}");
        }
    }
}
