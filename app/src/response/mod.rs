//! Responses: typed pages, the outcome of a form, and errors.

mod error;
mod error_page;
mod page;

pub use error::Error;
pub use error_page::{ErrorDetails, RecoveryLink, wants_json};
pub use page::{FormOutcome, Page, View};
#[cfg(test)]
pub(crate) use {error_page::samples as error_samples, page::samples};
