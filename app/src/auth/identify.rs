//! The hoop that finds out who asks: a request without our cookie costs nothing.

use std::sync::Arc;

use salvo::{Depot, FlowCtrl, Handler, Request, Response, async_trait};
use tower_sessions_core::session::Id;

use super::cookies::Cookies;
use super::sign_in::SignIn;
use crate::extract::SessionsUnavailable;

/// Puts the signed-in person, if there is one, where the extractors and pages find them.
pub struct Identify {
    sign_in: Option<Arc<SignIn>>,
    https: bool,
}

/// The session that the request came with.
#[derive(Clone, Copy)]
pub(super) struct SessionId(pub(super) Option<Id>);

impl Identify {
    pub fn new(sign_in: Option<Arc<SignIn>>, https: bool) -> Self {
        Self { sign_in, https }
    }
}

#[async_trait]
impl Handler for Identify {
    async fn handle(
        &self,
        request: &mut Request,
        depot: &mut Depot,
        response: &mut Response,
        ctrl: &mut FlowCtrl,
    ) {
        let Some(sign_in) = &self.sign_in else {
            return;
        };
        let id = Cookies {
            keyring: sign_in.keyring(),
            https: self.https,
        }
        .session(request);
        depot.insert_typed(sign_in.clone());
        depot.insert_typed(SessionId(id));
        let Some(id) = id else {
            return;
        };
        match sign_in.sessions().find(&id).await {
            Ok(Some(user)) => drop(depot.insert_typed(user)),
            Ok(None) => {}
            Err(cause) => {
                depot.insert_typed(SessionsUnavailable(cause.to_string()));
                ctrl.call_next(request, depot, response).await;
                // Whoever refuses the request for this reason names it.
                if response
                    .status_code
                    .is_some_and(|status| status.is_success())
                {
                    tracing::warn!(%cause, "a page was shown without its session");
                }
            }
        }
    }
}
