//! The clock: the one place that asks what time it is.

use time::{OffsetDateTime, PrimitiveDateTime};

/// Now in UTC, to the microsecond: what both databases keep.
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
