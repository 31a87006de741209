//! Sign-in against a provider that can lie: each test is named after its row of the catalogue of attacks and faults.

pub(crate) mod harness;

mod honest;
pub(crate) mod rows;

mod headers;
mod instances;
mod managed_identity;
mod not_configured;
mod return_address;
mod session_cookies;
mod session_limits;
mod session_store;
mod sign_out;
