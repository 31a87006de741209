//! Settings of the feature.

use crate::config::number;

/// The page size.
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Pages")]
pub struct FeatureConfig {
    /// Rows on a page of a list
    #[arg(long, env, value_name = "NUMBER", default_value = "50", value_parser = number(1..=1000_u64))]
    pub list_page_size: u64,
}
