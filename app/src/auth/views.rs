//! The pages of sign-in.

use serde::Serialize;

use crate::current_user::CurrentUser;
use crate::response::View;

/// `GET /auth/profile`.
#[derive(Serialize)]
pub(super) struct ProfilePage {
    pub(super) user: CurrentUser,
    pub(super) signed_in_at: String,
}

impl View for ProfilePage {
    const TEMPLATE: &'static str = "auth/profile.html";

    fn title(&self) -> String {
        "Profile".to_owned()
    }
}

/// `GET /auth/logout` from elsewhere.
#[derive(Serialize)]
pub(super) struct SignOutPage {}

impl View for SignOutPage {
    const TEMPLATE: &'static str = "auth/sign_out.html";

    fn title(&self) -> String {
        "Sign out".to_owned()
    }
}
