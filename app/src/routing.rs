//! Route helpers: one for each method, forms, and routes with a middleware.

use std::fmt;

use salvo::http::Method;
use salvo::routing::{Filter, FilterInfo, PathState};
use salvo::writing::Redirect;
use salvo::{Depot, Extractible as _, Handler, Request, Router, async_trait, handler};

use crate::extract::Id;
use crate::response::Error;

/// A GET route, which serves HEAD too (RFC 9110, 9.3.2).
pub fn get(path: &str, handler: impl Handler) -> Router {
    at(path).filter(GetOrHead).goal(handler)
}

/// The methods GET and HEAD; the OpenAPI document lists the first.
struct GetOrHead;

impl GetOrHead {
    const METHODS: [Method; 2] = [Method::GET, Method::HEAD];
}

impl fmt::Debug for GetOrHead {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("method:GET")
    }
}

#[async_trait]
impl Filter for GetOrHead {
    fn info(&self) -> FilterInfo {
        FilterInfo::Method(Method::GET)
    }

    async fn filter(&self, request: &mut Request, _: &mut PathState<'_>) -> bool {
        Self::METHODS.contains(request.method())
    }

    fn collect_methods(&self, methods: &mut Vec<Method>) {
        methods.extend(Self::METHODS);
    }

    async fn filter_for_method(
        &self,
        _: &mut Request,
        _: &mut PathState<'_>,
        method: &Method,
    ) -> Option<bool> {
        Some(Self::METHODS.contains(method))
    }
}

/// A PUT route.
pub fn put(path: &str, handler: impl Handler) -> Router {
    at(path).put(handler)
}

/// A DELETE route.
pub fn delete(path: &str, handler: impl Handler) -> Router {
    at(path).delete(handler)
}

/// A POST route. A form has [`form`], or a page at the same path.
pub fn post(path: &str, handler: impl Handler) -> Router {
    at(path).post(handler)
}

/// The POST route of a form. A GET of its address, as by a bookmark of an invalid form, redirects to the page
/// with the form. `page` is the path of that page; `{id}` in it is the id in `path`.
pub fn form(path: &str, page: &'static str, handler: impl Handler) -> Router {
    Router::new()
        .push(get(path, FormPage(page)))
        .push(post(path, handler))
}

struct FormPage(&'static str);

#[handler]
impl FormPage {
    /// # Errors
    /// `NotFound` for a malformed id.
    async fn handle(&self, request: &mut Request, depot: &mut Depot) -> Result<Redirect, Error> {
        if !self.0.contains("{id}") {
            return Ok(Redirect::other(self.0));
        }
        let id = Id::extract(request, depot).await?;
        let page = self.0.replace("{id}", &id.0.to_string());
        Ok(Redirect::other(page))
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
pub fn with_middleware(middleware: impl Handler, routes: Router) -> Router {
    Router::new().hoop(middleware).push(routes)
}
