//! libpq's connection URLs
//! (<https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS>).

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use url::Url;

use super::keywords::Keywords;

const FORM: &str = "write postgres://user:password@host:5432/name?sslmode=require, \
                    with % codes for characters such as @ : / ? # % in the user and the password";

/// Whether the text is meant as a URL of libpq.
pub(crate) fn is_url(text: &str) -> bool {
    text.starts_with("postgres://") || text.starts_with("postgresql://")
}

/// Parses a URL. The problem repeats nothing of it but a parameter that cannot be part of a secret.
pub(crate) fn parse_url(text: &str) -> Result<Keywords, String> {
    pairs(text)
        .ok_or_else(|| FORM.to_owned())
        .and_then(Keywords::checked)
}

fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let url = Url::parse(text)
        .ok()
        .filter(|url| url.fragment().is_none())?;
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| port.to_string()).unwrap_or_default();
    let mut pairs = vec![
        ("user".to_owned(), decoded(url.username())?),
        (
            "password".to_owned(),
            decoded(url.password().unwrap_or_default())?,
        ),
        ("host".to_owned(), decoded(host.trim_matches(['[', ']']))?),
        ("port".to_owned(), port),
        (
            "dbname".to_owned(),
            decoded(url.path().trim_start_matches('/'))?,
        ),
    ];
    let parameters = url
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|parameter| !parameter.is_empty());
    for parameter in parameters {
        pairs.push(pair(parameter)?);
    }
    Some(pairs)
}

fn pair(parameter: &str) -> Option<(String, String)> {
    let (keyword, value) = parameter.split_once('=')?;
    let (keyword, value) = (decoded(keyword)?, decoded(value)?);
    // The spelling of JDBC, which libpq accepts too.
    let is_jdbc = keyword == "ssl" && value == "true";
    Some(if is_jdbc {
        ("sslmode".to_owned(), "require".to_owned())
    } else {
        (keyword, value)
    })
}

fn decoded(text: &str) -> Option<String> {
    percent_decode_str(text)
        .decode_utf8()
        .ok()
        .map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
