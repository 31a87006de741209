//! Settings of the web server.

#![expect(clippy::doc_markdown, reason = "the comments are the help text")]

use std::net::IpAddr;
use std::time::Duration;

use clap::builder::ArgPredicate::IsPresent;

use super::base_url::BaseUrl;
use super::parsers::{MILLISECOND, duration, has_only, number, size};
use crate::client_address::TrustedProxies;

/// The smallest read buffer that hyper accepts, in bytes.
const MIN_HEAD_SIZE: usize = 8 * 1024;

/// In bytes: a larger request would be an upload.
const MAX_REQUEST_SIZE: usize = 16 * 1024 * 1024;

/// In bytes: more than a small instance has.
const MAX_CACHE_SIZE: usize = 1024 * 1024 * 1024;

/// How the web server listens, and its limits.
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Server")]
pub struct HttpConfig {
    /// Address to listen on; 0.0.0.0 on App Service
    #[arg(long, env, value_name = "ADDRESS", default_value = "127.0.0.1", value_parser = parse_host)]
    #[arg(default_value_if("website_hostname", IsPresent, "0.0.0.0"))]
    pub host: String,
    /// Port to listen on; 0 takes any free one
    #[arg(long, env, value_name = "NUMBER", default_value = "8000", value_parser = number(0..=u16::MAX))]
    pub port: u16,
    /// Public origin, such as https://www.example.com; unset: the request's own host, or on App Service https://$WEBSITE_HOSTNAME
    #[arg(long, env, value_name = "ORIGIN", value_parser = BaseUrl::parse)]
    pub base_url: Option<BaseUrl>,
    /// Host name of the site, set by App Service; its presence means "on App Service"
    #[arg(long, env, value_name = "NAME", value_parser = parse_website)]
    pub(super) website_hostname: Option<BaseUrl>,
    /// Peers whose X-Forwarded-For is trusted: addresses and networks separated by commas, * for any, or none; * on App Service
    #[arg(long, env, value_name = "LIST", default_value = "none", value_parser = TrustedProxies::parse)]
    #[arg(default_value_if("website_hostname", IsPresent, "*"))]
    pub trusted_proxies: TrustedProxies,
    /// Form submissions per minute and client address, counted behind a trusted proxy only; 0 = no limit
    #[arg(long, env, value_name = "NUMBER", default_value = "60", value_parser = number(0..=1_000_000_u32))]
    pub rate_limit_writes: u32,
    /// Maximum wait for requests in flight at shutdown
    #[arg(long, env, value_name = "DURATION", default_value = "20s", value_parser = duration(Duration::ZERO))]
    pub shutdown_grace: Duration,
    /// Maximum time to receive a request's head
    #[arg(long, env, value_name = "DURATION", default_value = "30s", value_parser = duration(MILLISECOND))]
    pub request_head_timeout: Duration,
    /// Maximum time to receive a request's body
    #[arg(long, env, value_name = "DURATION", default_value = "30s", value_parser = duration(MILLISECOND))]
    pub request_body_timeout: Duration,
    /// Time without progress after which sending a response is aborted
    #[arg(long, env, value_name = "DURATION", default_value = "30s", value_parser = duration(MILLISECOND))]
    pub write_timeout: Duration,
    /// Maximum size of a form body; a larger one gets status 413
    #[arg(long, env, value_name = "SIZE", default_value = "64KiB", value_parser = size(1024..=MAX_REQUEST_SIZE))]
    pub form_body_limit: usize,
    /// Maximum size of a request head; a larger one gets status 431
    #[arg(long, env, value_name = "SIZE", default_value = "32KiB", value_parser = size(MIN_HEAD_SIZE..=MAX_REQUEST_SIZE))]
    pub request_head_limit: usize,
    /// Requests handled at the same time; any more get status 503
    #[arg(long, env, value_name = "NUMBER", default_value = "1000", value_parser = number(1..=1_000_000_usize))]
    pub max_concurrent_requests: usize,
    /// Memory for cached pages of anonymous visitors; 0 = no cache
    #[arg(long, env, value_name = "SIZE", default_value = "16MiB", value_parser = size(0..=MAX_CACHE_SIZE))]
    pub page_cache_bytes: usize,
    /// Where to report vulnerabilities, for /.well-known/security.txt: a mailto: or https: address
    #[arg(long, env, value_name = "ADDRESS", value_parser = parse_contact)]
    pub security_contact: Option<String>,
}

impl HttpConfig {
    /// The public origin, without a slash at the end.
    pub fn origin(&self) -> String {
        let base_url = self.base_url.as_ref();
        base_url.map_or_else(
            || format!("http://localhost:{}", self.port),
            BaseUrl::origin,
        )
    }

    /// Whether visitors reach the site over https.
    pub fn is_https(&self) -> bool {
        self.base_url.as_ref().is_some_and(BaseUrl::is_https)
    }
}

fn parse_host(text: &str) -> Result<String, &'static str> {
    if text.parse::<IpAddr>().is_err() && !has_only(text, "-.") {
        return Err(
            "must be an address or host name such as 0.0.0.0, ::1 or localhost, without a port \
             (some shells set HOST for themselves: unset it or use --host)",
        );
    }
    Ok(text.to_owned())
}

fn parse_website(host_name: &str) -> Result<BaseUrl, &'static str> {
    BaseUrl::parse(&format!("https://{host_name}"))
        .map_err(|_| "must be a host name such as example.azurewebsites.net")
}

/// A value of the field `Contact` (RFC 9116, section 2.5.3).
fn parse_contact(text: &str) -> Result<String, &'static str> {
    let is_known = text.starts_with("mailto:") || text.starts_with("https://");
    if !is_known || text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err("must begin with mailto: or https://, without whitespace");
    }
    Ok(text.to_owned())
}
