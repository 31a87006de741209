//! The user's Microsoft Graph profile (<https://learn.microsoft.com/graph/api/user-get>), and the
//! current user made from it and the ID token's claims.

use openidconnect::{AccessToken, HttpRequest};
use serde_json::{Map, Value};

use super::id_token::VerifiedClaims;
use crate::clock;
use crate::config::BaseUrl;
use crate::current_user::CurrentUser;
use crate::outbound::{BoundedClient, OutboundError};

/// Longer names and addresses are cut for display, in characters.
const DISPLAY_LIMIT: usize = 200;

/// The parts of `/me` that are shown.
#[derive(Debug, Default)]
pub(super) struct GraphUser {
    display_name: Option<String>,
    mail: Option<String>,
    user_principal_name: Option<String>,
    job_title: Option<String>,
}

/// Why there is no Graph profile.
#[derive(Debug, thiserror::Error)]
pub(super) enum GraphError {
    #[error(transparent)]
    Call(#[from] OutboundError),
    #[error("Microsoft Graph returned {0}")]
    Status(u16),
    #[error("the response of Microsoft Graph is malformed")]
    Malformed,
    #[error("Microsoft Graph returned another account")]
    AnotherAccount,
}

/// Fetches the profile of the account with this object id, without a retry: a sign-in succeeds without it.
pub(super) async fn get_me(
    calls: &BoundedClient,
    graph: &BaseUrl,
    token: &AccessToken,
    object_id: Option<&str>,
) -> Result<GraphUser, GraphError> {
    let url = format!("{}/v1.0/me", graph.origin());
    let mut request = HttpRequest::new(Vec::new());
    *request.uri_mut() = url.parse().map_err(|_| OutboundError::Failed)?;
    let bearer = format!("Bearer {}", token.secret())
        .parse()
        .map_err(|_| OutboundError::Failed)?;
    request.headers_mut().insert("authorization", bearer);
    let response = calls.send(request).await?;
    if !response.status().is_success() {
        return Err(GraphError::Status(response.status().as_u16()));
    }
    let members: Map<String, Value> =
        serde_json::from_slice(response.body()).map_err(|_| GraphError::Malformed)?;
    // A member that is not a string is as good as missing.
    let text = |name: &str| members.get(name)?.as_str().map(str::to_owned);
    let id = text("id").unwrap_or_default();
    if object_id.is_none_or(|expected| significant_digits(expected) != significant_digits(&id)) {
        return Err(GraphError::AnotherAccount);
    }
    Ok(GraphUser {
        display_name: text("displayName"),
        mail: text("mail"),
        user_principal_name: text("userPrincipalName"),
        job_title: text("jobTitle"),
    })
}

/// Graph writes the id of a personal account without hyphens and leading zeros.
fn significant_digits(id: &str) -> String {
    let digits = id.replace('-', "").to_ascii_lowercase();
    digits.trim_start_matches('0').to_owned()
}

/// The current user. Graph's values come before the token's: they are newer, and the token's are optional.
pub(super) fn user_from_claims(claims: &VerifiedClaims, graph: Option<GraphUser>) -> CurrentUser {
    let graph_answered = graph.is_some();
    let graph = graph.unwrap_or_default();
    let entra = claims.additional_claims();
    let object_id = entra.oid.clone().unwrap_or_default();
    let username = claims
        .preferred_username()
        .map(|username| username.to_string());
    let name = claims
        .name()
        .and_then(|name| name.get(None))
        .map(|name| name.to_string());
    let email = claims.email().map(|email| email.to_string());
    // A guest's user principal name, as in `ada_example.com#EXT#@contoso.com`, is no address.
    let (guest, member) = match graph.user_principal_name {
        Some(name) if name.contains("#EXT#") => (Some(name), None),
        name => (None, name),
    };
    let email = first_displayable([graph.mail, member, username, email, guest]);
    CurrentUser {
        tenant_id: entra.tid.clone().unwrap_or_default(),
        name: first_displayable([graph.display_name, name, email.clone()])
            .unwrap_or_else(|| object_id.clone()),
        object_id,
        email,
        job_title: first_displayable([graph.job_title]),
        roles: entra.roles.clone(),
        graph_answered,
        signed_in_at: clock::now(),
    }
}

/// The first text with a visible character, cut for display.
fn first_displayable<const N: usize>(texts: [Option<String>; N]) -> Option<String> {
    texts
        .into_iter()
        .flatten()
        .map(|text| displayable(&text))
        .find(|text| !text.is_empty())
}

/// The text on one line, without control characters, invisible characters and direction overrides.
fn displayable(text: &str) -> String {
    let line: String = text
        .chars()
        .filter(|c| !c.is_control() && !is_deceptive(*c))
        .take(DISPLAY_LIMIT)
        .collect();
    if line.chars().all(is_invisible) {
        return String::new();
    }
    line.trim().to_owned()
}

/// Direction overrides and isolates, and invisible characters that join nothing.
fn is_deceptive(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{200b}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Whitespace, joiners and directional marks, which are meaningful only between other characters.
fn is_invisible(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{200c}'..='\u{200f}')
}
