//! Invariants that hold after every request: sessions, secrets, headers, log.

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

/// How much more memory a row may take, in bytes.
const MEMORY: u64 = 32 << 20;

impl SignInSite {
    /// Opens an address and asserts the response and I1 to I8.
    pub async fn open(&self, browser: &Browser, address: &str, expected: Expected) -> Response {
        let request = browser.request(reqwest::Method::GET, address);
        self.send(browser, request, expected).await
    }

    /// Checks the invariants of any request.
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
        self.assert_spent(browser, again).await;
        self.assert_public_page().await;
        self.assert_holds().await;
        self.assert_memory(&memory);
        if expected.recovers {
            self.recovers().await;
        }
        response
    }

    /// Whether the test itself has made the log more talkative than it is by default.
    fn asks_for_chatter(&self) -> bool {
        self.settings.iter().any(|(name, _)| name == "RUST_LOG")
    }

    /// I3, I4, I5 and I8 of every response since the last time.
    pub async fn assert_holds(&self) {
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
            assert_reason(exchange, &lines, self.asks_for_chatter());
            let limit = self.outbound_timeout + MARGIN;
            assert!(exchange.elapsed <= limit, "I5: {exchange:?}");
        }
        for line in &lines {
            assert!(
                !line.json.is_null(),
                "I3: not one line of JSON: {}",
                line.text
            );
            assert_silent(&line.text, &secrets);
        }
    }

    /// Begins a sign-in in a new browser, and asserts how it ends.
    pub async fn attempt(&self, expected: Expected) -> Response {
        let browser = self.browser();
        let person = expected.person.clone();
        let person = person.as_deref().unwrap_or(self.honest_person);
        let callback = browser.begin_as(person).await;
        self.open(&browser, &callback, expected).await
    }

    /// I6: with an honest provider an honest sign-in works, and ends as it should.
    pub async fn recovers(&self) {
        self.emulator.behave();
        let browser = self.browser();
        let response = browser.sign_in(self.honest_person).await;
        assert_eq!(
            response.status,
            StatusCode::SEE_OTHER,
            "I6: {}",
            response.body
        );
        let account = browser.account().await;
        assert_eq!(account, Some(self.object_id(self.honest_person)), "I6");
        browser.post("/auth/logout", &[]).await;
        assert_eq!(browser.account().await, None, "I6");
        self.assert_holds().await;
    }

    /// What each instance holds now, and the peak from now on.
    fn memory(&self) -> Vec<u64> {
        let instances = self.instances.iter();
        let held = instances.filter_map(|app| {
            app.forget_peak();
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
    async fn assert_spent(&self, browser: &Browser, again: reqwest::RequestBuilder) {
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
                memory.peak < before + MEMORY,
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

    /// All that must turn up in no page and in no line of the log.
    fn secrets(&self, exchanges: &[Exchange]) -> BTreeSet<String> {
        let mut secrets = BTreeSet::from([SESSION_KEY.to_owned()]);
        secrets.extend(self.emulator.secrets());
        for request in self.emulator.requests_to(Endpoint::Token) {
            secrets.extend(request.form("code_verifier").map(str::to_owned));
        }
        secrets.extend(exchanges.iter().flat_map(secrets_of));
        // A forged token may be too short to be recognised.
        secrets.retain(|secret| secret.len() > 8);
        secrets
    }
}

/// The values of cookies, and those that make a sign-in unique.
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

fn assert_silent(text: &str, secrets: &BTreeSet<String>) {
    let secret = secrets.iter().find(|secret| text.contains(*secret));
    assert_eq!(secret, None, "I3: a secret in {text}");
    for trace in ["panicked", "stack backtrace", "RUST_BACKTRACE"] {
        assert!(!text.contains(trace), "I3: {text}");
    }
}

fn assert_page(exchange: &Exchange, secrets: &BTreeSet<String>) {
    assert_silent(&exchange.body, secrets);
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
    let way_on = [
        "href=\"/auth/login\"",
        "href=\"/auth/login?prompt=select_account\"",
        "class=\"button\" href=\"/\"",
        ">Try again</",
    ];
    let leads_on = way_on.iter().any(|link| exchange.body.contains(link));
    assert!(!is_page || leads_on, "I3: no way on: {exchange:?}");
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
fn assert_reason(exchange: &Exchange, lines: &[Line], chatter: bool) {
    let status = exchange.status.as_u16();
    if status < 400 || [404, 405].contains(&status) {
        return;
    }
    let id = exchange.headers["x-request-id"]
        .to_str()
        .expect("a reference");
    let own = lines.iter().filter(|line| line.request_id() == id);
    // What libraries say at these levels names no reason; by default they say nothing.
    let is_chatter = |line: &Line| {
        ["TRACE", "DEBUG"]
            .iter()
            .any(|level| line.json["level"] == *level)
    };
    let spoken = own.filter(|line| !(chatter && is_chatter(line)));
    let own: Vec<_> = spoken
        .filter(|line| line.message() != LAST_MESSAGE)
        .collect();
    assert_eq!(own.len(), 1, "I8: {exchange:?}: {own:?}");
    assert!(!own[0].reason().is_empty(), "I8: no reason: {own:?}");
}

/// What every request ends with.
const LAST_MESSAGE: &str = "request completed";

fn is_last_line(line: &Line, exchange: &Exchange) -> bool {
    line.message() == LAST_MESSAGE && exchange.headers["x-request-id"] == line.request_id()
}
