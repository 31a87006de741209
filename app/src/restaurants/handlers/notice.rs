//! What has just succeeded, named in the address of the page that says so.

pub(super) const ADDED: &str = "restaurant-added";
pub(super) const REVIEWED: &str = "review-added";

/// A name in the query stands for a text of ours, so that a link cannot put words into our mouth.
pub(super) fn text(name: &str) -> Option<&'static str> {
    match name {
        ADDED => Some("The restaurant has been added. Be the first to review it."),
        REVIEWED => Some("Thank you: your review has been added."),
        _ => None,
    }
}
