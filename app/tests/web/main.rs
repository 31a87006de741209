//! Integration tests: each has its own server and database.
//!
//! The harness crate has what they need. Tests that need PostgreSQL or Chromium are ignored unless asked for:
//! `cargo xtask test` provides both and runs everything.

mod access;
mod auth;
mod bodies;
mod crawlers;
mod feature;
mod csrf;
mod headers;
mod ids;
mod injection;
mod methods;
mod operations;
mod page_cache;
mod rate_limit;
mod form_validation;
mod restaurants; // domain: the example's own tests
mod same_origin;
mod sent_forms;
mod static_files;

use restaurants::FEATURE; // domain: the feature that the general tests use
