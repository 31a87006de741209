//! The notices of the feature.

use crate::response::Notice;

/// Every notice: a cookie with another code shows nothing.
pub const NOTICES: &[Notice] = &[TRAIL_ADDED, TRAIL_DELETED];

pub(super) const TRAIL_ADDED: Notice = Notice {
    code: "trail-added",
    text: "Trail added.",
};

pub(super) const TRAIL_DELETED: Notice = Notice {
    code: "trail-deleted",
    text: "Trail deleted.",
};
