//! PostgreSQL as libpq's keywords or URL, turned into the driver's options.

mod keyword_string;
mod keywords;
mod options;
mod tls;
mod url;

pub(super) use keyword_string::parse_keywords;
pub(super) use keywords::Keywords;
pub(super) use options::{connect_options, protect_token};
pub(super) use url::{is_url, parse_url};
