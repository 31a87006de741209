//! Sign-in with Microsoft Entra ID: OpenID Connect authorization code flow with PKCE, sessions in the
//! site's own database. The routes are in `auth_routes`.

mod error;
mod keys;
mod provider;
mod cookies;
mod attempts;
mod id_token;
mod tokens;
mod graph;
mod sessions;
pub mod return_address;
mod sign_in;

pub use attempts::random_token;
pub use error::SignInError;
pub use sessions::RequestSession;
pub use sign_in::{Callback, SELECT_ACCOUNT, SignIn};
