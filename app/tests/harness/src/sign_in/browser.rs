//! An HTTP client that carries cookies and redirects between the site and the provider.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder, StatusCode, redirect};
use url::Url;

use crate::{Response, received_pages};

/// Every response to the browsers of a site.
pub(crate) type Transcript = Arc<Mutex<Vec<Exchange>>>;

/// One request and its response.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub method: Method,
    /// The path, without the query.
    pub path: String,
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: String,
    pub elapsed: Duration,
}

/// A browser. A clone is another tab: it shares the cookies.
#[derive(Clone)]
pub struct Browser {
    client: Client,
    /// The address of the instance that it uses.
    instance: String,
    /// The site's address as the provider knows it.
    public_origin: String,
    cookies: Arc<Mutex<BTreeMap<String, String>>>,
    transcript: Transcript,
}

impl Browser {
    pub(super) fn new(port: u16, public_origin: &str, transcript: &Transcript) -> Self {
        app::tls::install_crypto_provider();
        let client = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .build();
        Self {
            client: client.expect("a client"),
            instance: format!("http://127.0.0.1:{port}"),
            public_origin: public_origin.to_owned(),
            cookies: Arc::default(),
            transcript: transcript.clone(),
        }
    }

    /// Sends the requests of this browser to another instance from now on.
    #[must_use]
    pub fn on_port(&self, port: u16) -> Self {
        Self {
            instance: format!("http://127.0.0.1:{port}"),
            ..self.clone()
        }
    }

    /// The cookies by name.
    pub fn cookies(&self) -> BTreeMap<String, String> {
        self.cookies.lock().expect("the cookies").clone()
    }

    /// Name and value of its sign-in cookie.
    pub fn sign_in_cookie(&self) -> (String, String) {
        let mut cookies = self.cookies().into_iter();
        let found = cookies.find(|(name, _)| name.starts_with("sign-in"));
        found.expect("a sign-in cookie")
    }

    /// Stores a cookie in the browser, as an attacker might.
    pub fn set_cookie(&self, name: &str, value: &str) {
        let mut cookies = self.cookies.lock().expect("the cookies");
        cookies.insert(name.to_owned(), value.to_owned());
    }

    /// Opens an address of the site, or a path.
    pub async fn get(&self, address: &str) -> Response {
        self.send(self.request(Method::GET, address)).await
    }

    /// Submits a form from a page of the site.
    pub async fn post(&self, address: &str, fields: &[(&str, &str)]) -> Response {
        self.send(self.request(Method::POST, address).form(fields))
            .await
    }

    /// A request with the browser's cookies, to be completed by the test.
    pub fn request(&self, method: Method, address: &str) -> RequestBuilder {
        let path = address.strip_prefix(&self.public_origin).unwrap_or(address);
        assert!(path.starts_with('/'), "not at the site: {address}");
        let request = self
            .client
            .request(method, format!("{}{path}", self.instance));
        let cookies = self.cookies();
        if cookies.is_empty() {
            return request;
        }
        let pairs: Vec<_> = cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        request.header(COOKIE, pairs.join("; "))
    }

    /// Sends it, keeps the cookies of the response and records it.
    pub async fn send(&self, request: RequestBuilder) -> Response {
        let request = request.build().expect("a request");
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let started = Instant::now();
        let response = self.client.execute(request).await.expect("a response");
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.text().await.expect("a body");
        let elapsed = started.elapsed();
        received_pages::write_response(&path, status, &headers, &body);
        for cookie in headers.get_all(SET_COOKIE) {
            self.keep(cookie.to_str().expect("a cookie of text"));
        }
        let exchange = Exchange {
            method,
            path,
            status,
            headers: headers.clone(),
            body: body.clone(),
            elapsed,
        };
        self.transcript
            .lock()
            .expect("the transcript")
            .push(exchange);
        Response {
            status,
            headers,
            body,
        }
    }

    /// `GET /auth/login`; returns the address at the provider.
    pub async fn begin(&self, next: &str) -> Url {
        let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
        let response = self.get(&format!("/auth/login?next={next}")).await;
        assert_eq!(response.status, StatusCode::SEE_OTHER, "{}", response.body);
        response
            .location()
            .parse()
            .expect("an address at the provider")
    }

    /// Signs in at the provider as this person and returns the address of the callback.
    pub async fn choose(&self, authorization: &Url, person: &str) -> String {
        let mut address = authorization.clone();
        address.query_pairs_mut().append_pair("login_hint", person);
        let response = self.client.get(address).send().await.expect("a response");
        let status = response.status();
        let location = response.headers().get(LOCATION).cloned();
        let location = location.unwrap_or_else(|| panic!("{status}: no redirect"));
        location.to_str().expect("an address").to_owned()
    }

    /// Starts a sign-in and chooses this person; returns the address of the callback without opening it.
    pub async fn begin_as(&self, person: &str) -> String {
        let authorization = self.begin("/").await;
        self.choose(&authorization, person).await
    }

    /// The whole sign-in; returns its last response.
    pub async fn sign_in(&self, person: &str) -> Response {
        let callback = self.begin_as(person).await;
        self.get(&callback).await
    }

    /// The object id of the signed-in user, as the site reports it.
    pub async fn account(&self) -> Option<String> {
        let request = self.request(Method::GET, "/protected");
        let response = self
            .send(request.header("accept", "application/json"))
            .await;
        let details: serde_json::Value = serde_json::from_str(&response.body).unwrap_or_default();
        let account = details["user_details"]["id"].as_str().map(str::to_owned);
        let anonymous = [401, 501, 503].contains(&response.status.as_u16());
        assert!(account.is_some() || anonymous, "{}", response.body);
        account
    }

    fn keep(&self, text: &str) {
        let cookie = cookie::Cookie::parse(text).expect("a cookie");
        let mut cookies = self.cookies.lock().expect("the cookies");
        let removed = cookie.max_age().is_some_and(|age| age.whole_seconds() <= 0);
        if removed {
            cookies.remove(cookie.name());
        } else {
            cookies.insert(cookie.name().to_owned(), cookie.value().to_owned());
        }
    }
}
