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

/// The events that [`ErrorListener`] receives. One that cannot be parsed is an error too.
const OBSERVED_EVENTS: [&str; 6] = [
    EventConsoleApiCalled::IDENTIFIER,
    EventEntryAdded::IDENTIFIER,
    EventExceptionThrown::IDENTIFIER,
    EventLoadingFailed::IDENTIFIER,
    EventRequestWillBeSent::IDENTIFIER,
    EventResponseReceived::IDENTIFIER,
];

/// Whether this message of the browser is one of these events.
pub(crate) fn is_observed(message: &str) -> bool {
    let message: Value = serde_json::from_str(message).unwrap_or_default();
    OBSERVED_EVENTS
        .iter()
        .any(|method| message["method"] == *method)
}

/// Collects the events of a tab.
pub(crate) struct ErrorListener {
    console: EventStream<EventConsoleApiCalled>,
    exceptions: EventStream<EventExceptionThrown>,
    log: EventStream<EventEntryAdded>,
    failures: EventStream<EventLoadingFailed>,
    requests: EventStream<EventRequestWillBeSent>,
    responses: EventStream<EventResponseReceived>,
    /// Error responses, as `422 /path`, that the test provokes on purpose.
    expected: Vec<String>,
}

impl ErrorListener {
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

    fn errors(&mut self) -> Vec<String> {
        let console = received(&mut self.console).into_iter().filter(|call| {
            matches!(
                call.r#type,
                ConsoleApiCalledType::Error
                    | ConsoleApiCalledType::Warning
                    | ConsoleApiCalledType::Assert
            )
        });
        let mut errors: Vec<String> = console
            .map(|call| format!("console: {:?}", call.args))
            .collect();
        let exceptions = received(&mut self.exceptions);
        errors.extend(
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
        errors.extend(entries.map(|entry| format!("{}: {}", entry.source.as_ref(), entry.text)));
        // A request that is cancelled by a further navigation is not a failure.
        let failures = received(&mut self.failures)
            .into_iter()
            .filter(|failed| failed.canceled != Some(true));
        errors.extend(failures.map(|failed| format!("request: {}", failed.error_text)));
        errors.extend(self.error_responses());
        errors
    }

    /// Error responses that were not expected, and expected ones that did not come.
    fn error_responses(&mut self) -> Vec<String> {
        let mut expected = std::mem::take(&mut self.expected);
        let mut errors = Vec::new();
        for received in received(&mut self.responses) {
            let response = &received.response;
            let path = url::Url::parse(&response.url)
                .map_or_else(|_| response.url.clone(), |url| url.path().to_owned());
            let error = format!("{} {path}", response.status);
            match expected.iter().position(|expected| *expected == error) {
                Some(position) => drop(expected.swap_remove(position)),
                None if response.status >= 400 => errors.push(error),
                None => {}
            }
        }
        errors.extend(
            expected
                .iter()
                .map(|missing| format!("did not happen: {missing}")),
        );
        errors
    }
}

impl Page {
    /// Expects one error response, as `422 /path`; the test fails without it.
    pub fn expect_error(&self, response: &str) {
        let mut listener = self.error_listener.borrow_mut();
        listener.expected.push(response.to_owned());
    }

    /// Number of forms sent since the last call.
    pub async fn forms_sent(&self) -> usize {
        self.settle().await;
        let requests = received(&mut self.error_listener.borrow_mut().requests);
        requests
            .iter()
            .filter(|sent| sent.request.method == "POST")
            .count()
    }

    /// Everything that went wrong so far.
    pub fn errors(&self) -> Vec<String> {
        self.error_listener.borrow_mut().errors()
    }

    /// Waits for all events so far: the browser sends its messages in order.
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
