//! Route helpers: GET, POST, forms, and routes with a middleware.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use salvo::routing::{Filter as _, filters};
use salvo::writing::Redirect;
use salvo::{Depot, FlowCtrl, Handler, Request, Response, Router, Scribe as _, async_trait};

/// A GET route, which answers HEAD too (RFC 9110, 9.3.2).
pub fn get(path: &str, handler: impl Handler) -> Router {
    at(path)
        .filter(filters::get().or(filters::head()))
        .goal(handler)
}

/// A POST route. A form has [`form`], or a page at the same path.
pub fn post(path: &str, handler: impl Handler) -> Router {
    at(path).post(handler)
}

/// The POST route of a form. A GET of its address, as by a bookmark of a refused form, redirects to the page
/// with the form. `page` is the path of that page; it may contain the parameters of `path`.
pub fn form(path: &str, page: &'static str, handler: impl Handler) -> Router {
    Router::new()
        .push(get(path, FormPage(page)))
        .push(post(path, handler))
}

struct FormPage(&'static str);

impl FormPage {
    fn path(&self, request: &Request) -> String {
        let parameters = request.params().iter();
        parameters.fold(self.0.to_owned(), |path, (name, value)| {
            let value = utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
            path.replace(&format!("{{{name}}}"), &value)
        })
    }
}

#[async_trait]
impl Handler for FormPage {
    async fn handle(
        &self,
        request: &mut Request,
        _: &mut Depot,
        response: &mut Response,
        _: &mut FlowCtrl,
    ) {
        Redirect::other(self.path(request)).render(response);
    }
}

fn at(path: &str) -> Router {
    if path.is_empty() {
        Router::new()
    } else {
        Router::with_path(path)
    }
}

/// Routes with this middleware.
pub fn guarded(middleware: impl Handler, routes: Router) -> Router {
    Router::new().hoop(middleware).push(routes)
}
