//! Settings of sign-in that are missing, invalid or without effect.

use super::{config, problem, with_sign_in};

#[test]
fn without_a_client_id_nobody_can_sign_in_and_the_rest_is_ignored() {
    assert!(config(&[]).sign_in.is_none());
    let config = config(&[
        ("AZURE_CLIENT_SECRET", " short'"),
        ("SESSION_SECRET_KEY", "short"),
        ("SIGN_IN_REQUIRED", "all"),
    ]);
    assert!(config.sign_in.is_none());
    let warning = "AZURE_CLIENT_SECRET, SIGN_IN_REQUIRED ignored: nobody can sign in, because AZURE_CLIENT_ID is not set";
    assert_eq!(config.warnings, [warning]);
}

#[test]
fn everything_that_a_client_id_requires_is_reported_at_once() {
    let problem = problem(&[("AZURE_CLIENT_ID", "client")]);
    for name in [
        "AZURE_TENANT_ID",
        "AZURE_CLIENT_SECRET",
        "SESSION_SECRET_KEY",
    ] {
        assert!(
            problem.contains(&format!("\n  {name}: set it too: AZURE_CLIENT_ID is set")),
            "{problem}"
        );
    }
    assert_eq!(problem.lines().count(), 4, "{problem}");
}

#[test]
fn another_cloud_without_its_graph_is_a_warning() {
    let config = config(&with_sign_in(&[(
        "AZURE_AUTHORITY_HOST",
        "https://login.microsoftonline.us",
    )]));
    assert!(config.warnings[0].starts_with("AZURE_GRAPH_URL is not set"));
}

#[test]
fn an_invalid_setting_is_refused_by_name() {
    for (name, value) in [
        ("AZURE_CLIENT_ID", " s3cret"),
        ("AZURE_CLIENT_ID", "   "),
        ("AZURE_CLIENT_ID", "s3cret id"),
        ("AZURE_CLIENT_ID", "s3cret&scope=x"),
        ("AZURE_TENANT_ID", "tenant/../common"),
        ("AZURE_TENANT_ID", ".."),
        ("AZURE_CLIENT_SECRET", "s3cret "),
        ("AZURE_CLIENT_SECRET", "\"s3cret\""),
        ("SESSION_SECRET_KEY", "s3cret"),
        ("SESSION_SECRET_KEY", "0123456789abcdef0123456789s3cre"),
        ("AZURE_AUTHORITY_HOST", "login.microsoftonline.com"),
        ("AZURE_AUTHORITY_HOST", "http://login.microsoftonline.com"),
        (
            "AZURE_AUTHORITY_HOST",
            "https://login.microsoftonline.com/path",
        ),
        (
            "AZURE_AUTHORITY_HOST",
            "https://login.microsoftonline.com?s3cret",
        ),
        (
            "AZURE_AUTHORITY_HOST",
            "https://user:s3cret@login.microsoftonline.com",
        ),
        ("AZURE_GRAPH_URL", "http://graph.microsoft.com"),
        ("AZURE_GRAPH_URL", "https://graph.microsoft.com/v1.0"),
        ("AZURE_MANAGED_IDENTITY_CLIENT_ID", "an id"),
        ("AZURE_ALLOWED_TENANTS", "contoso.com"),
        ("SIGN_IN_REQUIRED", "yes"),
        ("SESSION_MAX_AGE", "0"),
        ("RATE_LIMIT_LOGIN", "-1"),
    ] {
        let problem = problem(&with_sign_in(&[(name, value)]));
        assert!(
            problem.starts_with(&format!("The configuration has a problem:\n  {name}")),
            "{value}: {problem}"
        );
        assert!(!problem.contains("s3cret"), "{problem}");
    }
}

#[test]
fn the_debug_text_shows_no_secret() {
    let text = format!("{:?}", config(&with_sign_in(&[])));
    assert!(!text.contains("s3cret"), "{text}");
}
