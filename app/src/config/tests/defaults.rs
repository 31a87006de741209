//! Defaults, and how they are changed.

use std::time::Duration;

use super::config;
use crate::client_address::TrustedProxies;
use crate::config::{DatabaseTarget, LogFormat};

const ON_APP_SERVICE: [(&str, &str); 2] = [
    ("WEBSITE_HOSTNAME", "site.azurewebsites.net"),
    ("DATABASE_URL", "postgres://a:b@host/c"),
];

#[test]
fn nothing_set_is_a_local_site_on_sqlite() {
    let config = config(&[]);
    assert_eq!(
        (config.http.host.as_str(), config.http.port),
        ("127.0.0.1", 8000)
    );
    assert_eq!(config.http.base_url, None);
    assert_eq!(
        config.http.trusted_proxies,
        TrustedProxies::Networks(Vec::new())
    );
    let DatabaseTarget::Sqlite(options) = &config.database.target else {
        panic!("not SQLite")
    };
    assert_eq!(options.get_filename().to_str(), Some("data/app.db"));
    assert_eq!(config.database.settings.database_pool_size, 8);
    assert_eq!(config.warnings, Vec::<String>::new());
}

#[test]
fn app_service_is_recognized_by_its_host_name() {
    let config = config(&ON_APP_SERVICE);
    assert_eq!(
        (config.http.host.as_str(), config.http.port),
        ("0.0.0.0", 8000)
    );
    assert_eq!(
        config.http.base_url.unwrap().origin(),
        "https://site.azurewebsites.net"
    );
    assert_eq!(config.http.trusted_proxies, TrustedProxies::Any);
}

#[test]
fn settings_win_over_the_defaults_of_app_service() {
    let set = [
        ("HOST", "::"),
        ("PORT", "8181"),
        ("BASE_URL", "https://example.com"),
        ("TRUSTED_PROXIES", "none"),
    ];
    let config = config(&[&ON_APP_SERVICE[..], &set].concat());
    assert_eq!((config.http.host.as_str(), config.http.port), ("::", 8181));
    assert_eq!(
        config.http.base_url.unwrap().origin(),
        "https://example.com"
    );
    assert_eq!(
        config.http.trusted_proxies,
        TrustedProxies::Networks(Vec::new())
    );
}

#[test]
fn the_limits_are_those_of_the_design() {
    let config = config(&[]);
    assert_eq!(config.http.shutdown_grace, Duration::from_secs(20));
    assert_eq!(config.http.request_head_timeout, Duration::from_secs(30));
    assert_eq!(config.http.request_body_timeout, Duration::from_secs(30));
    assert_eq!(config.http.write_timeout, Duration::from_secs(30));
    assert_eq!(
        (config.http.form_body_limit, config.http.request_head_limit),
        (65_536, 32_768)
    );
    assert_eq!(config.http.page_cache_bytes, 16 * 1024 * 1024);
    assert_eq!(
        config.database.settings.database_pool_timeout,
        Duration::from_secs(3)
    );
    assert_eq!(
        config.database.settings.database_timeout,
        Duration::from_secs(5)
    );
}

#[test]
fn an_empty_value_counts_as_unset() {
    let names = super::names();
    let empty: Vec<_> = names.iter().map(|name| (name.as_str(), "")).collect();
    assert_eq!(
        format!("{:?}", config(&empty)),
        format!("{:?}", config(&[]))
    );
}

#[test]
fn every_limit_of_the_server_can_be_set() {
    let limits = [
        ("RATE_LIMIT_WRITES", "0"),
        ("FORM_BODY_LIMIT", "4KiB"),
        ("REQUEST_HEAD_LIMIT", "8KiB"),
        ("MAX_CONCURRENT_REQUESTS", "5"),
        ("PAGE_CACHE_BYTES", "0"),
    ];
    let http = config(&limits).http;
    assert_eq!(
        (http.rate_limit_writes, http.max_concurrent_requests),
        (0, 5)
    );
    assert_eq!(
        (http.form_body_limit, http.request_head_limit),
        (4096, 8192)
    );
    assert_eq!(http.page_cache_bytes, 0);
}

#[test]
fn every_timeout_can_be_set() {
    let config = config(&[
        ("SHUTDOWN_GRACE", "0"),
        ("REQUEST_HEAD_TIMEOUT", "1s"),
        ("REQUEST_BODY_TIMEOUT", "2s"),
        ("WRITE_TIMEOUT", "3s"),
        ("DATABASE_POOL_TIMEOUT", "10ms"),
        ("DATABASE_TIMEOUT", "11ms"),
    ]);
    let http = config.http;
    let waits = [
        http.shutdown_grace,
        http.request_head_timeout,
        http.request_body_timeout,
        http.write_timeout,
    ];
    assert_eq!(waits.map(|wait| wait.as_secs()), [0, 1, 2, 3]);
    let waits = [
        config.database.settings.database_pool_timeout,
        config.database.settings.database_timeout,
    ];
    assert_eq!(waits.map(|wait| wait.as_millis()), [10, 11]);
}

#[test]
fn the_pool_and_the_log_can_be_set() {
    let config = config(&[
        ("DATABASE_POOL_SIZE", "9"),
        ("LOG_FORMAT", "text"),
        ("RUST_LOG", "warn,app=trace"),
    ]);
    assert_eq!(config.database.settings.database_pool_size, 9);
    assert_eq!(config.telemetry.log_format, LogFormat::Text);
    assert_eq!(config.telemetry.rust_log, "warn,app=trace");
}
