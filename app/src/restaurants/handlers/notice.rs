//! What has just succeeded, named in the address of the page that says so.

pub(super) const ADDED: &str = "restaurant-added";
pub(super) const EDITED: &str = "restaurant-edited";
pub(super) const RESTAURANT_DELETED: &str = "restaurant-deleted";
pub(super) const REVIEWED: &str = "review-added";
pub(super) const REVIEW_DELETED: &str = "review-deleted";

/// A name in the query stands for a text of ours, so that a link cannot put words into our mouth.
pub(super) fn text(name: &str) -> Option<&'static str> {
    Some(match name {
        ADDED => "The restaurant has been added. Be the first to review it.",
        EDITED => "The restaurant has been changed.",
        RESTAURANT_DELETED => "The restaurant and its reviews have been deleted.",
        REVIEWED => "Thank you: your review has been added.",
        REVIEW_DELETED => "The review has been deleted.",
        _ => return None,
    })
}
