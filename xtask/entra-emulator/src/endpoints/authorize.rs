//! The authorization endpoint: who is asking, who is signing in, and the way back.

use super::audience::Audience;
use crate::authorization::{AuthorizationRequest, Refusal};
use crate::error::EntraError;
use crate::issued::Grant;
use crate::pages;
use crate::person::Person;
use crate::provider::Provider;
use crate::random;
use crate::reply::Reply;
use crate::request::ReceivedRequest;

/// How long a code may wait to be redeemed.
const CODE_LIFETIME_SECONDS: i64 = 600;

/// `GET …/authorize`: the people to choose from, or straight back if it is clear who signs in.
pub(super) fn show(provider: &Provider, request: &ReceivedRequest) -> Reply {
    let authorization = match AuthorizationRequest::parse(provider, request) {
        Ok(authorization) => authorization,
        Err(refusal) => return refuse(provider, refusal),
    };
    let signed_in_as = provider.changing().signed_in_as.clone();
    let chooses = matches!(
        authorization.prompt.as_deref(),
        Some("select_account" | "login")
    );
    let hint = authorization.login_hint.clone().or(signed_in_as);
    let hint = hint.filter(|_| !chooses);
    if let Some(person) = hint.and_then(|hint| provider.find_person(&hint)) {
        return sign_in(provider, request, &authorization, &person);
    }
    if authorization.prompt.as_deref() == Some("none") {
        let text = "A silent sign-in request was sent but no user is signed in.";
        let error = EntraError::new("login_required", 50058, text);
        return send_error(provider, &authorization, &error);
    }
    match Audience::of(provider, request.tenant()) {
        Ok(audience) => choices(provider, &audience),
        Err(error) => error.page(),
    }
}

/// `POST …/authorize`: what was chosen on that page.
pub(super) fn answer(provider: &Provider, request: &ReceivedRequest) -> Reply {
    let authorization = match AuthorizationRequest::parse(provider, request) {
        Ok(authorization) => authorization,
        Err(refusal) => return refuse(provider, refusal),
    };
    let chosen = request.form("person").unwrap_or_default();
    if let Some(person) = provider.find_person(chosen) {
        return sign_in(provider, request, &authorization, &person);
    }
    let text = "User declined to consent to access the app.";
    let mut parameters = parameters_of(&EntraError::new("access_denied", 65004, text));
    parameters.push(pair("error_subcode", "cancel"));
    send(provider, &authorization, parameters)
}

fn choices(provider: &Provider, audience: &Audience) -> Reply {
    let people = &provider.changing().people;
    let page = pages::people(people, |person| audience.admits(person));
    Reply::html(200, page)
}

fn sign_in(
    provider: &Provider,
    request: &ReceivedRequest,
    authorization: &AuthorizationRequest,
    person: &Person,
) -> Reply {
    if let Err(error) = check_tenant(provider, request, person) {
        return error.page();
    }
    let code = format!("1.{}", random::opaque(90));
    let grant = Grant {
        person: person.key.clone(),
        redirect_uri: authorization.redirect_uri.clone(),
        code_challenge: authorization.code_challenge.clone(),
        nonce: authorization.nonce.clone(),
        scope: authorization.scope.clone(),
        expires: provider.now() + CODE_LIFETIME_SECONDS,
        redeemed: false,
    };
    provider.changing().issued.codes.insert(code.clone(), grant);
    let parameters = vec![pair("code", code), pair("session_state", random::guid())];
    send(provider, authorization, parameters)
}

fn check_tenant(
    provider: &Provider,
    request: &ReceivedRequest,
    person: &Person,
) -> Result<(), EntraError> {
    if Audience::of(provider, request.tenant())?.admits(person) {
        return Ok(());
    }
    let (name, tenant) = (person.username(), request.tenant());
    let text = format!("User account '{name}' does not exist in tenant '{tenant}'.");
    Err(EntraError::new("invalid_request", 50020, text))
}

fn refuse(provider: &Provider, refusal: Refusal) -> Reply {
    match refusal {
        Refusal::Here(error) => error.page(),
        Refusal::There(authorization, error) => send_error(provider, &authorization, &error),
    }
}

fn send_error(
    provider: &Provider,
    authorization: &AuthorizationRequest,
    error: &EntraError,
) -> Reply {
    send(provider, authorization, parameters_of(error))
}

fn parameters_of(error: &EntraError) -> Vec<(String, String)> {
    vec![
        pair("error", error.error),
        pair("error_description", error.description()),
    ]
}

/// Sends the browser back with these parameters and the state, changed as the switches say.
fn send(
    provider: &Provider,
    authorization: &AuthorizationRequest,
    mut parameters: Vec<(String, String)>,
) -> Reply {
    if let Some(state) = &authorization.state {
        parameters.push(pair("state", state));
    }
    let edit = provider.changing().switches.callback.clone();
    if let Some(edit) = edit {
        edit(&mut parameters);
    }
    let redirect_uri = &authorization.redirect_uri;
    if authorization.response_mode == "form_post" {
        return Reply::html(200, pages::form_post(redirect_uri, &parameters));
    }
    let separator = match authorization.response_mode.as_str() {
        "fragment" => '#',
        _ if redirect_uri.contains('?') => '&',
        _ => '?',
    };
    let mut encoded = form_urlencoded::Serializer::new(String::new());
    encoded.extend_pairs(parameters);
    Reply::redirect(
        302,
        &format!("{redirect_uri}{separator}{}", encoded.finish()),
    )
}

fn pair(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}
