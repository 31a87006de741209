//! Waiting for a condition with a time limit.

use std::time::{Duration, Instant};

/// Between two polls.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Far longer than any step of a test takes, even on a busy machine.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// Polls a condition until it returns a value; panics if that takes longer than `within`.
pub async fn eventually<T>(
    what: &str,
    within: Duration,
    mut poll: impl AsyncFnMut() -> Option<T>,
) -> T {
    let started = Instant::now();
    loop {
        if let Some(value) = poll().await {
            return value;
        }
        assert!(started.elapsed() < within, "{what}: not within {within:?}");
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}
