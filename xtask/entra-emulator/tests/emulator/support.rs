//! A minimal app that signs in over HTTP.

use std::collections::HashMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use entra_emulator::{Emulator, Options};
use form_urlencoded::Serializer;
use reqwest::{Client, Response, redirect::Policy};
use rsa::sha2::{Digest, Sha256};
use serde_json::Value;

use crate::token::text;

pub(crate) const REDIRECT_URI: &str = "http://localhost:8000/auth/callback";
pub(crate) const VERIFIER: &str = "a-verifier-as-long-as-rfc-7636-wants-it-to-be";

/// The parameters of a request.
pub(crate) type Parameters<'a> = Vec<(&'a str, String)>;

pub(crate) struct App {
    pub(crate) emulator: Emulator,
    pub(crate) http: Client,
}

impl App {
    /// An app with its own emulator, where Alice signs in.
    pub(crate) async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    /// An app with its own emulator with these options.
    pub(crate) async fn start_with(options: Options) -> Self {
        let emulator = Emulator::start(Options {
            redirect_uris: vec![REDIRECT_URI.to_owned()],
            ..options
        });
        let emulator = emulator.await.unwrap();
        emulator.sign_in_as("alice");
        Self {
            emulator,
            http: client(),
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.emulator.base_url())
    }

    pub(crate) fn tenant_url(&self, path: &str) -> String {
        self.url(&format!("{}/{path}", self.emulator.tenant_id()))
    }

    pub(crate) async fn get(&self, url: &str) -> Response {
        self.http.get(url).send().await.unwrap()
    }

    pub(crate) async fn metadata(&self) -> Value {
        let url = self.tenant_url("v2.0/.well-known/openid-configuration");
        self.get(&url).await.json().await.unwrap()
    }

    pub(crate) async fn published_keys(&self) -> Vec<Value> {
        let url = self.tenant_url("discovery/v2.0/keys");
        let keys: Value = self.get(&url).await.json().await.unwrap();
        keys["keys"].as_array().unwrap().clone()
    }

    /// The parameters of a correct authorization request.
    pub(crate) fn authorization(&self) -> Parameters<'static> {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        vec![
            ("client_id", self.emulator.client_id().to_owned()),
            ("redirect_uri", REDIRECT_URI.to_owned()),
            ("response_type", "code".to_owned()),
            ("scope", "openid profile User.Read".to_owned()),
            ("state", "the state".to_owned()),
            ("nonce", "the nonce".to_owned()),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256".to_owned()),
        ]
    }

    pub(crate) fn authorize_url(&self, parameters: &Parameters) -> String {
        let query = encode(parameters);
        self.tenant_url(&format!("oauth2/v2.0/authorize?{query}"))
    }

    /// A code for the person who signs in.
    pub(crate) async fn code(&self) -> String {
        let url = self.authorize_url(&self.authorization());
        callback(&self.get(&url).await).unwrap()["code"].clone()
    }

    /// The parameters of a correct token request.
    pub(crate) fn exchange(&self, code: &str) -> Parameters<'static> {
        vec![
            ("grant_type", "authorization_code".to_owned()),
            ("client_id", self.emulator.client_id().to_owned()),
            ("client_secret", self.emulator.client_secret().to_owned()),
            ("code", code.to_owned()),
            ("redirect_uri", REDIRECT_URI.to_owned()),
            ("code_verifier", VERIFIER.to_owned()),
        ]
    }

    pub(crate) async fn redeem(&self, parameters: &Parameters<'_>) -> Response {
        let request = self.http.post(self.tenant_url("oauth2/v2.0/token"));
        let form = "application/x-www-form-urlencoded";
        let request = request.header("content-type", form);
        request.body(encode(parameters)).send().await.unwrap()
    }

    /// The token response of a whole sign-in.
    pub(crate) async fn tokens(&self) -> Value {
        let code = self.code().await;
        let response = self.redeem(&self.exchange(&code)).await;
        assert_eq!(response.status(), 200);
        response.json().await.unwrap()
    }

    /// The ID token of a whole sign-in.
    pub(crate) async fn id_token(&self) -> String {
        text(&self.tokens().await["id_token"])
    }
}

pub(crate) fn client() -> Client {
    // Another test may have installed it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder().redirect(Policy::none()).no_proxy();
    builder.build().unwrap()
}

/// Replaces a parameter, or removes it if there is no value.
pub(crate) fn change(parameters: &mut Parameters, name: &str, value: Option<&str>) {
    let index = parameters.iter().position(|(known, _)| *known == name);
    let index = index.unwrap_or_else(|| panic!("there is no parameter {name}"));
    match value {
        Some(value) => value.clone_into(&mut parameters[index].1),
        None => drop(parameters.remove(index)),
    }
}

/// The parameters of a redirect to the app; `None` for another redirect.
pub(crate) fn callback(response: &Response) -> Option<HashMap<String, String>> {
    let location = response.headers().get("location")?.to_str().unwrap();
    let query = location.strip_prefix(REDIRECT_URI)?.strip_prefix('?')?;
    Some(
        form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect(),
    )
}

fn encode(parameters: &Parameters) -> String {
    let mut serializer = Serializer::new(String::new());
    serializer.extend_pairs(parameters).finish()
}
