//! The site from outside: one binary, a server and a database of its own for each test.
//!
//! `cargo xtask test` starts the PostgreSQL and finds the browser that these tests need.

mod support;

mod auth;
mod bodies;
mod headers;
mod methods;
mod operations;
mod rate_limit;
mod browser;
mod restaurants; // domain: the example's behaviour
mod restaurants_ids; // domain: its addresses
mod restaurants_injection; // domain: text in its fields and queries
mod restaurants_refused_forms; // domain: its forms
mod restaurants_accounts; // domain: what accounts may do
mod restaurants_forgery; // domain: forms that another site sends
mod restaurants_routes; // domain: its addresses, and who may use them
mod restaurants_seed; // domain: the sample data
mod same_origin;
mod static_files;
