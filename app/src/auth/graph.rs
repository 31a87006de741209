//! What Microsoft Graph tells of the person who signs in
//! (<https://learn.microsoft.com/graph/api/user-get>).

use openidconnect::{AccessToken, HttpRequest};
use serde::Deserialize;

use crate::config::ProviderConfig;
use crate::outbound::{Calls, OutboundError};

/// The parts of `/me` that are shown.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct GraphUser {
    id: String,
    pub(super) display_name: Option<String>,
    pub(super) mail: Option<String>,
    pub(super) user_principal_name: Option<String>,
    pub(super) job_title: Option<String>,
}

/// Why Graph told nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum GraphError {
    #[error(transparent)]
    Call(#[from] OutboundError),
    #[error("it answers {0}")]
    Status(u16),
    #[error("its answer is malformed")]
    Malformed,
    #[error("it tells of another account")]
    AnotherAccount,
}

/// Asks once for the account with this object id; a sign-in does not depend on the answer.
pub(super) async fn get_me(
    calls: &Calls,
    config: &ProviderConfig,
    token: &AccessToken,
    object_id: Option<&str>,
) -> Result<GraphUser, GraphError> {
    let url = format!("{}/v1.0/me", config.graph_url.origin());
    let mut request = HttpRequest::new(Vec::new());
    *request.uri_mut() = url.parse().map_err(|_| OutboundError::Failed)?;
    let bearer = format!("Bearer {}", token.secret())
        .parse()
        .map_err(|_| OutboundError::Failed)?;
    request.headers_mut().insert("authorization", bearer);
    let answer = calls.send(request).await?;
    if !answer.status().is_success() {
        return Err(GraphError::Status(answer.status().as_u16()));
    }
    let user: GraphUser =
        serde_json::from_slice(answer.body()).map_err(|_| GraphError::Malformed)?;
    let same = object_id.is_some_and(|id| digits(id) == digits(&user.id));
    same.then_some(user).ok_or(GraphError::AnotherAccount)
}

/// Graph writes the id of a personal account without hyphens and leading zeros.
fn digits(id: &str) -> String {
    let digits = id.replace('-', "").to_ascii_lowercase();
    digits.trim_start_matches('0').to_owned()
}
