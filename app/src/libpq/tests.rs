//! Tests of the parsers of keywords and URLs.

use super::{parse_connection_string, parse_url, split_keywords};

fn parsed(text: &str) -> Vec<(String, String)> {
    split_keywords(text).unwrap()
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
fn malformed_keywords_are_refused_without_repeating_them() {
    for text in [
        "s3cret",
        "host=a s3cret",
        "password=s3cret s3cret host=a",
        "password='s3cret",
        r"password='s3cret\'",
    ] {
        let problem = split_keywords(text).unwrap_err();
        assert!(!problem.contains("s3cret"), "{problem}");
    }
}

#[test]
fn the_form_of_ado_is_recognized() {
    for text in [
        "Server=a;Database=b;Port=5432;User Id=c;Password=s3cret;",
        "Host=a; Database=b; Username=c; Password=s3cret",
        "User ID=c;Password=s3cret;Server=a",
        "host=a;database=b;password=s3cret",
    ] {
        let Err(problem) = parse_connection_string(text) else {
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
        assert!(parse_connection_string(text).is_ok(), "{text}");
    }
}

fn value(text: &str, keyword: &str) -> Option<String> {
    parse_url(text).unwrap().take(keyword)
}

#[test]
fn every_part_of_a_url_is_decoded() {
    let url = "postgresql://some%40one:p%2Fa%3As%23s@[::1]:6543/my%20data?sslmode=require&application_name=a+b";
    for (keyword, expected) in [
        ("user", "some@one"),
        ("password", "p/a:s#s"),
        ("host", "::1"),
        ("port", "6543"),
        ("dbname", "my data"),
        ("sslmode", "require"),
        ("application_name", "a+b"),
    ] {
        assert_eq!(value(url, keyword).as_deref(), Some(expected));
    }
    assert_eq!(
        value("postgres://a@%2Fvar%2Frun/b", "host").as_deref(),
        Some("/var/run")
    );
    assert_eq!(
        value("postgres:///b?host=/var/run&user=a", "host").as_deref(),
        Some("/var/run")
    );
    assert_eq!(
        value("postgres://a@b/c?ssl=true", "sslmode").as_deref(),
        Some("require")
    );
    assert_eq!(value("postgres://a@b/c", "password"), None);
}

#[test]
fn a_url_that_cannot_be_read_is_refused_without_repeating_it() {
    for text in [
        "postgres://user:s3/cret@host/name",
        "postgres://user:s3#cret@host/name",
        "postgres://user:s3?cret@host/name",
        "postgres://user:12#s3cret@host/name",
        "postgres://user:s3cret@host:port/name",
        "postgres://user:s3cret@one:1,two:2/name",
        "postgres://user:s3cret@host/name?sslmode",
        "postgres://user:%ffs3cret@host/name",
        "postgres://user@host/name?Passwort=s3cret",
    ] {
        let Err(problem) = parse_url(text) else {
            panic!("{text}")
        };
        assert!(
            !problem.contains("s3") && !problem.contains("cret"),
            "{problem}"
        );
    }
}
