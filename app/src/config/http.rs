//! Settings of the web server.

use std::net::IpAddr;
use std::time::Duration;

use super::base_url::BaseUrl;
use super::reader::Reader;
use super::settings::HttpSettings;
use super::trusted_proxies::TrustedProxies;
use super::units::{LONGEST, duration, number, size};

const SHORTEST: Duration = Duration::from_millis(1);

/// The smallest read buffer that hyper accepts, in bytes.
const SMALLEST_HEAD: usize = 8 * 1024;

/// In bytes: beyond this a request would be an upload.
const LARGEST: usize = 16 * 1024 * 1024;

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
        config.read_address(settings, reader);
        config.read_waits(settings, reader);
        config.read_limits(settings, reader);
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

    fn read_address(&mut self, settings: &HttpSettings, reader: &mut Reader) {
        reader.set(&mut self.host, "HOST", settings.host.as_deref(), parse_host);
        reader.set(
            &mut self.port,
            "PORT",
            settings.port.as_deref(),
            number(0..=u16::MAX),
        );
        let proxies = settings.trusted_proxies.as_deref();
        reader.set(
            &mut self.trusted_proxies,
            "TRUSTED_PROXIES",
            proxies,
            TrustedProxies::parse,
        );
        let website = settings.website_hostname.as_deref();
        let website = reader.parse("WEBSITE_HOSTNAME", website, parse_website);
        let base_url = settings.base_url.as_deref();
        self.base_url = reader
            .parse("BASE_URL", base_url, BaseUrl::parse)
            .or(website);
    }

    fn read_waits(&mut self, settings: &HttpSettings, reader: &mut Reader) {
        let grace = settings.shutdown_grace.as_deref();
        reader.set(
            &mut self.shutdown_grace,
            "SHUTDOWN_GRACE",
            grace,
            duration(Duration::ZERO..=LONGEST),
        );
        for (name, text, field) in [
            (
                "REQUEST_HEAD_TIMEOUT",
                &settings.request_head_timeout,
                &mut self.request_head_timeout,
            ),
            (
                "REQUEST_BODY_TIMEOUT",
                &settings.request_body_timeout,
                &mut self.request_body_timeout,
            ),
            (
                "WRITE_TIMEOUT",
                &settings.write_timeout,
                &mut self.write_timeout,
            ),
        ] {
            reader.set(field, name, text.as_deref(), duration(SHORTEST..=LONGEST));
        }
    }

    fn read_limits(&mut self, settings: &HttpSettings, reader: &mut Reader) {
        let writes = settings.rate_limit_writes.as_deref();
        reader.set(
            &mut self.rate_limit_writes,
            "RATE_LIMIT_WRITES",
            writes,
            number(0..=1_000_000),
        );
        let form = settings.form_body_limit.as_deref();
        reader.set(
            &mut self.form_body_limit,
            "FORM_BODY_LIMIT",
            form,
            size(1024..=LARGEST),
        );
        let head = settings.request_head_limit.as_deref();
        reader.set(
            &mut self.request_head_limit,
            "REQUEST_HEAD_LIMIT",
            head,
            size(SMALLEST_HEAD..=LARGEST),
        );
        let requests = settings.max_concurrent_requests.as_deref();
        reader.set(
            &mut self.max_concurrent_requests,
            "MAX_CONCURRENT_REQUESTS",
            requests,
            number(1..=1_000_000),
        );
        for (name, text, field, most) in [
            (
                "LIST_PAGE_SIZE",
                &settings.list_page_size,
                &mut self.list_page_size,
                1000,
            ),
            (
                "DETAILS_PAGE_SIZE",
                &settings.details_page_size,
                &mut self.details_page_size,
                1000,
            ),
            (
                "SEARCH_LIMIT",
                &settings.search_limit,
                &mut self.search_limit,
                100_000,
            ),
        ] {
            reader.set(field, name, text.as_deref(), number(1..=most));
        }
    }
}

fn parse_host(text: &str) -> Result<String, String> {
    let in_host_name =
        |character: char| character.is_ascii_alphanumeric() || "-.".contains(character);
    if text.parse::<IpAddr>().is_ok() || text.chars().all(in_host_name) {
        Ok(text.to_owned())
    } else {
        Err(
            "write an address or host name such as 0.0.0.0, ::1 or localhost, without a port"
                .to_owned(),
        )
    }
}

fn parse_website(host_name: &str) -> Result<BaseUrl, String> {
    BaseUrl::parse(&format!("https://{host_name}"))
        .map_err(|_| "write a host name such as example.azurewebsites.net".to_owned())
}
