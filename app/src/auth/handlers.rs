//! From typed arguments to an answer: one function a route.

use salvo::http::header::{CACHE_CONTROL, HeaderValue, REFERRER_POLICY};
use salvo::writing::Json;
use salvo::{Depot, FlowCtrl, Request, Response, Writer as _, handler};
use serde::Deserialize;
use serde_json::{Value, json};
use time::macros::format_description;

use super::callback::Callback;
use super::error::SignInError;
use super::flow::{Flow, Redirection};
use super::return_to::local_path;
use super::secrets::random_token;
use super::sign_in::SELECT_ACCOUNT;
use super::views::{ProfilePage, SignOutPage};
use crate::current_user::{ADMIN, CurrentUser};
use crate::extract::{Query, SentFromHere, Visitor};
use crate::response::{Error, Page};

/// Whatever belongs to a sign-in stays in no cache, and its address goes to nobody.
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
    next: String,
    prompt: String,
}

impl Default for LoginQuery {
    fn default() -> Self {
        Self {
            next: "/".to_owned(),
            prompt: String::new(),
        }
    }
}

/// `GET /auth/login`: to the provider, or at once to where the visitor wanted to go.
#[handler]
pub(super) async fn begin_sign_in(
    flow: Flow,
    visitor: Visitor,
    query: Query<LoginQuery>,
) -> Result<Redirection, Error> {
    let return_to = local_path(&query.0.next, flow.sign_in.callback_path());
    if visitor.signed_in()?.is_some() {
        return Ok(Redirection::to(return_to));
    }
    let browser = flow.browser.clone().unwrap_or_else(random_token);
    let asks = query.0.prompt == SELECT_ACCOUNT;
    let address = flow.sign_in.begin(&browser, &return_to, asks).await?;
    Ok(Redirection::to(address).with(flow.cookies().new_browser(browser)))
}

/// `GET /auth/callback`: back from the provider.
#[handler]
pub(super) async fn finish_sign_in(flow: Flow, callback: Callback) -> Result<Redirection, Error> {
    let browser = flow
        .browser
        .as_deref()
        .ok_or(SignInError::Unknown("this browser has begun none"))?;
    let (user, return_to) = flow.sign_in.finish(callback, browser).await?;
    let sessions = flow.sign_in.sessions();
    if let Some(former) = &flow.session {
        sessions.end(former).await.map_err(SignInError::from)?;
    }
    let session = sessions.begin(&user).await.map_err(SignInError::from)?;
    Ok(Redirection::to(return_to).with(flow.cookies().new_session(session)))
}

/// `GET /auth/logout`: signs out when the visitor asked for it here; a link from elsewhere asks first.
#[handler]
pub(super) async fn confirm_sign_out(
    flow: Flow,
    from_here: SentFromHere,
) -> Result<SignOutAnswer, Error> {
    if from_here.0 {
        return end_session(flow).await.map(SignOutAnswer::Done);
    }
    Ok(SignOutAnswer::Question(Page::new(SignOutPage {})))
}

/// `POST /auth/logout`: here first, then at the provider.
#[handler]
pub(super) async fn sign_out(flow: Flow) -> Result<Redirection, Error> {
    end_session(flow).await
}

async fn end_session(flow: Flow) -> Result<Redirection, Error> {
    let address = flow.sign_in.end(flow.session, &flow.start_page).await?;
    let location = address.map_or_else(|| "/".to_owned(), String::from);
    Ok(Redirection::to(location).with(flow.cookies().no_session()))
}

/// Either of the two answers of `GET /auth/logout`.
pub(super) enum SignOutAnswer {
    Done(Redirection),
    Question(Page<SignOutPage>),
}

#[salvo::async_trait]
impl salvo::Writer for SignOutAnswer {
    async fn write(self, request: &mut Request, depot: &mut Depot, response: &mut Response) {
        match self {
            Self::Done(redirection) => redirection.write(request, depot, response).await,
            Self::Question(page) => page.write(request, depot, response).await,
        }
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

/// `GET /unprotected`: open to everybody, however the site is set up.
#[handler]
pub(super) async fn show_unprotected() -> Json<Value> {
    Json(json!({ "message": "Everybody may read this." }))
}

/// `GET /protected`: for whoever has signed in.
#[handler]
pub(super) async fn show_protected(user: CurrentUser) -> Json<Value> {
    let details = json!({ "id": user.object_id, "name": user.name, "email": user.email, "roles": user.roles });
    Json(json!({ "message": "You have signed in.", "user_details": details }))
}

/// `GET /roleProtected`: for whoever has the role `Admin`.
#[handler]
pub(super) async fn show_role_protected(user: CurrentUser) -> Json<Value> {
    Json(
        json!({ "message": "You have the role that this needs.", "detail": format!("{} has the role {ADMIN}.", user.name) }),
    )
}
