//! Sign-in against a provider that can lie: each test is named after its row of the catalogue of attacks and faults.

mod harness;

mod callback;
mod callback_parameters;
mod discovery;
mod id_token_claims;
mod id_token_form;
mod id_token_keys;
mod id_token_signature;
mod profile;
mod roles;
mod settings;
mod start;
mod tenants;
mod token_endpoint;
