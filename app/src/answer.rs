//! How a handler's outcome becomes an answer; a page that cannot be rendered becomes our error page.

use salvo::http::StatusCode;
use salvo::http::header::{HeaderValue, LOCATION};
use salvo::{Depot, Request, Response, Writer, async_trait};

use crate::error::Error;
use crate::page::{Page, Submission, View};

#[async_trait]
impl<V: View> Writer for Page<V> {
    async fn write(self, request: &mut Request, depot: &mut Depot, response: &mut Response) {
        if let Err(cause) = self.render(request, depot, response) {
            Error::Unexpected(cause)
                .write(request, depot, response)
                .await;
        }
    }
}

#[async_trait]
impl<V: View> Writer for Submission<V> {
    async fn write(self, request: &mut Request, depot: &mut Depot, response: &mut Response) {
        match self {
            Self::Saved(path) => match HeaderValue::from_str(&path) {
                Ok(location) => {
                    response.headers_mut().insert(LOCATION, location);
                    response.status_code(StatusCode::SEE_OTHER);
                }
                Err(cause) => {
                    Error::Unexpected(cause.into())
                        .write(request, depot, response)
                        .await;
                }
            },
            Self::Invalid(view) => {
                let page = Page::with_status(view, StatusCode::UNPROCESSABLE_ENTITY);
                page.write(request, depot, response).await;
            }
        }
    }
}
