//! The two cookies: the session's, and the one that ties a sign-in to the browser that began it.
//! Both are signed; over https their names carry `__Host-`, which keeps them from any other host.

use cookie::time::Duration;
use cookie::{Cookie, CookieJar, SameSite};
use salvo::Request;
use salvo::http::header::COOKIE;
use tower_sessions_core::session::Id;

use super::attempt;
use super::secrets::Keyring;

/// Which cookie.
#[derive(Clone, Copy)]
enum Name {
    Session,
    Browser,
}

impl Name {
    fn text(self, https: bool) -> &'static str {
        match (self, https) {
            (Self::Session, true) => "__Host-session",
            (Self::Session, false) => "session",
            (Self::Browser, true) => "__Host-sign-in",
            (Self::Browser, false) => "sign-in",
        }
    }
}

/// Reads and writes the cookies of one site.
#[derive(Clone, Copy)]
pub(super) struct Cookies<'a> {
    pub(super) keyring: &'a Keyring,
    /// By the scheme of `BASE_URL`, never of the request.
    pub(super) https: bool,
}

impl Cookies<'_> {
    /// The session's id, if the cookie is one of ours.
    pub(super) fn session(&self, request: &Request) -> Option<Id> {
        self.read(request, Name::Session)?.parse().ok()
    }

    /// The browser's token, if the cookie is one of ours.
    pub(super) fn browser(&self, request: &Request) -> Option<String> {
        self.read(request, Name::Browser)
    }

    /// Lives as long as the browser runs; the session's own limits are the server's.
    pub(super) fn new_session(&self, id: Id) -> Cookie<'static> {
        self.sign(Name::Session, id.to_string())
    }

    pub(super) fn no_session(&self) -> Cookie<'static> {
        let mut cookie = self.build(Name::Session, String::new());
        cookie.set_max_age(Duration::ZERO);
        cookie
    }

    pub(super) fn new_browser(&self, token: String) -> Cookie<'static> {
        let mut cookie = self.sign(Name::Browser, token);
        cookie.set_max_age(attempt::MEMORY);
        cookie
    }

    /// The first cookie of that name which is ours: over http another path or host of this machine can
    /// set one of the same name beside it.
    fn read(&self, request: &Request, name: Name) -> Option<String> {
        let name = name.text(self.https);
        let headers = request.headers().get_all(COOKIE).iter();
        headers
            .filter_map(|header| std::str::from_utf8(header.as_bytes()).ok())
            .flat_map(Cookie::split_parse_encoded)
            .filter_map(Result::ok)
            .filter(|cookie| cookie.name() == name)
            .find_map(|cookie| {
                let mut jar = CookieJar::new();
                jar.add_original(cookie.into_owned());
                jar.signed(self.keyring.cookies()).get(name)
            })
            .map(|cookie| cookie.value().to_owned())
    }

    fn sign(&self, name: Name, value: String) -> Cookie<'static> {
        let mut cookie = self.build(name, value);
        let mut jar = CookieJar::new();
        jar.signed_mut(self.keyring.cookies()).add(cookie.clone());
        let signed = jar
            .get(name.text(self.https))
            .map(|signed| signed.value().to_owned());
        cookie.set_value(signed.unwrap_or_default());
        cookie
    }

    fn build(&self, name: Name, value: String) -> Cookie<'static> {
        Cookie::build((name.text(self.https), value))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.https)
            .build()
    }
}
