//! Sign-in with Microsoft Entra ID: authorization code with PKCE, sessions in the app's own database.
//! It is optional: not configured, every address says so and no page shows a trace of it.

mod error;
mod oauth_error;
mod secrets;
mod provider;
mod credential;
mod claims;
mod tokens;
mod verification;
mod graph;
mod person;
mod attempt;
mod session_row;
mod store;
mod session;
mod cookies;
mod return_to;
mod callback;
mod sign_in;
mod identify;
mod flow;
mod views;
mod handlers;

pub use identify::Identify;
pub use sign_in::SignIn;

use std::sync::Arc;

use salvo::Router;

use crate::current_user::ADMIN;
use crate::middleware::{limit_sign_ins, require_role, require_user};
use crate::routing::{get, guarded, post};

/// The addresses of sign-in; the callback is served at the path of the redirect URI.
pub fn routes(sign_in: Option<&Arc<SignIn>>) -> Router {
    let callback = sign_in.map_or("auth/callback", |sign_in| sign_in.callback_path());
    let login = Router::new()
        .hoop(limit_sign_ins)
        .push(get("auth/login", handlers::begin_sign_in));
    let pages = Router::new()
        .hoop(handlers::no_store)
        .push(login)
        .push(get(callback, handlers::finish_sign_in))
        .push(get("auth/logout", handlers::confirm_sign_out))
        .push(post("auth/logout", handlers::sign_out))
        .push(guarded(
            require_user(),
            get("auth/profile", handlers::show_profile),
        ))
        .push(guarded(
            require_user(),
            get("protected", handlers::show_protected),
        ))
        .push(guarded(
            require_role(ADMIN),
            get("roleProtected", handlers::show_role_protected),
        ));
    Router::new()
        .push(get("unprotected", handlers::show_unprotected))
        .push(pages)
}
