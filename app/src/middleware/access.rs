//! Authorization middleware: routes for signed-in users, for a role, or as `SIGN_IN_REQUIRED` says.

use salvo::http::StatusCode;
use salvo::{Depot, Request, handler};

use crate::auth::return_address::return_address_of;
use crate::config::SignInRequired;
use crate::extract::{Visitor, state};
use crate::response::{Error, ErrorDetails, RecoveryLink};

/// Authorization middleware with one rule.
pub struct Access(Rule);

enum Rule {
    SignedIn,
    Role(&'static str),
    /// Signed in, if `SIGN_IN_REQUIRED` requires it; `write` for a page with a form that writes.
    Configured {
        write: bool,
    },
}

/// Allows only signed-in users; 501 when sign-in is not configured.
pub fn require_user() -> Access {
    Access(Rule::SignedIn)
}

/// Allows only users with this role, 403 for others; 501 when sign-in is not configured.
pub fn require_role(role: &'static str) -> Access {
    Access(Rule::Role(role))
}

/// Allows the visitors that may read or, with an unsafe method, write according to `SIGN_IN_REQUIRED`.
pub fn require_user_as_configured() -> Access {
    Access(Rule::Configured { write: false })
}

/// Allows the visitors that may write according to `SIGN_IN_REQUIRED`, for pages with a form.
pub fn require_user_to_write() -> Access {
    Access(Rule::Configured { write: true })
}

#[handler]
impl Access {
    fn handle(&self, request: &mut Request, depot: &mut Depot) -> Result<(), Error> {
        let sign_in = state(depot)?.config.sign_in.as_ref();
        let required = sign_in.map(|sign_in| sign_in.settings.sign_in_required);
        if !self.applies(request, required) {
            return Ok(());
        }
        if required.is_none() {
            return Err(Error::not_configured());
        }
        let Some(user) = Visitor::from_depot(depot).signed_in()? else {
            return Err(Error::SignInRequired {
                return_to: return_address_of(request),
            });
        };
        match self.0 {
            Rule::Role(role) if !user.has_role(role) => Err(missing_role(role)),
            _ => Ok(()),
        }
    }

    fn applies(&self, request: &Request, required: Option<SignInRequired>) -> bool {
        let Rule::Configured { write } = self.0 else {
            return true;
        };
        match required {
            Some(SignInRequired::All) => true,
            Some(SignInRequired::Writes) => write || !request.method().is_safe(),
            Some(SignInRequired::None) | None => false,
        }
    }
}

/// 403 with the name of the missing role.
fn missing_role(role: &str) -> Error {
    Error::Detailed(Box::new(ErrorDetails {
        status: StatusCode::FORBIDDEN,
        title: "Forbidden",
        message: format!(
            "This requires the role {role}, which your account does not have. Ask an administrator of this site for it."
        ),
        recovery_links: vec![RecoveryLink::START],
        reason: format!("the user does not have the role {role}"),
    }))
}
