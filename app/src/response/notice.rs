//! Notices: a message about what has just succeeded, shown once on the page after a redirect.
//!
//! A cookie carries the notice's code to the next page. It contains no text, so that nobody can
//! make the site show another text, and it cannot be set by a link.

use cookie::time::Duration;
use salvo::http::Method;
use salvo::{Request, Response};

use crate::feature;
use crate::site_cookie;

const COOKIE_NAME: &str = "notice";

/// Longest time between the redirect and the page.
const LIFETIME: Duration = Duration::minutes(1);

/// A notice of the feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The value of the cookie.
    pub code: &'static str,
    /// What the page shows.
    pub text: &'static str,
}

impl Notice {
    /// Lets the next page show the notice.
    pub(super) fn send(self, response: &mut Response, is_https: bool) {
        let cookie = site_cookie::build(COOKIE_NAME, self.code, LIFETIME, is_https);
        response.add_cookie(cookie);
    }
}

/// Whether the next page shows a notice, and so must not be shared with other visitors.
pub fn has_notice(request: &Request) -> bool {
    site_cookie::read(request, COOKIE_NAME).is_some()
}

/// The notice that this page is to show; removes its cookie.
pub(super) fn take(
    request: &Request,
    response: &mut Response,
    is_https: bool,
) -> Option<&'static Notice> {
    let code = site_cookie::read(request, COOKIE_NAME)?;
    if request.method() != Method::HEAD {
        response.add_cookie(site_cookie::build(
            COOKIE_NAME,
            "",
            Duration::ZERO,
            is_https,
        ));
    }
    let mut notices = feature::NOTICES.iter();
    notices.find(|notice| notice.code.as_bytes() == code)
}
