//! Sign-in against a provider that can lie: each test is named after its row of the catalogue of attacks and faults.

pub(crate) mod harness;
pub(crate) mod rows;

mod callback;
mod callback_parameters;
mod discovery;
mod headers;
mod id_token_claims;
mod id_token_form;
mod id_token_keys;
mod id_token_signature;
mod instances;
mod managed_identity;
mod not_configured;
mod profile;
mod return_address;
mod roles;
mod session_cookies;
mod session_limits;
mod session_store;
mod settings;
mod sign_out;
mod start;
mod tenants;
mod token_endpoint;
