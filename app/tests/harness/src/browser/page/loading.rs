//! Waiting for the next page, whether it is loaded or restored from the back/forward cache.

use std::sync::Arc;
use std::time::Duration;

use chromiumoxide::Page as Tab;
use chromiumoxide::cdp::browser_protocol::network::{EventResponseReceived, ResourceType};
use chromiumoxide::cdp::browser_protocol::page::{
    EventFrameNavigated, EventLoadEventFired, NavigationType,
};
use chromiumoxide::listeners::EventStream;
use futures_util::{FutureExt as _, StreamExt as _};
use serde_json::json;
use tokio::time::timeout;

use super::Page;
use super::errors::received;

const LOAD_LIMIT: Duration = Duration::from_secs(20);

/// Events of page loads.
pub(crate) struct Loading {
    loaded: EventStream<EventLoadEventFired>,
    navigated: EventStream<EventFrameNavigated>,
    responses: EventStream<EventResponseReceived>,
}

impl Loading {
    pub(crate) async fn watch(tab: &Tab) -> Self {
        Self {
            loaded: tab.event_listener().await.expect("a listener"),
            navigated: tab.event_listener().await.expect("a listener"),
            responses: tab.event_listener().await.expect("a listener"),
        }
    }

    /// The response with the newest document since the last call.
    pub(super) fn last_document(&mut self) -> Option<Arc<EventResponseReceived>> {
        let responses = received(&mut self.responses).into_iter();
        responses
            .filter(|received| received.r#type == ResourceType::Document)
            .last()
    }

    fn discard_past_events(&mut self) {
        while self.loaded.next().now_or_never().is_some() {}
        while self.navigated.next().now_or_never().is_some() {}
    }

    /// Waits for the next page. One from the back/forward cache comes without a load event.
    async fn next(&mut self) {
        loop {
            tokio::select! {
                _ = self.loaded.next() => return,
                navigated = self.navigated.next() => {
                    let kind = navigated.map(|event| event.r#type.clone());
                    if kind.is_none_or(|kind| kind == NavigationType::BackForwardCacheRestore) {
                        return;
                    }
                }
            }
        }
    }
}

impl Page {
    /// Runs an action that opens another page, and waits for that page.
    #[expect(
        clippy::await_holding_refcell_ref,
        reason = "one thing happens at a time on a page"
    )]
    pub async fn until_loaded<T>(&self, action: impl Future<Output = T>) -> T {
        let mut loading = self.loading.borrow_mut();
        loading.discard_past_events();
        let result = action.await;
        timeout(LOAD_LIMIT, loading.next())
            .await
            .expect("a page loads");
        drop(loading);
        let address = self.path().await;
        self.last_address.replace(address);
        result
    }

    /// Runs an action that opens this path, possibly over pages that redirect by themselves, and waits for it.
    #[expect(
        clippy::await_holding_refcell_ref,
        reason = "one thing happens at a time on a page"
    )]
    pub async fn until_at<T>(&self, path: &str, action: impl Future<Output = T>) {
        let wanted = format!("{}{path}", self.origin);
        let mut loading = self.loading.borrow_mut();
        loading.discard_past_events();
        action.await;
        let arriving = async {
            // A script of a page that is just left can no longer be evaluated.
            loading.next().await;
            while self.address().await != wanted {
                loading.next().await;
            }
        };
        timeout(LOAD_LIMIT, arriving).await.expect("the page loads");
        drop(loading);
        self.last_address.replace(path.to_owned());
    }

    /// The address in the browser's history.
    async fn address(&self) -> String {
        let history = self.call("Page.getNavigationHistory", json!({})).await;
        let current = &history["currentIndex"];
        let entry = current.as_u64().and_then(|at| usize::try_from(at).ok());
        let url = &history["entries"][entry.expect("a current page")]["url"];
        url.as_str().expect("an address").to_owned()
    }

    /// The address of the last page.
    pub fn last_address(&self) -> String {
        self.last_address.borrow().clone()
    }

    pub async fn reload(&self) {
        self.until_loaded(self.call("Page.reload", json!({}))).await;
    }

    /// The browser's Back button.
    pub async fn go_back(&self) {
        let history = self.call("Page.getNavigationHistory", json!({})).await;
        let current = history["currentIndex"]
            .as_u64()
            .and_then(|index| usize::try_from(index).ok());
        let before = current
            .and_then(|index| index.checked_sub(1))
            .expect("a page before this one");
        let entry = &history["entries"][before]["id"];
        self.until_loaded(self.call("Page.navigateToHistoryEntry", json!({ "entryId": entry })))
            .await;
    }
}
