//! The redirect URI of sign-in.

use super::{config, problem, with_sign_in};

fn redirect_uri(settings: &[(&str, &str)]) -> String {
    config(&with_sign_in(settings))
        .sign_in
        .unwrap()
        .redirect_uri
        .as_str()
        .to_owned()
}

#[test]
fn the_redirect_uri_is_at_the_base_url_by_default() {
    assert_eq!(redirect_uri(&[]), "http://localhost:8000/auth/callback");
    assert_eq!(
        redirect_uri(&[("PORT", "81")]),
        "http://localhost:81/auth/callback"
    );
    assert_eq!(
        redirect_uri(&[("BASE_URL", "https://example.com/")]),
        "https://example.com/auth/callback"
    );
    let on_app_service = [
        ("WEBSITE_HOSTNAME", "a.example"),
        ("DATABASE_URL", "sqlite://a.db"),
    ];
    assert_eq!(
        redirect_uri(&on_app_service),
        "https://a.example/auth/callback"
    );
}

#[test]
fn a_redirect_uri_is_kept_as_it_is_written() {
    for (text, path) in [
        ("https://Example.com:443/signin-oidc", "/signin-oidc"),
        ("http://localhost/auth/callback", "/auth/callback"),
        ("http://127.0.0.1:8080/a/b", "/a/b"),
        ("http://[::1]:8080/a", "/a"),
        ("https://example.com/a?b=c", "/a"),
    ] {
        let uri = config(&with_sign_in(&[("AZURE_REDIRECT_URI", text)]))
            .sign_in
            .unwrap()
            .redirect_uri;
        assert_eq!((uri.as_str(), uri.path()), (text, path));
    }
}

#[test]
fn a_malformed_or_unencrypted_redirect_uri_is_refused() {
    for text in [
        "/auth/callback",
        "example.com/auth/callback",
        "//example.com/auth/callback",
        "ftp://example.com/auth/callback",
        "javascript://localhost/auth/callback",
        "http://example.com/auth/callback",
        "http://localhost.example.com/auth/callback",
        "http://10.0.0.1/auth/callback",
        "https://example.com/auth/callback#",
        "https://example.com/auth/callback#a",
        "https://user@example.com/auth/callback",
        "https://@example.com/auth/callback",
        "https://example.com\\auth\\callback",
        "https://example.com/auth /callback",
        "https://example.com/a/../callback",
        "https:///auth/callback",
        "https://example.com",
        "https://example.com/",
        "https://example.com//callback",
        "https://example.com/auth/login",
        "https://example.com/{path}",
        "https://example.com/a%2fb",
    ] {
        let problem = problem(&with_sign_in(&[("AZURE_REDIRECT_URI", text)]));
        assert!(
            problem.contains("\n  AZURE_REDIRECT_URI") && problem.contains(" (flag): must "),
            "{text}: {problem}"
        );
    }
}

#[test]
fn a_base_url_that_cannot_be_redirected_to_is_refused() {
    for (name, value) in [("BASE_URL", "http://example.com"), ("PORT", "0")] {
        let problem = problem(&with_sign_in(&[(name, value)]));
        assert!(
            problem.contains("AZURE_REDIRECT_URI: ") && problem.contains("BASE_URL"),
            "{problem}"
        );
    }
}

#[test]
fn a_redirect_uri_that_is_not_at_the_base_url_is_a_warning() {
    let elsewhere = ("AZURE_REDIRECT_URI", "https://other.example/auth/callback");
    let config = config(&with_sign_in(&[
        ("BASE_URL", "https://example.com"),
        elsewhere,
    ]));
    assert!(
        config.warnings[0].starts_with("AZURE_REDIRECT_URI is not at BASE_URL"),
        "{:?}",
        config.warnings
    );
}

#[test]
fn a_redirect_uri_with_https_and_no_base_url_is_a_warning() {
    for (text, warnings) in [
        ("https://example.com/auth/callback", 1),
        ("http://localhost:5001/callback", 0),
    ] {
        let config = config(&with_sign_in(&[("AZURE_REDIRECT_URI", text)]));
        assert_eq!(config.warnings.len(), warnings, "{:?}", config.warnings);
    }
}

#[test]
fn another_name_of_this_machine_is_sent_to_the_one_of_the_redirect_uri() {
    for (uri, host, origin) in [
        ("http://localhost:8000/cb", "127.0.0.1:8000", true),
        ("http://localhost:8000/cb", "[::1]:8000", true),
        ("http://127.0.0.1:8000/cb", "LOCALHOST:8000", true),
        ("http://localhost:8000/cb", "localhost:8000", false),
        ("http://localhost:8000/cb", "127.0.0.1:9000", false),
        ("http://localhost:8000/cb", "evil.example:8000", false),
        ("https://site.example/cb", "127.0.0.1", false),
        ("http://localhost:8000/cb", "", false),
    ] {
        let config = config(&with_sign_in(&[("AZURE_REDIRECT_URI", uri)]));
        let redirect_uri = config.sign_in.unwrap().redirect_uri;
        let expected = origin.then(|| uri.trim_end_matches("/cb").to_owned());
        let case = format!("{uri} at {host}");
        assert_eq!(redirect_uri.other_loopback_origin(host), expected, "{case}");
    }
}
