//! The authorization endpoint: checks the request, asks who signs in and redirects to the app.

use super::audience::Audience;
use crate::error::EntraError;
use crate::http::{ReceivedRequest, Reply};
use crate::pages;
use crate::people::Person;
use crate::provider::{Grant, Provider, random_guid, random_text};

/// Length of a SHA-256 digest as base64url.
const CHALLENGE_LENGTH: usize = 43;
const CODE_LIFETIME_SECONDS: i64 = 600;

/// `GET …/authorize`: a page to choose a person, or a redirect if it is clear who signs in.
pub(super) fn show(provider: &Provider, request: &ReceivedRequest) -> Reply {
    let authorization = match Authorization::parse(provider, request) {
        Ok(authorization) => authorization,
        Err(reply) => return reply,
    };
    let prompt = request.query("prompt");
    let signed_in_as = provider.state().signed_in_as.clone();
    let hint = request
        .query("login_hint")
        .map(str::to_owned)
        .or(signed_in_as);
    let hint = hint.filter(|_| !matches!(prompt, Some("select_account" | "login")));
    if let Some(person) = hint.and_then(|hint| provider.find_person(&hint)) {
        return authorization.sign_in(&person);
    }
    if prompt == Some("none") {
        let text = "A silent sign-in request was sent but no user is signed in.";
        return authorization.send_error(&EntraError::new("login_required", 50058, text));
    }
    match Audience::of(provider, request.tenant()) {
        Ok(audience) => {
            let people = &provider.state().people;
            Reply::html(200, pages::people(people, |person| audience.admits(person)))
        }
        Err(error) => error.page(),
    }
}

/// `POST …/authorize`: the choice made on that page.
pub(super) fn choose(provider: &Provider, request: &ReceivedRequest) -> Reply {
    let authorization = match Authorization::parse(provider, request) {
        Ok(authorization) => authorization,
        Err(reply) => return reply,
    };
    let chosen = request.form("person").unwrap_or_default();
    if let Some(person) = provider.find_person(chosen) {
        return authorization.sign_in(&person);
    }
    let text = "User declined to consent to access the app.";
    let mut parameters = error_parameters(&EntraError::new("access_denied", 65004, text));
    parameters.push(pair("error_subcode", "cancel"));
    authorization.send(parameters)
}

/// An authorization request of the registered client with a registered redirect URI.
struct Authorization<'a> {
    provider: &'a Provider,
    request: &'a ReceivedRequest,
    redirect_uri: &'a str,
}

impl<'a> Authorization<'a> {
    /// Requires a code, the scope `openid`, and PKCE with S256.
    ///
    /// # Errors
    /// A page when client or redirect URI are unknown, else a redirect with the error.
    fn parse(provider: &'a Provider, request: &'a ReceivedRequest) -> Result<Self, Reply> {
        let redirect_uri = check_registration(provider, request).map_err(|error| error.page())?;
        let authorization = Self {
            provider,
            request,
            redirect_uri,
        };
        match authorization.error() {
            Some(error) => Err(authorization.send_error(&error)),
            None => Ok(authorization),
        }
    }

    fn error(&self) -> Option<EntraError> {
        let invalid = |number, text| Some(EntraError::new("invalid_request", number, text));
        let query = |name| self.request.query(name).unwrap_or_default();
        if query("response_type") != "code" {
            let text = "The response type is not supported: ask for 'code'.";
            return Some(EntraError::new("unsupported_response_type", 70005, text));
        }
        if !matches!(
            query("response_mode"),
            "" | "query" | "fragment" | "form_post"
        ) {
            return invalid(90023, "The response mode is not supported.");
        }
        if !query("scope").split(' ').any(|scope| scope == "openid") {
            return invalid(900_144, "The parameter 'scope' must contain 'openid'.");
        }
        if query("code_challenge_method") != "S256" {
            let text = "The parameter 'code_challenge_method' must be 'S256'.";
            return invalid(9_002_313, text);
        }
        if query("code_challenge").len() != CHALLENGE_LENGTH {
            return invalid(501_491, "Invalid size of Code_Challenge parameter.");
        }
        None
    }

    fn sign_in(&self, person: &Person) -> Reply {
        if let Err(error) = self.check_tenant(person) {
            return error.page();
        }
        let text = |name| self.request.query(name).map(str::to_owned);
        let code = format!("1.{}", random_text(90));
        let grant = Grant {
            person: person.key.clone(),
            redirect_uri: self.redirect_uri.to_owned(),
            code_challenge: text("code_challenge").unwrap_or_default(),
            nonce: text("nonce"),
            scope: text("scope").unwrap_or_default(),
            expires: self.provider.now() + CODE_LIFETIME_SECONDS,
            redeemed: false,
        };
        self.provider
            .state()
            .issued
            .codes
            .insert(code.clone(), grant);
        self.send(vec![
            pair("code", code),
            pair("session_state", random_guid()),
        ])
    }

    fn check_tenant(&self, person: &Person) -> Result<(), EntraError> {
        let tenant = self.request.tenant();
        if Audience::of(self.provider, tenant)?.admits(person) {
            return Ok(());
        }
        let name = person.username();
        let text = format!("User account '{name}' does not exist in tenant '{tenant}'.");
        Err(EntraError::new("invalid_request", 50020, text))
    }

    fn send_error(&self, error: &EntraError) -> Reply {
        self.send(error_parameters(error))
    }

    /// Sends the browser to the redirect URI with the state and these parameters, edited by the test.
    fn send(&self, mut parameters: Vec<(String, String)>) -> Reply {
        if let Some(state) = self.request.query("state") {
            parameters.push(pair("state", state));
        }
        let edit = self.provider.state().misbehaviour.callback.clone();
        if let Some(edit) = edit {
            edit(&mut parameters);
        }
        let redirect_uri = self.redirect_uri;
        let separator = match self.request.query("response_mode") {
            Some("form_post") => {
                return Reply::html(200, pages::form_post(redirect_uri, &parameters));
            }
            Some("fragment") => '#',
            _ if redirect_uri.contains('?') => '&',
            _ => '?',
        };
        let mut encoded = form_urlencoded::Serializer::new(String::new());
        let encoded = encoded.extend_pairs(parameters).finish();
        Reply::redirect(302, &format!("{redirect_uri}{separator}{encoded}"))
    }
}

/// The redirect URI, if client and redirect URI are registered.
fn check_registration<'a>(
    provider: &Provider,
    request: &'a ReceivedRequest,
) -> Result<&'a str, EntraError> {
    let Some(client_id) = request.query("client_id") else {
        return Err(EntraError::missing("client_id"));
    };
    if client_id != provider.options.client_id {
        return Err(EntraError::unknown_client(client_id));
    }
    let redirect_uri = request.query("redirect_uri").unwrap_or_default();
    if !provider.is_registered(redirect_uri) {
        let text = format!(
            "The redirect URI '{redirect_uri}' specified in the request does not match the \
             redirect URIs configured for the application '{client_id}'."
        );
        return Err(EntraError::new("invalid_request", 50011, text));
    }
    Ok(redirect_uri)
}

fn error_parameters(error: &EntraError) -> Vec<(String, String)> {
    vec![
        pair("error", error.error),
        pair("error_description", error.description()),
    ]
}

fn pair(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}
