//! A browser: keeps every cookie it is given, follows a redirect only when it is told to, and shows
//! what it sends and keeps.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::header::{COOKIE, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder, StatusCode, redirect};
use url::form_urlencoded::byte_serialize;

use crate::support::Answer;

/// Somebody's browser; a clone is another tab of it.
#[derive(Clone)]
pub(crate) struct Browser {
    client: Client,
    /// Where the site listens.
    address: String,
    /// What the site is called in the world.
    origin: String,
    cookies: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Browser {
    pub(crate) fn new(address: &str, origin: &str) -> Self {
        let client = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none());
        Self {
            client: client.build().expect("a client"),
            address: address.to_owned(),
            origin: origin.to_owned(),
            cookies: Arc::default(),
        }
    }

    /// Another browser with the same cookies: somebody has copied them.
    pub(crate) fn copied(&self) -> Self {
        let cookies = Arc::new(Mutex::new(self.cookies()));
        Self {
            cookies,
            ..self.clone()
        }
    }

    /// The same browser, its requests sent to another instance.
    pub(crate) fn at(&self, address: &str) -> Self {
        Self {
            address: address.to_owned(),
            ..self.clone()
        }
    }

    pub(crate) fn cookies(&self) -> BTreeMap<String, String> {
        self.jar().clone()
    }

    /// The value of a cookie.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.jar().get(name).cloned()
    }

    pub(crate) fn set_cookie(&self, name: &str, value: &str) {
        self.jar().insert(name.to_owned(), value.to_owned());
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(self.request(Method::POST, path).form(fields))
            .await
    }

    /// As a program that wants JSON.
    pub(crate) async fn get_json(&self, path: &str) -> Answer {
        let request = self.request(Method::GET, path);
        self.send(request.header("accept", "application/json"))
            .await
    }

    /// A request to be completed by the test.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.address))
    }

    /// Sends a request with the cookies and keeps those of the answer.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        let cookies: Vec<_> = self
            .cookies()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = if cookies.is_empty() {
            request
        } else {
            request.header(COOKIE, cookies.join("; "))
        };
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        for cookie in headers.get_all(SET_COOKIE) {
            self.keep(cookie.to_str().expect("a cookie of text"));
        }
        let body = response.text().await.expect("a body");
        Answer {
            status,
            headers,
            body,
        }
    }

    /// Begins a sign-in; the address at the provider.
    pub(crate) async fn begin(&self, next: &str) -> String {
        let next: String = byte_serialize(next.as_bytes()).collect();
        let begun = self.get(&format!("/auth/login?next={next}")).await;
        assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.body);
        begun.location().to_owned()
    }

    /// Chooses this person at the provider; the path of the callback that leads back to the site.
    pub(crate) async fn choose(&self, person: &str, provider: &str) -> String {
        let chosen = self.client.get(format!("{provider}&login_hint={person}"));
        let chosen = chosen.send().await.expect("the provider's answer");
        let back = chosen.headers().get("location").expect("a way back");
        self.path_of(back.to_str().expect("text"))
    }

    /// Signs in and comes back to `next`; the answer to the callback.
    pub(crate) async fn sign_in_from(&self, next: &str, person: &str) -> Answer {
        let provider = self.begin(next).await;
        let callback = self.choose(person, &provider).await;
        self.get(&callback).await
    }

    /// Signs in.
    pub(crate) async fn sign_in(&self, person: &str) {
        let answer = self.sign_in_from("/", person).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        assert_eq!(answer.location(), "/");
    }

    /// The name of whoever is signed in.
    pub(crate) async fn who(&self) -> Option<String> {
        let answer = self.get_json("/protected").await;
        if answer.status == StatusCode::UNAUTHORIZED {
            return None;
        }
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let told: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
        Some(
            told["user_details"]["name"]
                .as_str()
                .expect("a name")
                .to_owned(),
        )
    }

    /// The path of an address of the site.
    fn path_of(&self, address: &str) -> String {
        let path = address.strip_prefix(&self.origin);
        path.unwrap_or_else(|| panic!("{address} is not at {}", self.origin))
            .to_owned()
    }

    fn keep(&self, cookie: &str) {
        let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
        let (name, value) = pair.split_once('=').expect("a name and a value");
        if attributes.contains("Max-Age=0") {
            self.jar().remove(name);
        } else {
            self.set_cookie(name, value);
        }
    }

    fn jar(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
