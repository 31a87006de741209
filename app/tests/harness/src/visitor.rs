//! An HTTP client with cookies that follows no redirects.

use std::net::IpAddr;

use app::tls::install_crypto_provider;
use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION};
use reqwest::{Client, ClientBuilder, Method, RequestBuilder, StatusCode, redirect};

use super::received_pages;

/// A client of the site.
#[derive(Clone)]
pub struct Visitor {
    client: Client,
    url: String,
}

/// A response of the site.
#[derive(Debug)]
pub struct Response {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Visitor {
    pub fn new(url: &str) -> Self {
        Self::build(url, client().cookie_store(true))
    }

    /// A client that stores no cookies: its requests are those of many visitors.
    pub fn without_cookies(url: &str) -> Self {
        Self::build(url, client())
    }

    /// A client whose connections come from this address; on Linux any of 127.0.0.0/8.
    pub fn from_address(url: &str, address: [u8; 4]) -> Self {
        let client = client().cookie_store(true);
        Self::build(url, client.local_address(IpAddr::from(address)))
    }

    fn build(url: &str, client: ClientBuilder) -> Self {
        install_crypto_provider();
        Self {
            client: client.build().expect("a client"),
            url: url.to_owned(),
        }
    }

    pub async fn get(&self, path: &str) -> Response {
        self.send(self.request(Method::GET, path)).await
    }

    /// Submits a search form as a browser does.
    pub async fn get_with(&self, path: &str, parameters: &[(&str, &str)]) -> Response {
        let query = serde_urlencoded::to_string(parameters).expect("text");
        self.get(&format!("{path}?{query}")).await
    }

    /// Submits a form as a browser does.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        self.send(self.request(Method::POST, path).form(fields))
            .await
    }

    /// Sends a form's body as it is, well-formed or not.
    pub async fn post_body(&self, path: &str, body: impl Into<reqwest::Body>) -> Response {
        let request = self
            .request(Method::POST, path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(body)).await
    }

    /// A request to be completed by the test.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    pub async fn send(&self, request: RequestBuilder) -> Response {
        let response = request.send().await.expect("a response");
        let (status, headers) = (response.status(), response.headers().clone());
        let path = response.url().path().to_owned();
        let body = response.text().await.expect("a body");
        received_pages::write_response(&path, status, &headers, &body);
        Response {
            status,
            headers,
            body,
        }
    }
}

fn client() -> ClientBuilder {
    Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
}

impl Response {
    /// The address of a redirect.
    pub fn location(&self) -> &str {
        self.header(LOCATION.as_str())
    }

    /// The address of a page's `http-equiv="refresh"`; empty without one.
    pub fn refresh_address(&self) -> String {
        let refresh = self
            .body
            .split_once("http-equiv=\"refresh\" content=\"0; url=");
        let address = refresh.and_then(|(_, rest)| rest.split('"').next());
        unescape_html(address.unwrap_or_default())
    }

    /// The text of a header; empty without it.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("text"))
    }
}

/// Replaces the character references that templates write.
pub fn unescape_html(html: &str) -> String {
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&#39;", "'"),
        ("&#x2F;", "/"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(html.to_owned(), |text, (entity, character)| {
        text.replace(entity, character)
    })
}
