//! Sign-in against a provider that can lie: each test is named after its row of the catalogue of attacks and faults.

mod harness;

mod honest;
mod rows;

mod managed_identity;
mod session_cookies;
mod session_limits;
mod session_store;
