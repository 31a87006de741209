//! The site from outside: one binary, a server and a database of its own for each test.
//!
//! `cargo xtask test` starts the PostgreSQL and finds the browser that these tests need.

mod support;

mod auth;
mod restaurants; // domain: the example's behaviour
mod restaurants_accounts; // domain: what accounts may do
mod restaurants_forgery; // domain: forms that another site sends
mod restaurants_routes; // domain: its addresses, and who may use them
mod restaurants_seed; // domain: the sample data
