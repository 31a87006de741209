//! Microsoft Graph's `/v1.0/me`.

use serde_json::{Map, Value, json};

use crate::http::{ReceivedRequest, Reply};
use crate::people::Person;
use crate::provider::{Access, Provider, random_guid};

/// `GET /v1.0/me`, with `$select`: the profile of the token's user.
pub(super) fn me(provider: &Provider, request: &ReceivedRequest) -> Reply {
    let Some(access) = access(provider, request) else {
        return error(
            401,
            "InvalidAuthenticationToken",
            "Access token is empty, unknown or expired.",
        );
    };
    if !access.scope.split(' ').any(is_user_read) {
        let text = "Insufficient privileges to complete the operation.";
        return error(403, "Authorization_RequestDenied", text);
    }
    match provider.find_person(&access.person) {
        Some(person) => Reply::json(200, &Value::Object(profile(provider, request, person))),
        None => error(404, "Request_ResourceNotFound", "The user does not exist."),
    }
}

/// The access of the bearer token, if the emulator has issued it and it has not expired.
fn access(provider: &Provider, request: &ReceivedRequest) -> Option<Access> {
    let token = request.header("authorization")?.strip_prefix("Bearer ")?;
    let access = provider.state().issued.access_tokens.get(token).cloned()?;
    (access.expires > provider.now()).then_some(access)
}

fn is_user_read(scope: &str) -> bool {
    scope.rsplit('/').next() == Some("User.Read")
}

fn profile(provider: &Provider, request: &ReceivedRequest, person: Person) -> Map<String, Value> {
    let mut profile = person.profile;
    if let Some(selected) = request.query("$select") {
        let selected: Vec<&str> = selected.split(',').map(str::trim).collect();
        profile.retain(|name, _| selected.contains(&name.as_str()));
    }
    let context = format!("{}/v1.0/$metadata#users/$entity", provider.base_url);
    profile.insert("@odata.context".to_owned(), context.into());
    profile
}

fn error(status: u16, code: &str, message: &str) -> Reply {
    let id = random_guid();
    let inner = json!({ "request-id": id, "client-request-id": id });
    let body = json!({ "error": { "code": code, "message": message, "innerError": inner } });
    Reply::json(status, &body)
}
