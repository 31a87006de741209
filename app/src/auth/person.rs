//! Who has signed in, from what the token and Graph say.

use super::claims::VerifiedClaims;
use super::graph::GraphUser;
use crate::clock;
use crate::current_user::CurrentUser;

/// Longer names and addresses are cut for display, in characters.
const DISPLAY_LIMIT: usize = 200;

/// Graph's words come first: they are the newer ones, and the token need not have any.
pub(super) fn describe(claims: &VerifiedClaims, graph: Option<GraphUser>) -> CurrentUser {
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
    let email = first([graph.mail, graph.user_principal_name, username, email]);
    CurrentUser {
        tenant_id: entra.tid.clone().unwrap_or_default(),
        name: first([graph.display_name, name, email.clone()]).unwrap_or_else(|| object_id.clone()),
        object_id,
        email,
        job_title: first([graph.job_title]),
        roles: entra.roles.clone(),
        graph_answered,
        signed_in_at: clock::now(),
    }
}

/// The first text that shows something, cut for display.
fn first<const N: usize>(texts: [Option<String>; N]) -> Option<String> {
    texts
        .into_iter()
        .flatten()
        .map(|text| shown(&text))
        .find(|text| !text.is_empty())
}

/// One line without what is invisible or turns the text around it.
fn shown(text: &str) -> String {
    let line: String = text
        .chars()
        .filter(|c| !c.is_control() && !is_deceptive(*c))
        .take(DISPLAY_LIMIT)
        .collect();
    if line.chars().all(is_blank) {
        return String::new();
    }
    line.trim().to_owned()
}

/// Overrides of the direction of writing, and what shows nothing and joins nothing.
fn is_deceptive(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{200b}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// White space, and what means something only between other characters: joiners and directional marks.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{200c}'..='\u{200f}')
}
