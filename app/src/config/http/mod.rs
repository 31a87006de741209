//! Settings of the web server.

mod overwrite;

use std::time::Duration;

use super::base_url::BaseUrl;
use super::reader::Reader;
use super::settings::HttpSettings;
use super::trusted_proxies::TrustedProxies;

/// How the web server listens, and what it allows a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpConfig {
    pub host: String,
    pub port: u16,
    pub base_url: Option<BaseUrl>,
    pub trusted_proxies: TrustedProxies,
    /// Per client address and minute; 0 = no limit.
    pub rate_limit_writes: u32,
    pub shutdown_grace: Duration,
    pub request_head_timeout: Duration,
    pub request_body_timeout: Duration,
    pub write_timeout: Duration,
    /// In bytes.
    pub form_body_limit: usize,
    /// In bytes.
    pub request_head_limit: usize,
    pub max_concurrent_requests: usize,
    pub list_page_size: u64,
    pub details_page_size: u64,
    pub search_limit: u64,
}

impl HttpConfig {
    pub(super) fn read(settings: &HttpSettings, on_app_service: bool, reader: &mut Reader) -> Self {
        let mut config = Self::with_defaults(on_app_service);
        config.overwrite(settings, reader);
        config
    }

    fn with_defaults(on_app_service: bool) -> Self {
        Self {
            host: if on_app_service {
                "0.0.0.0"
            } else {
                "127.0.0.1"
            }
            .to_owned(),
            port: 8000,
            base_url: None,
            trusted_proxies: if on_app_service {
                TrustedProxies::Any
            } else {
                TrustedProxies::None
            },
            rate_limit_writes: 60,
            shutdown_grace: Duration::from_secs(20),
            request_head_timeout: Duration::from_secs(30),
            request_body_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(30),
            form_body_limit: 64 * 1024,
            request_head_limit: 32 * 1024,
            max_concurrent_requests: 1000,
            list_page_size: 50,
            details_page_size: 20,
            search_limit: 1000,
        }
    }
}
