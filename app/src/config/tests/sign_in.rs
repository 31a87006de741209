//! The settings of sign-in.

use std::time::Duration;

use super::{config, problem, with_sign_in};
use crate::config::{AllowedTenants, SignInConfig, SignInRequired, SignInSettings};
use crate::secret::Secret;

const TENANT: &str = "11111111-2222-3333-4444-555555555555";

fn sign_in(changes: &[(&str, &str)]) -> SignInConfig {
    config(&with_sign_in(changes)).sign_in.unwrap()
}

fn settings(changes: &[(&str, &str)]) -> SignInSettings {
    sign_in(changes).settings
}

#[test]
fn the_public_cloud_is_the_default() {
    let sign_in = sign_in(&[]);
    let settings = sign_in.settings;
    assert_eq!(
        settings.azure_authority_host.origin(),
        "https://login.microsoftonline.com"
    );
    assert_eq!(
        settings.azure_graph_url.origin(),
        "https://graph.microsoft.com"
    );
    assert_eq!(settings.azure_allowed_tenants, None);
    assert_eq!(settings.session_idle_timeout, Duration::from_hours(8));
    assert_eq!(settings.session_max_age, Duration::from_hours(24));
    assert_eq!(settings.sign_in_required, SignInRequired::Writes);
    assert_eq!(settings.rate_limit_login, 30);
    assert_eq!(settings.azure_client_secret, Some(Secret::from("s3cret")));
    assert_eq!(
        (sign_in.client_id.as_str(), sign_in.tenant.as_str()),
        ("client", "contoso.onmicrosoft.com")
    );
    assert_eq!(
        sign_in.session_key.expose(),
        "0123456789abcdef0123456789s3cret"
    );
}

#[test]
fn every_setting_of_sign_in_can_be_changed() {
    let settings = settings(&[
        ("SIGN_IN_REQUIRED", "all"),
        ("SESSION_IDLE_TIMEOUT", "10m"),
        ("SESSION_MAX_AGE", "1h"),
        ("RATE_LIMIT_LOGIN", "0"),
        ("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us/"),
        ("AZURE_GRAPH_URL", "https://graph.microsoft.us"),
    ]);
    assert_eq!(
        (settings.sign_in_required, settings.rate_limit_login),
        (SignInRequired::All, 0)
    );
    assert_eq!(
        [settings.session_idle_timeout, settings.session_max_age].map(|time| time.as_secs()),
        [600, 3600]
    );
    assert_eq!(
        settings.azure_authority_host.origin(),
        "https://login.microsoftonline.us"
    );
    assert_eq!(
        settings.azure_graph_url.origin(),
        "https://graph.microsoft.us"
    );
}

#[test]
fn a_secret_wins_over_an_identity() {
    let identity = ("AZURE_MANAGED_IDENTITY_CLIENT_ID", "identity");
    assert!(settings(&[identity]).azure_client_secret.is_some());
    let config = config(&with_sign_in(&[identity, ("AZURE_CLIENT_SECRET", "")]));
    let settings = config.sign_in.unwrap().settings;
    assert_eq!(settings.azure_client_secret, None);
    assert_eq!(
        settings.azure_token_exchange_audience,
        "api://AzureADTokenExchange"
    );
    assert_eq!(
        config.outbound.azure_managed_identity_client_id.as_deref(),
        Some("identity")
    );
}

#[test]
fn the_audience_is_taken_as_it_is_written() {
    let audience = "api://AzureADTokenExchangeUSGov";
    let settings = settings(&[
        ("AZURE_MANAGED_IDENTITY_CLIENT_ID", "identity"),
        ("AZURE_CLIENT_SECRET", ""),
        ("AZURE_TOKEN_EXCHANGE_AUDIENCE", audience),
    ]);
    assert_eq!(settings.azure_token_exchange_audience, audience);
}

#[test]
fn a_tenant_that_stands_for_many_needs_the_allowed_ones() {
    for tenant in ["organizations", "common", "consumers", "Common"] {
        let problem = problem(&with_sign_in(&[("AZURE_TENANT_ID", tenant)]));
        assert!(
            problem.contains("AZURE_ALLOWED_TENANTS: set it too"),
            "{problem}"
        );
    }
    let any = settings(&[
        ("AZURE_TENANT_ID", "common"),
        ("AZURE_ALLOWED_TENANTS", "*"),
    ]);
    assert_eq!(any.azure_allowed_tenants, Some(AllowedTenants::Any));
    let upper = "AAAAAAAA-2222-3333-4444-555555555555";
    let list = format!("{TENANT}, {upper}");
    let listed = settings(&[
        ("AZURE_TENANT_ID", "organizations"),
        ("AZURE_ALLOWED_TENANTS", &list),
    ]);
    let expected = AllowedTenants::Listed([TENANT.to_owned(), upper.to_ascii_lowercase()].into());
    assert_eq!(listed.azure_allowed_tenants, Some(expected));
}

#[test]
fn an_identity_and_the_limits_of_calls_hold_without_sign_in() {
    let outbound = config(&[]).outbound;
    assert_eq!(
        (outbound.outbound_timeout, outbound.outbound_body_limit),
        (Duration::from_secs(10), 1_048_576)
    );
    let outbound = config(&[
        ("AZURE_MANAGED_IDENTITY_CLIENT_ID", "identity"),
        ("OUTBOUND_TIMEOUT", "2s"),
        ("OUTBOUND_BODY_LIMIT", "2KiB"),
    ])
    .outbound;
    assert_eq!(
        outbound.azure_managed_identity_client_id.as_deref(),
        Some("identity")
    );
    assert_eq!(
        (outbound.outbound_timeout, outbound.outbound_body_limit),
        (Duration::from_secs(2), 2048)
    );
}
