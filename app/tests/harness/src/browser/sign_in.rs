//! A site with sign-in for the browser tests.

use entra_emulator::{Emulator, Options};

use super::chromium::Chromium;
use super::page::Page;
use super::visit_with;
use crate::sign_in::free_port;

/// Short, so that the test of an unresponsive provider is short.
const OUTBOUND_TIMEOUT: &str = "2s";

/// A browser without a session at the home page of a site with sign-in.
pub struct Visit<'a> {
    chromium: &'a Chromium,
    pub page: &'a Page,
    pub emulator: Emulator,
    origin: String,
}

impl<'a> Visit<'a> {
    pub(super) fn new(
        chromium: &'a Chromium,
        page: &'a Page,
        emulator: Emulator,
        origin: String,
    ) -> Self {
        Self {
            chromium,
            page,
            emulator,
            origin,
        }
    }

    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The home page in one more tab.
    pub async fn open_tab(&self) -> Page {
        Page::open_first(self.chromium, &self.origin).await
    }

    /// Opens a path of the site from a page of another site.
    pub async fn follow_from_elsewhere(&self, path: &str) {
        let (provider, tenant) = (self.emulator.base_url(), self.emulator.tenant_id());
        let elsewhere = format!("{provider}/{tenant}/oauth2/v2.0/logout");
        for address in [elsewhere, format!("{}{path}", self.origin)] {
            let follow = format!("location.assign('{address}')");
            let following = self.page.evaluate::<()>(&follow);
            self.page.until_loaded(following).await;
        }
    }
}

/// Runs a test with its own site with sign-in, provider and browser.
pub async fn visit_with_sign_in(test: impl AsyncFnOnce(&Visit<'_>)) {
    let emulator = Emulator::start(Options::default())
        .await
        .expect("a provider");
    let port = free_port();
    let origin = format!("http://localhost:{port}");
    let settings = settings_with_sign_in(&emulator, port, &origin);
    visit_with(&settings, &[], async |chromium, page| {
        test(&Visit::new(chromium, page, emulator, origin)).await;
    })
    .await;
}

/// The settings of a site at this port and origin; registers its redirect URI.
pub(super) fn settings_with_sign_in(
    emulator: &Emulator,
    port: u16,
    origin: &str,
) -> Vec<(&'static str, String)> {
    emulator.register_redirect_uri(&format!("{origin}/auth/callback"));
    let mut settings = emulator.settings();
    settings.extend([
        ("PORT", port.to_string()),
        ("BASE_URL", origin.to_owned()),
        (
            "SESSION_SECRET_KEY",
            "a key that is long enough for the tests".to_owned(),
        ),
        ("OUTBOUND_TIMEOUT", OUTBOUND_TIMEOUT.to_owned()),
    ]);
    settings
}
