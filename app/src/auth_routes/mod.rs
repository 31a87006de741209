//! The routes of sign-in: `/auth/login`, the callback, `/auth/logout`, `/auth/profile`, and the
//! example's JSON routes `/unprotected`, `/protected`, `/roleProtected`.
//!
//! When sign-in is not configured, every route but `/unprotected` returns 501 and no page links to them.

mod context;
mod handlers;

#[cfg(test)]
pub(crate) use handlers::samples;

use salvo::Router;

use crate::config::Config;
use crate::current_user::ADMIN;
use crate::middleware::{limit_sign_ins, require_role, require_user};
use crate::routing::{get, post, with_middleware};

/// The default path of the callback; it is served at the path of `AZURE_REDIRECT_URI`.
const CALLBACK_PATH: &str = "auth/callback";

pub fn routes(config: &Config) -> Router {
    let sign_in = config.sign_in.as_ref();
    let callback = sign_in.map_or(CALLBACK_PATH, |sign_in| sign_in.redirect_uri.path());
    let login = Router::new()
        .hoop(limit_sign_ins)
        .push(get("auth/login", handlers::begin_sign_in));
    let users = Router::new()
        .push(get("auth/profile", handlers::show_profile))
        .push(get("protected", handlers::show_protected));
    let pages = Router::new()
        .hoop(handlers::no_store)
        .push(login)
        .push(get("login", handlers::redirect_to_sign_in))
        .push(get("logout", handlers::redirect_to_sign_out))
        .push(get(callback, handlers::complete_sign_in))
        .push(get("auth/logout", handlers::confirm_sign_out))
        .push(post("auth/logout", handlers::sign_out))
        .push(with_middleware(require_user(), users))
        .push(with_middleware(
            require_role(ADMIN),
            get("roleProtected", handlers::show_role_protected),
        ));
    Router::new()
        .push(get("unprotected", handlers::show_unprotected))
        .push(pages)
}
