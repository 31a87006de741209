//! Hoops that let in whoever may come in.

use salvo::{Depot, FlowCtrl, Handler, Request, Response, Writer as _, async_trait};

use crate::config::SignInRequired;
use crate::extract::{Visitor, state};
use crate::response::Error;

/// Who may pass.
enum Rule {
    /// Whoever has signed in.
    User,
    /// Whoever has this role.
    Role(&'static str),
    /// Whoever has signed in, where `SIGN_IN_REQUIRED` asks for it; `true` for a page that begins a write.
    Configured { write: bool },
}

/// A hoop with one rule.
pub struct Access(Rule);

/// For whoever has signed in; 501 where nobody can.
pub fn require_user() -> Access {
    Access(Rule::User)
}

/// For whoever has the role: 403 for others who have signed in; 501 where nobody can.
pub fn require_role(role: &'static str) -> Access {
    Access(Rule::Role(role))
}

/// What `SIGN_IN_REQUIRED` says of reading and of writing.
pub fn require_user_as_configured() -> Access {
    Access(Rule::Configured { write: false })
}

/// The same for a page that begins a write, so that nobody fills in a form in vain.
pub fn require_user_to_write() -> Access {
    Access(Rule::Configured { write: true })
}

impl Access {
    fn check(&self, request: &Request, depot: &Depot) -> Result<(), Error> {
        let sign_in = state(depot)?.config.sign_in.as_ref();
        let required = sign_in.map(|sign_in| sign_in.required);
        if let Rule::Configured { write } = self.0 {
            let writes = write || !request.method().is_safe();
            let asked = match required {
                Some(SignInRequired::All) => true,
                Some(SignInRequired::Writes) => writes,
                Some(SignInRequired::None) | None => false,
            };
            if !asked {
                return Ok(());
            }
        }
        if required.is_none() {
            return Err(Error::not_configured());
        }
        let user = Visitor::from_depot(depot).signed_in()?;
        let user = user.ok_or_else(|| Error::SignInRequired {
            return_to: return_to(request),
        })?;
        match self.0 {
            Rule::Role(role) if !user.has_role(role) => Err(Error::Forbidden(
                "Your account does not have the role that this needs.",
            )),
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl Handler for Access {
    async fn handle(
        &self,
        request: &mut Request,
        depot: &mut Depot,
        response: &mut Response,
        _: &mut FlowCtrl,
    ) {
        if let Err(error) = self.check(request, depot) {
            error.write(request, depot, response).await;
        }
    }
}

/// Back to this page; after a form, to the page that it was on.
fn return_to(request: &Request) -> String {
    if request.method().is_safe() {
        return request
            .uri()
            .path_and_query()
            .map(ToString::to_string)
            .unwrap_or_default();
    }
    let referer = request
        .headers()
        .get("referer")
        .and_then(|referer| referer.to_str().ok());
    let page = referer.and_then(|referer| url::Url::parse(referer).ok());
    page.map_or_else(|| "/".to_owned(), |page| page.path().to_owned())
}
