//! Settings of the restaurants' pages.

use crate::config::{Config, SignInRequired, number};

/// Page sizes, and the limit of a search.
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Pages")]
pub struct FeatureConfig {
    /// Rows on a page of a list
    #[arg(long, env, value_name = "NUMBER", default_value = "50", value_parser = number(1..=1000_u64))]
    pub list_page_size: u64,
    /// Rows on a page of details
    #[arg(long, env, value_name = "NUMBER", default_value = "20", value_parser = number(1..=1000_u64))]
    pub details_page_size: u64,
    /// Maximum number of matches that a search sorts, unless it lists the newest first
    #[arg(long, env, value_name = "NUMBER", default_value = "1000", value_parser = number(1..=100_000_u64))]
    pub search_limit: u64,
}

/// Whether every review is by a signed-in user.
pub(super) fn must_sign_in_to_write(config: &Config) -> bool {
    let sign_in = config.sign_in.as_ref();
    sign_in.is_some_and(|sign_in| sign_in.settings.sign_in_required != SignInRequired::None)
}
