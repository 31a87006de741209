//! A Chromium process with its own profile.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chromiumoxide::error::CdpError;
use chromiumoxide::{Browser, BrowserConfig, Handler};
use futures_util::StreamExt as _;
use tokio::time::timeout;

const LAUNCH_LIMIT: Duration = Duration::from_secs(30);
const CALL_LIMIT: Duration = Duration::from_secs(20);
const CLOSE_LIMIT: Duration = Duration::from_secs(5);

/// Flags for the same rendering on every machine and no traffic other than to the site.
const ARGUMENTS: [&str; 7] = [
    "disable-gpu",
    "disable-dev-shm-usage",
    "no-first-run",
    "disable-background-networking",
    "disable-component-update",
    "disable-sync",
    "disable-quic",
];

/// A running browser. Dropping it kills it too, but `close` waits for its end.
pub struct Chromium {
    browser: Browser,
    /// Observed events that this harness could not parse.
    unparsed: Arc<Mutex<Vec<String>>>,
    // Dropped last.
    _profile: Profile,
}

impl Chromium {
    /// Launches it with these flags besides the common ones.
    pub async fn launch(flags: &[&str]) -> Self {
        let profile = Profile::create();
        let mut config = BrowserConfig::builder()
            .chrome_executable(executable())
            .new_headless_mode()
            .user_data_dir(&profile.0)
            .viewport(None)
            .launch_timeout(LAUNCH_LIMIT)
            .request_timeout(CALL_LIMIT)
            .surface_invalid_messages()
            .args(ARGUMENTS)
            .args(flags.iter().copied());
        if profile.belongs_to_root() {
            config = config.no_sandbox();
        }
        let config = config.build().expect("a configuration");
        let (browser, handler) = Browser::launch(config).await.expect("Chromium starts");
        let unparsed = Arc::default();
        tokio::spawn(read_messages(handler, Arc::clone(&unparsed)));
        Self {
            browser,
            unparsed,
            _profile: profile,
        }
    }

    /// A new, empty tab.
    pub async fn open_tab(&self) -> chromiumoxide::Page {
        self.browser.new_page("about:blank").await.expect("a tab")
    }

    /// Observed events that this harness could not parse.
    pub fn errors(&self) -> Vec<String> {
        self.unparsed.lock().expect("no panic in between").clone()
    }

    /// Ends the browser, by force if it does not end by itself.
    pub async fn close(mut self) {
        let closed = timeout(CLOSE_LIMIT, self.browser.close()).await;
        let ended = timeout(CLOSE_LIMIT, self.browser.wait()).await;
        if !matches!((closed, ended), (Ok(Ok(_)), Ok(Ok(_)))) {
            self.browser.kill().await;
        }
    }
}

/// Carries the messages between the tests and the browser until its end.
async fn read_messages(mut handler: Handler, unparsed: Arc<Mutex<Vec<String>>>) {
    while let Some(outcome) = handler.next().await {
        match outcome {
            Err(CdpError::InvalidMessage(message, _)) if super::page::is_observed(&message) => {
                unparsed.lock().expect("no panic in between").push(message);
            }
            Ok(()) | Err(CdpError::InvalidMessage(..)) => {}
            Err(_) => return,
        }
    }
}

fn executable() -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "not a setting of the app")]
    std::env::var_os("TEST_CHROMIUM")
        .expect("TEST_CHROMIUM is not set: `cargo xtask test` finds Chromium and sets it")
        .into()
}

/// The browser's folder, removed when this is dropped.
struct Profile(PathBuf);

impl Profile {
    fn create() -> Self {
        let name = format!("browser-{:016x}", rand::random::<u64>());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a folder for the browser");
        Self(path)
    }

    /// Chromium's sandbox refuses root.
    fn belongs_to_root(&self) -> bool {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            std::fs::metadata(&self.0).is_ok_and(|folder| folder.uid() == 0)
        }
        #[cfg(not(unix))]
        false
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        // A killed browser's helpers may still be writing: they end within moments.
        for _ in 0..100 {
            if std::fs::remove_dir_all(&self.0).is_ok() || !self.0.exists() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
