//! Errors and warnings that the browser reports.

use std::sync::Arc;

use chromiumoxide::Page as Tab;
use chromiumoxide::cdp::IntoEventKind;
use chromiumoxide::cdp::browser_protocol::log::{EventEntryAdded, LogEntryLevel, LogEntrySource};
use chromiumoxide::cdp::browser_protocol::network::{
    EventLoadingFailed, EventRequestWillBeSent, EventResponseReceived,
};
use chromiumoxide::cdp::js_protocol::runtime::{
    ConsoleApiCalledType, EventConsoleApiCalled, EventExceptionThrown,
};
use chromiumoxide::listeners::EventStream;
use futures_util::{FutureExt as _, StreamExt as _};
use serde_json::Value;

use super::Page;

/// The events below; one of these that cannot be read must not pass for silence.
const WATCHED: [&str; 6] = [
    EventConsoleApiCalled::IDENTIFIER,
    EventEntryAdded::IDENTIFIER,
    EventExceptionThrown::IDENTIFIER,
    EventLoadingFailed::IDENTIFIER,
    EventRequestWillBeSent::IDENTIFIER,
    EventResponseReceived::IDENTIFIER,
];

/// Whether the tests evaluate this event of the browser.
pub(crate) fn is_watched(message: &str) -> bool {
    let message: Value = serde_json::from_str(message).unwrap_or_default();
    WATCHED.iter().any(|method| message["method"] == *method)
}

/// Listens from the first page on.
pub(crate) struct Watch {
    console: EventStream<EventConsoleApiCalled>,
    exceptions: EventStream<EventExceptionThrown>,
    log: EventStream<EventEntryAdded>,
    failures: EventStream<EventLoadingFailed>,
    requests: EventStream<EventRequestWillBeSent>,
    responses: EventStream<EventResponseReceived>,
    /// Refusals, as `422 /path`, that the test means to provoke.
    expected: Vec<String>,
}

impl Watch {
    pub(crate) async fn start(tab: &Tab) -> Self {
        Self {
            console: tab.event_listener().await.expect("a listener"),
            exceptions: tab.event_listener().await.expect("a listener"),
            log: tab.event_listener().await.expect("a listener"),
            failures: tab.event_listener().await.expect("a listener"),
            requests: tab.event_listener().await.expect("a listener"),
            responses: tab.event_listener().await.expect("a listener"),
            expected: Vec::new(),
        }
    }

    fn complaints(&mut self) -> Vec<String> {
        let console = received(&mut self.console).into_iter().filter(|call| {
            matches!(
                call.r#type,
                ConsoleApiCalledType::Error
                    | ConsoleApiCalledType::Warning
                    | ConsoleApiCalledType::Assert
            )
        });
        let mut complaints: Vec<String> = console
            .map(|call| format!("console: {:?}", call.args))
            .collect();
        let exceptions = received(&mut self.exceptions);
        complaints.extend(
            exceptions
                .iter()
                .map(|thrown| format!("script: {}", thrown.exception_details.text)),
        );
        let entries = received(&mut self.log)
            .into_iter()
            .map(|added| added.entry.clone());
        // A response with an error's status is reported twice; the response below has more details.
        let entries = entries.filter(|entry| {
            matches!(entry.level, LogEntryLevel::Error | LogEntryLevel::Warning)
                && entry.source != LogEntrySource::Network
        });
        complaints
            .extend(entries.map(|entry| format!("{}: {}", entry.source.as_ref(), entry.text)));
        // A request that the visitor overtakes by another is no failure.
        let failures = received(&mut self.failures)
            .into_iter()
            .filter(|failed| failed.canceled != Some(true));
        complaints.extend(failures.map(|failed| format!("request: {}", failed.error_text)));
        complaints.extend(self.refusals());
        complaints
    }

    /// Refusals that were not expected, and expected ones that did not come.
    fn refusals(&mut self) -> Vec<String> {
        let mut expected = std::mem::take(&mut self.expected);
        let mut complaints = Vec::new();
        for received in received(&mut self.responses) {
            let response = &received.response;
            let path = url::Url::parse(&response.url)
                .map_or_else(|_| response.url.clone(), |url| url.path().to_owned());
            let refusal = format!("{} {path}", response.status);
            match expected.iter().position(|expected| *expected == refusal) {
                Some(position) => drop(expected.swap_remove(position)),
                None if response.status >= 400 => complaints.push(refusal),
                None => {}
            }
        }
        complaints.extend(
            expected
                .iter()
                .map(|missing| format!("did not happen: {missing}")),
        );
        complaints
    }
}

impl Page {
    /// Says that a response like `422 /path` is coming; it must come, and this once.
    pub fn expect(&self, refusal: &str) {
        self.watch.borrow_mut().expected.push(refusal.to_owned());
    }

    /// Number of forms sent since the last call.
    pub async fn forms_sent(&self) -> usize {
        self.settle().await;
        let requests = received(&mut self.watch.borrow_mut().requests);
        requests
            .iter()
            .filter(|sent| sent.request.method == "POST")
            .count()
    }

    /// Everything that went wrong so far.
    pub fn complaints(&self) -> Vec<String> {
        self.watch.borrow_mut().complaints()
    }

    /// The browser replies in order: what it had to say before this has arrived now.
    pub async fn settle(&self) {
        self.evaluate::<u8>("0").await;
    }
}

/// The events that have arrived.
pub(super) fn received<T>(events: &mut EventStream<T>) -> Vec<Arc<T>>
where
    T: IntoEventKind + Unpin,
{
    std::iter::from_fn(|| events.next().now_or_never().flatten()).collect()
}
