//! Sign-in with Microsoft Entra ID: begins attempts, completes callbacks, loads and ends sessions.

use std::sync::Arc;
use std::time::Duration;

use openidconnect::Nonce;
use salvo::Request;
use sea_orm::{DatabaseConnection, DbErr};
use tower_sessions_core::session::Id;
use url::Url;

use super::access_token::{self, BearerError};
use super::attempts::{self, AttemptSecrets, insert_attempt, take_attempt};
use super::cookies::{Cookies, Keyring, random_token};
use super::error::SignInError;
use super::graph::{get_me, user_from_claims};
use super::id_token::{Expected, validate};
use super::provider::{IdentityProvider, Metadata};
use super::sessions::{RequestSession, Sessions};
use super::tokens::{Credential, authorization_url, exchange_code};
use crate::config::{Config, RedirectUri, SignInConfig};
use crate::current_user::CurrentUser;
use crate::database::Database;
use crate::outbound::{BoundedClient, Outbound};

/// Time between two deletions of expired sessions and attempts.
const CLEANUP_INTERVAL: Duration = Duration::from_mins(10);

/// The `prompt` with which the provider offers a choice of accounts.
pub const SELECT_ACCOUNT: &str = "select_account";

/// An authorization response: the parameters of the callback (RFC 6749, 4.1.2; RFC 9207).
pub struct Callback {
    pub state: String,
    pub code: String,
    /// An error response of the provider.
    pub error: Option<SignInError>,
    pub issuer: Option<String>,
}

/// Everything of sign-in that outlives a request.
pub struct SignIn {
    config: Arc<SignInConfig>,
    outbound: Outbound,
    provider: IdentityProvider,
    credential: Credential,
    cookies: Cookies,
    sessions: Sessions,
    db: DatabaseConnection,
    home_page: String,
}

impl SignIn {
    /// `None` when sign-in is not configured.
    ///
    /// # Errors
    /// When the system's certificates cannot be read.
    pub fn new(config: &Config, database: &Database) -> anyhow::Result<Option<Arc<Self>>> {
        let Some(sign_in) = config.sign_in.clone().map(Arc::new) else {
            return Ok(None);
        };
        let keyring = Keyring::new(sign_in.session_key.expose());
        Ok(Some(Arc::new(Self {
            outbound: Outbound::new(&config.outbound)?,
            provider: IdentityProvider::new(sign_in.clone()),
            credential: Credential::new(&sign_in.settings, &config.outbound),
            cookies: Cookies::new(keyring, config.http.is_https()),
            sessions: Sessions::new(database.clone(), &sign_in.settings),
            db: database.connection().clone(),
            home_page: format!("{}/", config.http.origin()),
            config: sign_in,
        })))
    }

    pub fn redirect_uri(&self) -> &RedirectUri {
        &self.config.redirect_uri
    }

    /// The path of the redirect URI, where the callback is served.
    pub fn callback_path(&self) -> &str {
        self.redirect_uri().path()
    }

    pub fn cookies(&self) -> &Cookies {
        &self.cookies
    }

    pub fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// Background task: deletes expired sessions and attempts every ten minutes.
    pub async fn clean_up_periodically(&self) {
        loop {
            tokio::time::sleep(CLEANUP_INTERVAL).await;
            if let Err(cause) = self.delete_expired().await {
                tracing::warn!(%cause, "failed to delete expired sessions");
            }
        }
    }

    /// Deletes expired sessions and attempts.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_expired(&self) -> Result<(), DbErr> {
        self.sessions.delete_expired().await?;
        attempts::delete_expired(&self.db).await
    }

    /// The session of a request; a request without a validly signed session cookie causes no query.
    pub async fn load_session(&self, request: &Request) -> RequestSession {
        let Some(id) = self.cookies.session_id(request) else {
            return RequestSession::default();
        };
        RequestSession {
            id: Some(id),
            user: self.sessions.find(&id).await,
        }
    }

    /// The user, or the program, to whom a bearer token gives access.
    ///
    /// # Errors
    /// When the token is not valid here, lacks the scope, or the provider cannot be reached.
    pub async fn authenticate(&self, token: &str) -> Result<CurrentUser, BearerError> {
        let calls = self.outbound.calls();
        access_token::validate(token, &self.config.client_id, &self.provider, &calls).await
    }

    /// Stores a new attempt of this browser and returns the address of its authorization request.
    ///
    /// # Errors
    /// When the provider's metadata cannot be fetched or the database fails.
    pub async fn begin(
        &self,
        browser_token: &str,
        return_to: &str,
        select_account: bool,
    ) -> Result<Url, SignInError> {
        let metadata = self.provider.metadata(&self.outbound.calls()).await?;
        let state = random_token();
        let secrets = AttemptSecrets::derive(self.cookies.keyring(), &state);
        let mut url = authorization_url(&metadata, &self.config, &state, &secrets)?;
        if select_account {
            url.query_pairs_mut().append_pair("prompt", SELECT_ACCOUNT);
        }
        insert_attempt(&self.db, &state, browser_token, return_to).await?;
        Ok(url)
    }

    /// Completes the attempt that the callback belongs to: the user and the return path. The attempt
    /// cannot be used again, whatever the result.
    ///
    /// # Errors
    /// When there is no such attempt, the provider refuses or fails, or the ID token is invalid.
    pub async fn complete(
        &self,
        callback: Callback,
        browser_tokens: &[String],
    ) -> Result<(CurrentUser, String), SignInError> {
        let return_to = take_attempt(&self.db, &callback.state, browser_tokens).await?;
        let calls = self.outbound.calls();
        let metadata = self.provider.metadata(&calls).await?;
        if !metadata.accepts_issuer(callback.issuer.as_deref()) {
            return Err(SignInError::InvalidCallback(
                "its iss parameter is another issuer",
            ));
        }
        if let Some(error) = callback.error {
            return Err(error);
        }
        if callback.code.is_empty() {
            return Err(SignInError::InvalidCallback("it has no code"));
        }
        let secrets = AttemptSecrets::derive(self.cookies.keyring(), &callback.state);
        let user = self.fetch_user(&calls, &metadata, callback.code, secrets);
        Ok((user.await?, return_to))
    }

    /// Ends a session and returns the provider's sign-out address, if the provider has one
    /// (OpenID Connect RP-Initiated Logout 1.0, section 2).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_session(&self, id: &Id) -> Result<Option<Url>, SignInError> {
        self.sessions.delete(id).await?;
        let metadata = self.provider.metadata(&self.outbound.calls()).await.ok();
        let address = metadata.and_then(|metadata| metadata.end_session_endpoint().cloned());
        Ok(address.map(|mut address| {
            address
                .query_pairs_mut()
                .append_pair("client_id", &self.config.client_id)
                .append_pair("post_logout_redirect_uri", &self.home_page);
            address
        }))
    }

    async fn fetch_user(
        &self,
        calls: &BoundedClient,
        metadata: &Metadata,
        code: String,
        secrets: AttemptSecrets,
    ) -> Result<CurrentUser, SignInError> {
        let config = &self.config;
        let verifier = secrets.code_verifier;
        let tokens =
            exchange_code(calls, metadata, config, &self.credential, code, verifier).await?;
        let expected = Expected {
            metadata,
            client_id: &config.client_id,
            nonce: Nonce::new(secrets.nonce),
        };
        let claims = validate(&tokens, &expected, &self.provider, calls).await?;
        let object_id = claims.additional_claims().oid.as_deref();
        let token = &tokens.access_token;
        let graph = get_me(calls, &config.settings.azure_graph_url, token, object_id).await;
        if let Err(cause) = &graph {
            tracing::warn!(%cause, "failed to fetch the user's Graph profile");
        }
        Ok(user_from_claims(&claims, graph.ok()))
    }
}
