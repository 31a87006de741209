//! The text of the settings of sign-in.

#![expect(clippy::doc_markdown, reason = "the comments are read in a terminal")]

/// Sign-in's settings as text.
#[derive(clap::Args)]
#[command(next_help_heading = "Sign-in")]
pub(crate) struct SignInSettings {
    /// Application (client) ID of the app registration; without it nobody can sign in and the rest of this group is ignored
    #[arg(long, env, value_name = "ID")]
    pub(super) azure_client_id: Option<String>,
    /// Directory (tenant) ID or domain, or organizations, common, consumers
    #[arg(long, env, value_name = "TENANT")]
    pub(super) azure_tenant_id: Option<String>,
    /// Client secret of the app registration; unset: AZURE_MANAGED_IDENTITY_CLIENT_ID vouches for the site
    #[arg(long, env, value_name = "SECRET")]
    pub(super) azure_client_secret: Option<String>,
    /// Address the browser comes back to, as registered; unset: /auth/callback at BASE_URL, or at http://localhost:PORT
    #[arg(long, env, value_name = "URL")]
    pub(super) azure_redirect_uri: Option<String>,
    /// Key of the session cookies, 32 bytes or more, the same on all instances
    #[arg(long, env, value_name = "SECRET")]
    pub(super) session_secret_key: Option<String>,
    /// Tenants whose people may sign in, as IDs separated by commas, * for any; required with organizations, common, consumers
    #[arg(long, env, value_name = "LIST")]
    pub(super) azure_allowed_tenants: Option<String>,
    /// What needs a sign-in: writes, all or none [default: writes]
    #[arg(long, env, value_name = "WHAT")]
    pub(super) sign_in_required: Option<String>,
    /// Time without a request after which a session ends [default: 8h]
    #[arg(long, env, value_name = "DURATION")]
    pub(super) session_idle_timeout: Option<String>,
    /// Time after which a session ends in any case [default: 24h]
    #[arg(long, env, value_name = "DURATION")]
    pub(super) session_max_age: Option<String>,
    /// Sign-ins a client address may begin per minute, counted behind a trusted proxy; 0 = no limit [default: 30]
    #[arg(long, env, value_name = "NUMBER")]
    pub(super) rate_limit_login: Option<String>,
    /// Origin of the sign-in service, for other clouds [default: https://login.microsoftonline.com]
    #[arg(long, env, value_name = "ORIGIN")]
    pub(super) azure_authority_host: Option<String>,
    /// Origin of Microsoft Graph, for other clouds [default: https://graph.microsoft.com]
    #[arg(long, env, value_name = "ORIGIN")]
    pub(super) azure_graph_url: Option<String>,
    /// Audience of the managed identity's token, for other clouds [default: api://AzureADTokenExchange]
    #[arg(long, env, value_name = "AUDIENCE")]
    pub(super) azure_token_exchange_audience: Option<String>,
}

impl SignInSettings {
    /// The settings that mean nothing without `AZURE_CLIENT_ID`.
    pub(super) fn companions(&self) -> [(&'static str, Option<&str>); 12] {
        [
            ("AZURE_TENANT_ID", self.azure_tenant_id.as_deref()),
            ("AZURE_CLIENT_SECRET", self.azure_client_secret.as_deref()),
            ("AZURE_REDIRECT_URI", self.azure_redirect_uri.as_deref()),
            ("SESSION_SECRET_KEY", self.session_secret_key.as_deref()),
            (
                "AZURE_ALLOWED_TENANTS",
                self.azure_allowed_tenants.as_deref(),
            ),
            ("SIGN_IN_REQUIRED", self.sign_in_required.as_deref()),
            ("SESSION_IDLE_TIMEOUT", self.session_idle_timeout.as_deref()),
            ("SESSION_MAX_AGE", self.session_max_age.as_deref()),
            ("RATE_LIMIT_LOGIN", self.rate_limit_login.as_deref()),
            ("AZURE_AUTHORITY_HOST", self.azure_authority_host.as_deref()),
            ("AZURE_GRAPH_URL", self.azure_graph_url.as_deref()),
            (
                "AZURE_TOKEN_EXCHANGE_AUDIENCE",
                self.azure_token_exchange_audience.as_deref(),
            ),
        ]
    }
}
