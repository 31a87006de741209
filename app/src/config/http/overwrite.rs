//! Puts the settings that are set in the place of their defaults.

use std::net::IpAddr;
use std::time::Duration;

use super::HttpConfig;
use crate::config::base_url::BaseUrl;
use crate::config::reader::Reader;
use crate::config::settings::HttpSettings;
use crate::config::trusted_proxies::TrustedProxies;
use crate::config::units::{LONGEST, SHORTEST, duration, number, size};

/// The smallest read buffer that hyper accepts, in bytes.
const SMALLEST_HEAD: usize = 8 * 1024;

/// In bytes: beyond this a request would be an upload.
const LARGEST: usize = 16 * 1024 * 1024;

impl HttpConfig {
    pub(super) fn overwrite(&mut self, settings: &HttpSettings, reader: &mut Reader) {
        self.read_address(settings, reader);
        self.read_waits(settings, reader);
        self.read_limits(settings, reader);
        self.read_pages(settings, reader);
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
    }

    fn read_pages(&mut self, settings: &HttpSettings, reader: &mut Reader) {
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
