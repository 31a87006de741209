//! The notices of the feature.

use crate::response::Notice;

/// Every notice: a cookie with another code shows nothing.
pub const NOTICES: &[Notice] = &[
    RESTAURANT_ADDED,
    RESTAURANT_EDITED,
    RESTAURANT_DELETED,
    REVIEW_ADDED,
    REVIEW_EDITED,
    REVIEW_DELETED,
];

pub(super) const RESTAURANT_ADDED: Notice = Notice {
    code: "restaurant-added",
    text: "Restaurant added. Be the first to review it.",
};

pub(super) const RESTAURANT_EDITED: Notice = Notice {
    code: "restaurant-edited",
    text: "Changes saved.",
};

pub(super) const RESTAURANT_DELETED: Notice = Notice {
    code: "restaurant-deleted",
    text: "Restaurant and reviews deleted.",
};

pub(super) const REVIEW_ADDED: Notice = Notice {
    code: "review-added",
    text: "Thank you. Your review is below.",
};

pub(super) const REVIEW_EDITED: Notice = Notice {
    code: "review-edited",
    text: "Your review has been updated.",
};

pub(super) const REVIEW_DELETED: Notice = Notice {
    code: "review-deleted",
    text: "Review deleted.",
};
