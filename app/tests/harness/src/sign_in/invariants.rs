//! Invariants that hold after every request:
//!
//! - I1: only an expected sign-in changes the account or adds a session.
//! - I2: a callback can be used once.
//! - I3: no page and no log line contains a secret or a panic; every error page has a reference and a recovery link.
//! - I4: every response has the security headers.
//! - I5: requests to the provider, time and memory are limited.
//! - I6: with a correct provider, sign-in works again.
//! - I7: an anonymous visitor gets the public page, without a cookie.
//! - I8: every error is logged once, with its reason.

use std::collections::BTreeSet;
use std::time::Duration;

use entra_emulator::Endpoint;
use reqwest::StatusCode;
use reqwest::header::{CACHE_CONTROL, LOCATION, SET_COOKIE};
use url::Url;

use super::browser::{Browser, Exchange};
use super::expected::Expected;
use super::log::Line;
use super::site::{SESSION_KEY, SignInSite};
use crate::Response;

/// How much longer than the outbound timeout a response may take.
const MARGIN: Duration = Duration::from_secs(1);

/// How much more memory a request may take, in bytes.
const MEMORY_LIMIT: u64 = 32 << 20;

impl SignInSite {
    /// Opens an address and asserts the response and the invariants.
    pub async fn open(&self, browser: &Browser, address: &str, expected: Expected) -> Response {
        let request = browser.request(reqwest::Method::GET, address);
        self.send(browser, request, expected).await
    }

    /// Sends any request and asserts the response and the invariants.
    pub async fn send(
        &self,
        browser: &Browser,
        request: reqwest::RequestBuilder,
        expected: Expected,
    ) -> Response {
        let (account, sessions) = (browser.account().await, self.count("session").await);
        let again = request.try_clone().expect("a request without a stream");
        let memory = self.memory();
        self.emulator.clear_requests();
        let response = browser.send(request).await;
        assert_eq!(response.status, expected.status, "{}", response.body);
        self.assert_calls(&expected);
        self.assert_account(browser, account, &expected).await;
        self.assert_sessions(sessions, &expected).await;
        self.assert_single_use(browser, again).await;
        self.assert_public_page().await;
        self.assert_invariants().await;
        self.assert_memory(&memory);
        if expected.recovers {
            self.assert_recovers().await;
        }
        response
    }

    /// Whether the test has set a more detailed log level than the default.
    fn logs_details(&self) -> bool {
        self.settings.iter().any(|(name, _)| name == "RUST_LOG")
    }

    /// I3, I4, I5 and I8 of every response since the last time.
    pub async fn assert_invariants(&self) {
        let exchanges = std::mem::take(&mut *self.transcript.lock().expect("the transcript"));
        for exchange in &exchanges {
            self.log
                .wait_for(0, |line| is_last_line(line, exchange))
                .await;
        }
        let lines = self.unread_lines();
        let secrets = self.secrets(&exchanges);
        for exchange in &exchanges {
            assert_headers(exchange);
            assert_page(exchange, &secrets);
            assert_reason(exchange, &lines, self.logs_details());
            let limit = self.outbound_timeout + MARGIN;
            assert!(exchange.elapsed <= limit, "I5: {exchange:?}");
        }
        for line in &lines {
            assert!(
                !line.json.is_null(),
                "I3: not one line of JSON: {}",
                line.text
            );
            assert_no_secrets(&line.text, &secrets);
        }
    }

    /// Signs in with a new browser, and asserts the result.
    pub async fn sign_in(&self, expected: Expected) -> Response {
        let browser = self.browser();
        let person = expected.person.clone();
        let person = person.as_deref().unwrap_or(self.default_person);
        let callback = browser.begin_as(person).await;
        self.open(&browser, &callback, expected).await
    }

    /// I6: ends all misbehaviour of the provider, then signs in and out.
    pub async fn assert_recovers(&self) {
        self.emulator.end_misbehaviour();
        let browser = self.browser();
        let response = browser.sign_in(self.default_person).await;
        assert_eq!(
            response.status,
            StatusCode::SEE_OTHER,
            "I6: {}",
            response.body
        );
        let account = browser.account().await;
        assert_eq!(account, Some(self.object_id(self.default_person)), "I6");
        browser.post("/auth/logout", &[]).await;
        assert_eq!(browser.account().await, None, "I6");
        self.assert_invariants().await;
    }

    /// The memory of each instance now; the peak is measured from now on.
    fn memory(&self) -> Vec<u64> {
        let instances = self.instances.iter();
        let held = instances.filter_map(|app| {
            app.reset_peak_memory();
            Some(app.memory()?.now)
        });
        held.collect()
    }

    fn assert_calls(&self, expected: &Expected) {
        for (endpoint, times) in &expected.calls {
            let calls = self.emulator.requests_to(*endpoint).len();
            assert_eq!(calls, *times, "I5: calls of {endpoint:?}");
        }
        let other = self.emulator.requests_to(Endpoint::Other);
        assert!(other.is_empty(), "I5: {other:?}");
    }

    async fn assert_account(&self, browser: &Browser, before: Option<String>, expected: &Expected) {
        let person = expected.person.as_deref();
        let account = person.map(|key| self.object_id(key)).or(before);
        assert_eq!(browser.account().await, account, "I1");
    }

    async fn assert_sessions(&self, before: i64, expected: &Expected) {
        let sessions = self.count("session").await;
        let begun = i64::from(expected.person.is_some());
        assert!(sessions <= before + begun, "I1: {sessions} sessions");
    }

    /// I2: a response of the provider can be used once, whatever the result.
    async fn assert_single_use(&self, browser: &Browser, again: reqwest::RequestBuilder) {
        let calls = self.emulator.requests_to(Endpoint::Token).len();
        let path = again.try_clone().and_then(|again| again.build().ok());
        if path.is_none_or(|request| !request.url().path().ends_with("/callback")) {
            return;
        }
        let response = browser.send(again).await;
        let status = response.status.as_u16();
        assert!(status < 500 || status == 501, "I2: {}", response.body);
        let more = self.emulator.requests_to(Endpoint::Token).len();
        assert_eq!(
            more, calls,
            "I2: a token request for a callback that was already used"
        );
    }

    /// I7.
    async fn assert_public_page(&self) {
        let response = self.browser().get("/").await;
        assert_eq!(response.status, StatusCode::OK, "I7: {}", response.body);
        assert!(
            !response.headers.contains_key(SET_COOKIE),
            "I7: a cookie for nobody"
        );
    }

    fn assert_memory(&self, before: &[u64]) {
        let peaks = self
            .instances
            .iter()
            .filter_map(super::instance::App::memory);
        for (memory, before) in peaks.zip(before) {
            assert!(
                memory.peak < before + MEMORY_LIMIT,
                "I5: {before} bytes, then {memory:?}"
            );
        }
    }

    fn object_id(&self, key: &str) -> String {
        let people = self.emulator.people();
        let person = people.iter().find(|person| person.key == key);
        person.expect("a person of the emulator").object_id.clone()
    }

    fn unread_lines(&self) -> Vec<Line> {
        let mut read = self.read.lock().expect("the mark");
        let lines = self.log.since(*read);
        *read += lines.len();
        lines
    }

    /// Texts that no page and no log line may contain.
    fn secrets(&self, exchanges: &[Exchange]) -> BTreeSet<String> {
        let mut secrets = BTreeSet::from([SESSION_KEY.to_owned()]);
        secrets.extend(self.emulator.secrets());
        for request in self.emulator.requests_to(Endpoint::Token) {
            secrets.extend(request.form("code_verifier").map(str::to_owned));
        }
        secrets.extend(exchanges.iter().flat_map(secrets_of));
        // A shorter text, such as a forged token, may occur by chance.
        secrets.retain(|secret| secret.len() > 8);
        secrets
    }
}

/// The values of cookies, `state` and `nonce`.
fn secrets_of(exchange: &Exchange) -> Vec<String> {
    let cookies = exchange.headers.get_all(SET_COOKIE).iter();
    let cookies = cookies.filter_map(|text| cookie::Cookie::parse(text.to_str().ok()?).ok());
    let mut secrets: Vec<_> = cookies.map(|cookie| cookie.value().to_owned()).collect();
    let location = exchange
        .headers
        .get(LOCATION)
        .and_then(|text| text.to_str().ok());
    if let Some(url) = location.and_then(|location| Url::parse(location).ok()) {
        let pairs = url.query_pairs().into_owned();
        let unique = pairs.filter(|(name, _)| ["state", "nonce"].contains(&name.as_str()));
        secrets.extend(unique.map(|(_, value)| value));
    }
    secrets
}

fn assert_no_secrets(text: &str, secrets: &BTreeSet<String>) {
    let secret = secrets.iter().find(|secret| text.contains(*secret));
    assert_eq!(secret, None, "I3: a secret in {text}");
    for trace in ["panicked", "stack backtrace", "RUST_BACKTRACE"] {
        assert!(!text.contains(trace), "I3: {text}");
    }
}

fn assert_page(exchange: &Exchange, secrets: &BTreeSet<String>) {
    assert_no_secrets(&exchange.body, secrets);
    if exchange.status.as_u16() < 400 || exchange.method == reqwest::Method::HEAD {
        return;
    }
    let reference = exchange.headers["x-request-id"]
        .to_str()
        .expect("a reference");
    assert!(
        exchange.body.contains(reference),
        "I3: no reference: {exchange:?}"
    );
    let is_page = exchange.body.starts_with("<!DOCTYPE html>");
    let recovery_links = [
        "href=\"/auth/login\"",
        "href=\"/auth/login?prompt=select_account\"",
        "class=\"button\" href=\"/\"",
        ">Try again</",
    ];
    let has_link = recovery_links
        .iter()
        .any(|link| exchange.body.contains(link));
    assert!(!is_page || has_link, "I3: no recovery link: {exchange:?}");
}

/// I4; the headers are those of every response of the site.
fn assert_headers(exchange: &Exchange) {
    let header = |name: &str| {
        let values = exchange.headers.get_all(name).iter();
        let values: Vec<_> = values.filter_map(|value| value.to_str().ok()).collect();
        values.join(", ")
    };
    let policy = header("content-security-policy");
    for part in [
        "default-src 'none'",
        "style-src 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(part), "I4: {exchange:?}");
    }
    assert_eq!(
        header("x-content-type-options"),
        "nosniff",
        "I4: {exchange:?}"
    );
    assert!(!header("referrer-policy").is_empty(), "I4: {exchange:?}");
    assert!(header("server").is_empty(), "I4: {exchange:?}");
    let personal = exchange.path.starts_with("/auth/") || exchange.path.ends_with("rotected");
    if (personal && exchange.path != "/unprotected") || exchange.status.as_u16() >= 400 {
        assert_eq!(
            header(CACHE_CONTROL.as_str()),
            "no-store",
            "I4: {exchange:?}"
        );
    }
}

/// I8.
fn assert_reason(exchange: &Exchange, lines: &[Line], has_details: bool) {
    let status = exchange.status.as_u16();
    if status < 400 || [404, 405].contains(&status) {
        return;
    }
    let id = exchange.headers["x-request-id"]
        .to_str()
        .expect("a reference");
    let own = lines.iter().filter(|line| line.request_id() == id);
    // Lines of libraries at these levels have no reason; by default they are off.
    let is_detail = |line: &Line| {
        ["TRACE", "DEBUG"]
            .iter()
            .any(|level| line.json["level"] == *level)
    };
    let reported = own.filter(|line| !(has_details && is_detail(line)));
    let own: Vec<_> = reported
        .filter(|line| line.message() != LAST_MESSAGE)
        .collect();
    assert_eq!(own.len(), 1, "I8: {exchange:?}: {own:?}");
    assert!(!own[0].reason().is_empty(), "I8: no reason: {own:?}");
}

/// The message of the last line of every request.
const LAST_MESSAGE: &str = "request completed";

fn is_last_line(line: &Line, exchange: &Exchange) -> bool {
    line.message() == LAST_MESSAGE && exchange.headers["x-request-id"] == line.request_id()
}
