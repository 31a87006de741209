//! Sign-in with Microsoft Entra ID. It is optional: without it every address says that it is not set up.

use salvo::{Router, handler};
use serde_json::json;

use crate::error::Error;
use crate::routing::{get, post};

pub fn routes() -> Router {
    Router::new()
        .push(get("auth/login", refuse_unconfigured))
        .push(get("auth/callback", refuse_unconfigured))
        .push(get("auth/logout", refuse_unconfigured))
        .push(post("auth/logout", refuse_unconfigured))
        .push(get("auth/profile", refuse_unconfigured))
        .push(get("protected", refuse_unconfigured))
        .push(get("roleProtected", refuse_unconfigured))
        .push(get("unprotected", show_unprotected))
}

/// `GET /unprotected`: open to everybody, however the site is set up.
#[handler]
async fn show_unprotected() -> salvo::writing::Json<serde_json::Value> {
    salvo::writing::Json(json!({ "message": "Everybody may read this." }))
}

#[handler]
async fn refuse_unconfigured() -> Result<(), Error> {
    Err(Error::NotConfigured("Azure authentication not configured"))
}
