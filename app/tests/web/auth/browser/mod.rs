//! Sign-in and sign-out in Chromium.

mod appearance;
mod failures;
mod flow;
mod sign_out;
mod tabs;
