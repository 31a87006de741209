//! Sign-out at the provider.

use crate::pages;
use crate::provider::Provider;
use crate::reply::Reply;
use crate::request::ReceivedRequest;

/// `GET …/logout`: back to the app if the address is its own, else a page that says so.
pub(super) fn sign_out(provider: &Provider, request: &ReceivedRequest) -> Reply {
    let address = request.query("post_logout_redirect_uri");
    let Some(address) = address.filter(|address| provider.is_own_origin(address)) else {
        return Reply::html(200, pages::signed_out());
    };
    let Some(state) = request.query("state") else {
        return Reply::redirect(302, address);
    };
    let separator = if address.contains('?') { '&' } else { '?' };
    let mut encoded = form_urlencoded::Serializer::new(String::new());
    encoded.append_pair("state", state);
    Reply::redirect(302, &format!("{address}{separator}{}", encoded.finish()))
}
