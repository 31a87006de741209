//! All that sign-in needs and that outlives a request, and the two halves of its flow.

use std::time::Duration;

use sea_orm::{DatabaseConnection, DbErr};
use tower_sessions_core::session::Id;
use url::Url;

use super::attempt::{self, insert_attempt, take_attempt};
use super::callback::Callback;
use super::credential::Credential;
use super::error::SignInError;
use super::graph::get_me;
use super::person::describe;
use super::provider::{Conversation, IdentityProvider};
use super::secrets::{AttemptSecrets, Keyring, random_token};
use super::session::Sessions;
use super::store::DatabaseStore;
use super::tokens::{authorization_url, exchange_code};
use super::verification::verify;
use crate::config::SignInConfig;
use crate::current_user::CurrentUser;
use crate::outbound::Outbound;
use crate::state::AppState;

/// How often sessions and sign-ins that have ended by themselves are swept away.
const SWEEP_PAUSE: Duration = Duration::from_mins(10);

/// The provider's `prompt` that has it ask which account is meant, although it knows one.
pub(super) const SELECT_ACCOUNT: &str = "select_account";

/// What outlives a request.
pub struct SignIn {
    config: SignInConfig,
    provider: IdentityProvider,
    credential: Credential,
    keyring: Keyring,
    sessions: Sessions,
    db: DatabaseConnection,
}

impl SignIn {
    /// `None` when sign-in is not configured.
    ///
    /// # Errors
    /// When the system's certificates cannot be read.
    pub fn from_state(state: &AppState) -> anyhow::Result<Option<Self>> {
        let Some(config) = state.config.sign_in.clone() else {
            return Ok(None);
        };
        let outbound = Outbound::new(&state.config.outbound)?;
        let db = state.database.connection().clone();
        Ok(Some(Self {
            provider: IdentityProvider::new(config.provider.clone(), outbound),
            credential: Credential::new(config.client.credential.clone(), &state.config.outbound),
            keyring: Keyring::new(config.session.key.expose()),
            sessions: Sessions::new(DatabaseStore::new(db.clone()), &config.session),
            db,
            config,
        }))
    }

    pub fn config(&self) -> &SignInConfig {
        &self.config
    }

    /// Where the callback is served.
    pub fn callback_path(&self) -> &str {
        self.config.client.redirect_uri.path()
    }

    pub(super) fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    pub(super) fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// Sweeps for as long as the site runs.
    pub async fn sweep_forever(&self) {
        loop {
            tokio::time::sleep(SWEEP_PAUSE).await;
            if let Err(cause) = self.sweep().await {
                tracing::warn!(%cause, "ended sessions could not be swept away");
            }
        }
    }

    /// Deletes the sessions and the sign-ins that have ended by themselves.
    ///
    /// # Errors
    /// When the database cannot do it now.
    pub async fn sweep(&self) -> Result<(), DbErr> {
        self.sessions.store().delete_expired().await?;
        attempt::delete_expired(&self.db).await
    }

    /// Remembers a sign-in of this browser and returns the provider's address to send it to.
    pub(super) async fn begin(
        &self,
        browser: &str,
        return_to: &str,
        asks_which_account: bool,
    ) -> Result<Url, SignInError> {
        let metadata = self.provider.conversation().metadata().await?;
        let state = random_token();
        let secrets = AttemptSecrets::derive(&self.keyring, &state);
        let mut url = authorization_url(&metadata, &self.config.client, &state, &secrets)?;
        if asks_which_account {
            url.query_pairs_mut().append_pair("prompt", SELECT_ACCOUNT);
        }
        insert_attempt(&self.db, &state, browser, return_to).await?;
        Ok(url)
    }

    /// Completes the sign-in that the callback belongs to: who it is, and the path to go to. The
    /// sign-in is spent from here on, however it ends.
    pub(super) async fn finish(
        &self,
        callback: Callback,
        browser: &str,
    ) -> Result<(CurrentUser, String), SignInError> {
        let return_to = take_attempt(&self.db, &callback.state, browser).await?;
        let provider = self.provider.conversation();
        let metadata = provider.metadata().await?;
        if !metadata.accepts_issuer(callback.issuer.as_deref()) {
            return Err(SignInError::Unknown("its iss parameter is another issuer"));
        }
        if let Some(error) = callback.error {
            return Err(error);
        }
        if callback.code.is_empty() {
            return Err(SignInError::Unknown("it has no code"));
        }
        let secrets = AttemptSecrets::derive(&self.keyring, &callback.state);
        let user = self.user_of(&provider, callback.code, &secrets).await?;
        Ok((user, return_to))
    }

    /// Ends a session; the provider's address for signing out there too, where it has one. It names the
    /// client, whose address to come back to it is (OpenID Connect RP-Initiated Logout 1.0, section 2).
    pub(super) async fn end(
        &self,
        id: Option<Id>,
        return_address: &str,
    ) -> Result<Option<Url>, SignInError> {
        let Some(id) = id else {
            return Ok(None);
        };
        self.sessions.end(&id).await?;
        let metadata = self.provider.conversation().metadata().await.ok();
        let address = metadata.and_then(|metadata| metadata.end_session_endpoint().cloned());
        Ok(address.map(|mut address| {
            address
                .query_pairs_mut()
                .append_pair("client_id", &self.config.client.id)
                .append_pair("post_logout_redirect_uri", return_address);
            address
        }))
    }

    async fn user_of(
        &self,
        provider: &Conversation<'_>,
        code: String,
        secrets: &AttemptSecrets,
    ) -> Result<CurrentUser, SignInError> {
        let client = &self.config.client;
        let tokens = exchange_code(provider, (client, &self.credential), code, secrets).await?;
        let claims = verify(provider, &client.id, &tokens, secrets.nonce()).await?;
        let object_id = claims.additional_claims().oid.as_deref();
        let token = &tokens.access_token;
        let graph = get_me(provider.calls(), provider.config(), token, object_id).await;
        if let Err(cause) = &graph {
            tracing::warn!(%cause, "Microsoft Graph told nothing of the person who signs in");
        }
        Ok(describe(&claims, graph.ok()))
    }
}
