//! The clock. No other module reads the system time.

use time::{OffsetDateTime, PrimitiveDateTime};

/// The current time in UTC, in microseconds, which both databases can store.
///
/// # Panics
/// Never: a whole number of microseconds is below a second.
pub fn now() -> PrimitiveDateTime {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    let now = OffsetDateTime::now_utc();
    let microseconds = now.microsecond();
    PrimitiveDateTime::new(now.date(), now.time())
        .replace_microsecond(microseconds)
        .expect("a part of a second")
}
