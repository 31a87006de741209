//! The restaurants in Chromium.

mod accounts;
mod adding;
mod appearance;
mod errors;
mod listing;
mod refusals;
mod repeats;
mod steps;
mod swagger_ui;
