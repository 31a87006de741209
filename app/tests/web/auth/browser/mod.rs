//! Sign-in and sign-out in Chromium.

mod appearance;
mod codespace;
mod failures;
mod flow;
mod sign_out;
mod tabs;
