//! Sign-in with Microsoft Entra ID: OpenID Connect authorization code flow with PKCE, sessions in the
//! site's own database, and bearer tokens for the API. The routes are in `auth_routes`.

mod error;
mod provider;
mod cookies;
mod attempts;
mod id_token;
mod tokens;
mod graph;
mod access_token;
mod sessions;
pub mod return_address;
mod sign_in;

pub use access_token::{ACCESS_AS_APPLICATION, ACCESS_AS_USER, BearerError};
pub use cookies::{random_token, session_cookie_name};
pub use error::SignInError;
pub use sessions::RequestSession;
pub use sign_in::{Callback, SELECT_ACCOUNT, SignIn};
