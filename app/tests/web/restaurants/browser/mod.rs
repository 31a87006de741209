//! What visitors of the example domain do in a browser.

mod accounts;
mod adding;
mod appearance;
mod errors;
mod listing;
mod refusals;
mod repeats;
mod steps;
