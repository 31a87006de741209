//! The handlers of sign-in, callback, sign-out, profile and the example's protected JSON routes.

use salvo::http::header::{CACHE_CONTROL, HeaderValue, REFERRER_POLICY};
use salvo::writing::Json;
use salvo::{Depot, FlowCtrl, Request, Response, Writer as _, handler};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::macros::format_description;

use cookie::Cookie;

use super::context::{QueryString, RedirectWithCookies, RequestHost, SignInContext};
use crate::auth::return_address::local_path;
use crate::auth::{Callback, RequestSession, SELECT_ACCOUNT, SignInError, random_token};
use crate::current_user::{ADMIN, CurrentUser};
use crate::extract::{Query, SameOriginNavigation, Visitor};
use crate::response::{Error, Page, View};

/// Middleware: responses of sign-in are not cached, and their addresses are not sent as `Referer`.
#[handler]
pub(super) async fn no_store(
    request: &mut Request,
    depot: &mut Depot,
    response: &mut Response,
    ctrl: &mut FlowCtrl,
) {
    ctrl.call_next(request, depot, response).await;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
}

#[derive(Deserialize)]
#[serde(default)]
pub(super) struct LoginQuery {
    /// Where to return to.
    next: String,
    prompt: String,
    /// Set once the browser has been sent to the redirect URI's host.
    moved: String,
}

impl Default for LoginQuery {
    fn default() -> Self {
        Self {
            next: "/".to_owned(),
            prompt: String::new(),
            moved: String::new(),
        }
    }
}

/// `GET /auth/login`: redirects to the provider, or a signed-in user to the return address.
///
/// A browser at another name of this machine than the redirect URI's is sent to that one first: the provider
/// sends it there, and the cookie must be there too.
#[handler]
pub(super) async fn begin_sign_in(
    context: SignInContext,
    visitor: Visitor,
    host: RequestHost,
    query: Query<LoginQuery>,
    query_string: QueryString,
) -> Result<RedirectWithCookies, Error> {
    let sign_in = &context.sign_in;
    let elsewhere = sign_in.redirect_uri().other_loopback_origin(&host.0);
    if let Some(origin) = elsewhere.filter(|_| query.0.moved.is_empty()) {
        let separator = if query_string.0.is_empty() { "?" } else { "&" };
        let query = query_string.0;
        return Ok(RedirectWithCookies::to(format!(
            "{origin}/auth/login{query}{separator}moved=1"
        )));
    }
    let return_to = local_path(&query.0.next, sign_in.callback_path());
    if visitor.signed_in()?.is_some() {
        return Ok(RedirectWithCookies::to(return_to));
    }
    let browser_token = context.browser_tokens.into_iter().next();
    let browser_token = browser_token.unwrap_or_else(random_token);
    let select_account = query.0.prompt == SELECT_ACCOUNT;
    let address = sign_in
        .begin(&browser_token, &return_to, select_account)
        .await?;
    Ok(RedirectWithCookies::to(address).with(sign_in.cookies().sign_in(browser_token)))
}

/// `GET /login`, the tutorials' address of the sign-in.
#[handler]
pub(super) async fn redirect_to_sign_in(
    _context: SignInContext,
    query: QueryString,
) -> RedirectWithCookies {
    RedirectWithCookies::to(format!("/auth/login{}", query.0))
}

/// `GET /logout`, the tutorials' address of the sign-out.
#[handler]
pub(super) async fn redirect_to_sign_out(_context: SignInContext) -> RedirectWithCookies {
    RedirectWithCookies::to("/auth/logout")
}

/// `GET /auth/callback`: the provider's response; begins a session.
#[handler]
pub(super) async fn complete_sign_in(
    context: SignInContext,
    visitor: Visitor,
    callback: Callback,
) -> Result<RedirectWithCookies, Error> {
    let has_code = callback.error.is_none();
    let tokens = &context.browser_tokens;
    let result = if tokens.is_empty() {
        Err(SignInError::UnknownAttempt("there is no sign-in cookie"))
    } else {
        context.sign_in.complete(callback, tokens).await
    };
    let (user, return_to) = match result {
        // The back button, a reload or a double click repeats a callback that has been used.
        Err(SignInError::UnknownAttempt(_)) if has_code && visitor.user().is_some() => {
            return Ok(RedirectWithCookies::to("/"));
        }
        result => result?,
    };
    let sessions = context.sign_in.sessions();
    if let Some(former) = &context.session_id {
        sessions.delete(former).await?;
    }
    let session = context
        .sign_in
        .cookies()
        .session(sessions.create(&user).await?);
    Ok(RedirectWithCookies::to(return_to).with(session))
}

/// `GET /auth/logout`: signs out if the link is on this site, otherwise shows a confirmation page.
#[handler]
pub(super) async fn confirm_sign_out(
    context: SignInContext,
    navigation: SameOriginNavigation,
) -> Result<SignOutResponse, Error> {
    if !navigation.0 {
        return Ok(SignOutResponse::Question(Page::new(SignOutPage {})));
    }
    let (address, cookie) = end_session(context).await?;
    let address = address.unwrap_or_else(|| "/".to_owned());
    let redirect = RedirectWithCookies::to(address).with(cookie);
    Ok(SignOutResponse::Redirect(redirect))
}

/// `POST /auth/logout`: ends the session here, then at the provider.
///
/// The provider is reached from a page of ours: browsers apply the policy `form-action` to every redirect of a
/// form's response, and the targets of the provider's redirects are unknown.
#[handler]
pub(super) async fn sign_out(context: SignInContext) -> Result<SignOutResponse, Error> {
    let (address, cookie) = end_session(context).await?;
    Ok(match address {
        Some(address) => SignOutResponse::SignedOut(Page::new(SignedOutPage { address }), cookie),
        None => SignOutResponse::Redirect(RedirectWithCookies::to("/").with(cookie)),
    })
}

/// Ends the session: the provider's sign-out address, if it has one, and the cookie that removes the session's.
async fn end_session(context: SignInContext) -> Result<(Option<String>, Cookie<'static>), Error> {
    let address = match &context.session_id {
        Some(id) => context.sign_in.end_session(id).await?,
        None => None,
    };
    let cookie = context.sign_in.cookies().removed_session();
    Ok((address.map(String::from), cookie))
}

/// The responses of `/auth/logout`.
pub(super) enum SignOutResponse {
    Redirect(RedirectWithCookies),
    Question(Page<SignOutPage>),
    SignedOut(Page<SignedOutPage>, Cookie<'static>),
}

#[salvo::async_trait]
impl salvo::Writer for SignOutResponse {
    async fn write(self, request: &mut Request, depot: &mut Depot, response: &mut Response) {
        match self {
            Self::Redirect(redirect) => redirect.write(request, depot, response).await,
            Self::Question(page) => page.write(request, depot, response).await,
            Self::SignedOut(page, cookie) => {
                // The layout shows who is signed in.
                depot.insert_typed(RequestSession::default());
                page.write(request, depot, response).await;
                response.add_cookie(cookie);
            }
        }
    }
}

/// The page of `GET /auth/logout`.
#[derive(Serialize)]
pub(super) struct SignOutPage {}

impl View for SignOutPage {
    const TEMPLATE: &'static str = "auth/sign_out.html";

    fn title(&self) -> String {
        "Sign out".to_owned()
    }
}

/// The page of `POST /auth/logout`, which leads on to the provider.
#[derive(Serialize)]
pub(super) struct SignedOutPage {
    address: String,
}

impl View for SignedOutPage {
    const TEMPLATE: &'static str = "auth/signed_out.html";

    fn title(&self) -> String {
        "Signed out".to_owned()
    }
}

/// The page of `GET /auth/profile`.
#[derive(Serialize)]
pub(super) struct ProfilePage {
    user: CurrentUser,
    signed_in_at: String,
}

impl View for ProfilePage {
    const TEMPLATE: &'static str = "auth/profile.html";

    fn title(&self) -> String {
        "Profile".to_owned()
    }
}

/// `GET /auth/profile`.
#[handler]
pub(super) async fn show_profile(user: CurrentUser) -> Page<ProfilePage> {
    let format =
        format_description!("[day padding:none] [month repr:long] [year], [hour]:[minute] UTC");
    let signed_in_at = user.signed_in_at.format(&format).unwrap_or_default();
    Page::new(ProfilePage { user, signed_in_at })
}

/// `GET /unprotected`: open to everyone.
#[handler]
pub(super) async fn show_unprotected() -> Json<Value> {
    Json(json!({ "message": "This route is unprotected: anyone can read it." }))
}

/// `GET /protected`: for signed-in users.
#[handler]
pub(super) async fn show_protected(user: CurrentUser) -> Json<Value> {
    let details = json!({ "id": user.object_id, "name": user.name, "email": user.email, "roles": user.roles });
    let message = format!(
        "Hello, {}. This route is protected: you are signed in.",
        user.name
    );
    Json(json!({ "message": message, "user_details": details }))
}

/// `GET /roleProtected`: for users with the role `Admin`.
#[handler]
pub(super) async fn show_role_protected(user: CurrentUser) -> Json<Value> {
    let message = format!("Hello, {}. Your account has the role {ADMIN}.", user.name);
    let detail = format!("This route is protected by the role {ADMIN}.");
    Json(json!({ "message": message, "detail": detail }))
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<crate::response::samples::Sample> {
    use crate::response::samples::{render_sample, sample_user};

    let profile = |graph_answered, roles| ProfilePage {
        user: CurrentUser {
            roles,
            graph_answered,
            ..sample_user()
        },
        signed_in_at: "1 May 2024, 10:00 UTC".to_owned(),
    };
    vec![
        render_sample(&profile(false, Vec::new())),
        render_sample(&profile(true, sample_user().roles)),
        render_sample(&SignOutPage {}),
        render_sample(&SignedOutPage {
            address: crate::response::samples::HOSTILE.to_owned(),
        }),
    ]
}
