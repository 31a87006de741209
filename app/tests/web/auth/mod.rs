//! Sign-in against a provider that can lie: each test is named after its row of the catalogue of attacks and faults.

mod harness;

mod honest;
