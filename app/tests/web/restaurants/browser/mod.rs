//! The restaurants in Chromium.

mod accounts;
mod adding;
mod appearance;
mod errors;
mod listing;
mod form_validation;
mod submissions;
mod steps;
mod swagger_ui;
