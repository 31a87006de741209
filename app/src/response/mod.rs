//! Responses: typed pages, the outcome of a form, notices, and errors.

mod confirmation;
mod error;
mod error_page;
mod notice;
mod page;
mod pager;
mod rejection;
mod sent_form;
mod structured_data;

pub use confirmation::Confirmation;
pub use error::Error;
pub use error_page::{ErrorDetails, RecoveryLink, wants_json};
pub use notice::{Notice, has_notice};
pub use page::{FormOutcome, Page, View};
pub use pager::Pager;
pub use rejection::{InvalidPart, Rejection};
pub use sent_form::{BodyReceived, is_urlencoded};
#[cfg(test)]
pub(crate) use {
    confirmation::samples as confirmation_samples, error_page::samples as error_samples,
    page::samples,
};
