//! Tests in Chromium: the app binary on PostgreSQL.
//!
//! Screenshots are left in `target/e2e`.

mod chromium;
mod codespace;
mod page;
mod program;
mod sign_in;
pub mod steps;

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::time::timeout;

pub use self::chromium::Chromium;
pub use self::codespace::{FORWARDED_HOST, visit_codespace, visit_codespace_with_sign_in};
pub use self::page::{Element, Page, Preference, Window};
use self::program::{Program, Settings};
pub use self::sign_in::{Visit, visit_with_sign_in};
use crate::{Backend, TestDatabase};

/// Far longer than any of these tests takes.
const TEST_LIMIT: Duration = Duration::from_mins(3);

/// Runs a test with its own site and browser; sample data are loaded when options of `app seed` are given.
///
/// The test also fails for every error of the browser or the program that it has not expected.
pub async fn visit(sample_data: &[&str], test: impl AsyncFnOnce(&Page)) {
    visit_with(&[], sample_data, async |_, page| test(page).await).await;
}

/// Runs a test on a site with these settings; the test may open more tabs.
pub async fn visit_with(
    settings: &Settings,
    sample_data: &[&str],
    test: impl AsyncFnOnce(&Chromium, &Page),
) {
    visit_through(&[], settings, sample_data, test).await;
}

/// Runs a test on a site with these settings, in a browser with these flags.
async fn visit_through(
    flags: &[&str],
    settings: &Settings,
    sample_data: &[&str],
    test: impl AsyncFnOnce(&Chromium, &Page),
) {
    let database = TestDatabase::create(Backend::Postgres).await;
    let program = Program::start(&database.url, settings, sample_data).await;
    let chromium = Chromium::launch(flags).await;
    let page = Page::open_first(&chromium, program.url()).await;
    let running = async {
        test(&chromium, &page).await;
        page.settle().await;
    };
    let outcome = timeout(TEST_LIMIT, AssertUnwindSafe(running).catch_unwind()).await;
    let mut errors = page.errors();
    errors.extend(program.errors());
    errors.extend(chromium.errors());
    if !matches!(outcome, Ok(Ok(()))) {
        eprintln!(
            "The browser was at {}; errors: {errors:#?}",
            page.last_address()
        );
    }
    chromium.close().await;
    match outcome.expect("the test is done in time") {
        Ok(()) => assert!(errors.is_empty(), "unexpected: {errors:#?}"),
        Err(panic) => resume_unwind(panic),
    }
}
