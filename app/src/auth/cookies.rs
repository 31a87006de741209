//! The session cookie and the sign-in cookie: names, attributes (`HttpOnly`, `SameSite`, `Secure`), signature.
//!
//! The session cookie holds the session id. The sign-in cookie ties a sign-in attempt to the browser
//! that began it (protection against login CSRF). Over https both names carry the prefix `__Host-`,
//! which keeps other hosts from setting them.
//!
//! Each browser token has a sign-in cookie of its own name: several tabs of a browser without a cookie that begin
//! at the same moment do not overwrite each other's.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cookie::time::Duration;
use cookie::{Cookie, CookieJar, Key, SameSite};
use hmac::{Hmac, KeyInit as _, Mac as _};
use salvo::Request;
use salvo::http::header::COOKIE;
use sha2::{Digest as _, Sha256};
use tower_sessions_core::session::Id;

/// How long an attempt is kept, by the table and by the sign-in cookie: a user who comes back after
/// its lifetime sees the page "The sign-in has expired".
pub(super) const ATTEMPT_RETENTION: Duration = Duration::minutes(30);

/// More sign-in cookies of one browser are ignored.
const BROWSER_TOKENS_LIMIT: usize = 10;

/// The keys derived from `SESSION_SECRET_KEY`.
pub(super) struct Keyring(Key);

impl Keyring {
    /// `secret` has at least 32 bytes.
    pub(super) fn new(secret: &str) -> Self {
        Self(Key::derive_from(secret.as_bytes()))
    }

    /// A value of 256 bits that only this site can compute, 43 characters.
    pub(super) fn derive(&self, purpose: &str, input: &str) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.0.encryption()).expect("a key of any length");
        mac.update(purpose.as_bytes());
        mac.update(input.as_bytes());
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }
}

/// A random value of 256 bits, 43 characters.
pub fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// The SHA-256 of a secret, which the database stores in place of it: a copy of the table gives no
/// access.
pub(super) fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret))
}

/// Name of the session cookie of a site with this scheme.
pub fn session_cookie_name(https: bool) -> &'static str {
    if https { "__Host-session" } else { "session" }
}

#[derive(Clone, Copy)]
enum Name {
    Session,
    SignIn,
}

/// Reads and writes the signed cookies.
pub struct Cookies {
    keyring: Keyring,
    https: bool,
}

impl Cookies {
    /// `https` is the scheme of `BASE_URL`, never of the request.
    pub(super) fn new(keyring: Keyring, https: bool) -> Self {
        Self { keyring, https }
    }

    pub(super) fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// The session id in the request's session cookie, if its signature is valid.
    pub(super) fn session_id(&self, request: &Request) -> Option<Id> {
        let name = self.name(Name::Session);
        let first = self.read_all(request, |other| other == name).next();
        first?.parse().ok()
    }

    /// The browser tokens in the request's sign-in cookies with a valid signature. One, unless several tabs
    /// have begun at the same moment.
    pub fn browser_tokens(&self, request: &Request) -> Vec<String> {
        let prefix = self.name(Name::SignIn);
        let tokens = self.read_all(request, |name| name.starts_with(prefix));
        tokens.take(BROWSER_TOKENS_LIMIT).collect()
    }

    /// A session cookie without `Max-Age`: it ends with the browser, the session's own lifetime is
    /// kept by the server.
    pub fn session(&self, id: Id) -> Cookie<'static> {
        self.sign(self.name(Name::Session), id.to_string())
    }

    /// Removes the session cookie.
    pub fn removed_session(&self) -> Cookie<'static> {
        let mut cookie = self.build(self.name(Name::Session), String::new());
        cookie.set_max_age(Duration::ZERO);
        cookie
    }

    /// A sign-in cookie with this browser token.
    pub fn sign_in(&self, browser_token: String) -> Cookie<'static> {
        let name = format!("{}-{}", self.name(Name::SignIn), &hash(&browser_token)[..8]);
        let mut cookie = self.sign(name, browser_token);
        cookie.set_max_age(ATTEMPT_RETENTION);
        cookie
    }

    fn name(&self, name: Name) -> &'static str {
        match (name, self.https) {
            (Name::Session, https) => session_cookie_name(https),
            (Name::SignIn, true) => "__Host-sign-in",
            (Name::SignIn, false) => "sign-in",
        }
    }

    /// The values of these cookies with a valid signature: over http another path or another program on this
    /// host can set a cookie of the same name.
    fn read_all(
        &self,
        request: &Request,
        is_wanted: impl Fn(&str) -> bool,
    ) -> impl Iterator<Item = String> {
        let headers = request.headers().get_all(COOKIE).iter();
        headers
            .flat_map(|header| header.as_bytes().split(|byte| *byte == b';'))
            // Each pair by itself: another program's cookie may be malformed.
            .filter_map(|pair| std::str::from_utf8(pair).ok())
            .filter_map(|pair| Cookie::parse_encoded(pair.trim()).ok())
            .filter(move |cookie| is_wanted(cookie.name()))
            .filter_map(|cookie| {
                let name = cookie.name().to_owned();
                let mut jar = CookieJar::new();
                jar.add_original(cookie.into_owned());
                jar.signed(&self.keyring.0).get(&name)
            })
            .map(|cookie| cookie.value().to_owned())
    }

    fn sign(&self, name: impl Into<String>, value: String) -> Cookie<'static> {
        let mut cookie = self.build(name, value);
        let mut jar = CookieJar::new();
        jar.signed_mut(&self.keyring.0).add(cookie.clone());
        let signed = jar
            .get(cookie.name())
            .map(|signed| signed.value().to_owned());
        cookie.set_value(signed.unwrap_or_default());
        cookie
    }

    fn build(&self, name: impl Into<String>, value: String) -> Cookie<'static> {
        Cookie::build((name.into(), value))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.https)
            .build()
    }
}
