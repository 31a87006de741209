//! What azd hands to its hooks: the values of `azd env set` and the outputs of the Bicep.

/// Each comes from the environment variable of its name.
#[derive(clap::Args, Clone, Default)]
pub(super) struct Environment {
    /// `zip` or `container`.
    #[arg(long, env = "DEPLOY_MODE", default_value = "")]
    pub(super) deploy_mode: String,
    /// Whether users sign in with Entra ID.
    #[arg(long, env = "ENABLE_ENTRA_AUTH", default_value = "")]
    pub(super) enable_entra_auth: String,
    /// The app registration.
    #[arg(long, env = "AUTH_CLIENT_ID", default_value = "")]
    pub(super) auth_client_id: String,
    /// The subscription.
    #[arg(long, env = "AZURE_SUBSCRIPTION_ID", default_value = "")]
    pub(super) azure_subscription_id: String,
    /// The region.
    #[arg(long, env = "AZURE_LOCATION", default_value = "")]
    pub(super) azure_location: String,
    /// The resource group of the site.
    #[arg(long, env = "AZURE_RESOURCE_GROUP", default_value = "")]
    pub(super) azure_resource_group: String,
    /// Name of the site.
    #[arg(long, env = "SERVICE_WEB_NAME", default_value = "")]
    pub(super) service_web_name: String,
    /// Size of the site's machines.
    #[arg(long, env = "APP_SERVICE_PLAN_SKU", default_value = "B1")]
    pub(super) app_service_plan_sku: String,
    /// Size of the database's machine.
    #[arg(long, env = "DATABASE_SKU", default_value = "Standard_B1ms")]
    pub(super) database_sku: String,
    /// Address of the site.
    #[arg(long, env = "WEB_URI", default_value = "")]
    pub(super) web_uri: String,
    /// Address of the log stream.
    #[arg(long, env = "WEB_APP_LOG_STREAM", default_value = "")]
    pub(super) web_app_log_stream: String,
    /// Address of the SSH session.
    #[arg(long, env = "WEB_APP_SSH", default_value = "")]
    pub(super) web_app_ssh: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DeployMode {
    Zip,
    Container,
}

impl Environment {
    /// `None` for any other word, which would deploy nothing.
    pub(super) fn deploy_mode(&self) -> Option<DeployMode> {
        match self.deploy_mode.as_str() {
            "" | "zip" => Some(DeployMode::Zip),
            "container" => Some(DeployMode::Container),
            _ => None,
        }
    }

    pub(super) fn wants_sign_in(&self) -> bool {
        self.enable_entra_auth.eq_ignore_ascii_case("true")
    }

    /// Values with which no check is left out.
    pub(super) fn for_rehearsal() -> Self {
        let id = "00000000-0000-0000-0000-000000000000";
        Self {
            deploy_mode: "container".to_owned(),
            enable_entra_auth: "true".to_owned(),
            auth_client_id: id.to_owned(),
            azure_subscription_id: id.to_owned(),
            azure_location: "westeurope".to_owned(),
            azure_resource_group: "rg-app".to_owned(),
            service_web_name: "app-site".to_owned(),
            app_service_plan_sku: "B1".to_owned(),
            database_sku: "Standard_B1ms".to_owned(),
            ..Self::default()
        }
    }
}
