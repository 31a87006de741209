//! The OpenAPI document (OpenAPI Specification 3.1), collected from the routes.

use salvo::Router;
use salvo_oapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme};
use salvo_oapi::{
    Components, Info, OpenApi, Operation, PathItemType, RefOr, SecurityRequirement, SecurityScheme,
};
use serde_json::Value;

use super::operation::add_problem;
use super::resource::LINKS;
use crate::SITE_NAME;
use crate::auth::{ACCESS_AS_APPLICATION, ACCESS_AS_USER, session_cookie_name};
use crate::config::{Config, SignInConfig, SignInRequired};

const SESSION: &str = "session";
const ENTRA: &str = "entra";

/// The document of the API with these routes, as this configuration serves them. Routes without a description,
/// such as pages, are not in it.
pub fn document(config: &Config, routes: &Router, protected: &Router) -> OpenApi {
    let sign_in = config.sign_in.as_ref();
    let required = sign_in.map(|sign_in| sign_in.settings.sign_in_required);
    let mut document = OpenApi::with_info(info(sign_in)).merge_router(routes);
    secure(&mut document, |method| match required {
        Some(SignInRequired::All) => true,
        Some(SignInRequired::Writes) => *method != PathItemType::Get,
        Some(SignInRequired::None) | None => false,
    });
    if let Some(sign_in) = sign_in {
        let mut protected = OpenApi::new("", "").merge_router(protected);
        secure(&mut protected, |_| true);
        for (path, item) in std::mem::take(&mut *protected.paths) {
            let known = document.paths.entry(path).or_default();
            known.operations.extend(item.operations);
        }
        document.components.append(&mut protected.components);
        let is_https = config.http.is_https();
        add_security_schemes(&mut document.components, sign_in, is_https);
    }
    describe_access(&mut document, sign_in.is_some());
    for operation in operations(&mut document) {
        name_own_links(operation);
    }
    document
}

/// Adds the responses for an invalid token on operations that need none, and for a write from another site's page.
fn describe_access(document: &mut OpenApi, has_tokens: bool) {
    let (paths, components) = (&mut document.paths, &mut document.components);
    for item in paths.values_mut() {
        for (method, operation) in item.operations.iter_mut() {
            let is_write = *method != PathItemType::Get;
            if has_tokens {
                let description = "The access token is not valid here.";
                add_problem(components, operation, "401", description);
            }
            if has_tokens || is_write {
                let description = "The request is from another site, or the access token lacks the scope or role.";
                add_problem(components, operation, "403", description);
            }
        }
    }
}

fn info(sign_in: Option<&SignInConfig>) -> Info {
    let access = match sign_in.map(|sign_in| sign_in.settings.sign_in_required) {
        None => {
            "No sign-in is configured: anyone who can reach the site can read and add, and operations that require an account do not exist."
        }
        Some(SignInRequired::All) => "Every operation requires sign-in.",
        Some(SignInRequired::Writes) => "Reading is open to everyone; writing requires sign-in.",
        Some(SignInRequired::None) => "Reading and adding are open to everyone.",
    };
    let description = format!(
        "Lists are paged: `next` is the value of `after` for the next page. Errors are problem details (RFC 9457). \
         Unknown members and parameters are ignored. {access}"
    );
    Info::new(format!("{SITE_NAME} API"), env!("CARGO_PKG_VERSION")).description(description)
}

fn operations(document: &mut OpenApi) -> impl Iterator<Item = &mut Operation> {
    let items = document.paths.values_mut();
    items.flat_map(|item| item.operations.values_mut())
}

/// Adds security requirements to the operations whose method needs a user.
fn secure(document: &mut OpenApi, needs_user: impl Fn(&PathItemType) -> bool) {
    let (paths, components) = (&mut document.paths, &mut document.components);
    for item in paths.values_mut() {
        for (method, operation) in item.operations.iter_mut() {
            if needs_user(method) {
                let none: [&str; 0] = [];
                // The token first: it takes precedence over the session.
                operation.securities = Some(vec![
                    SecurityRequirement::new(ENTRA, none),
                    SecurityRequirement::new(SESSION, none),
                ]);
                add_problem(
                    components,
                    operation,
                    "401",
                    "Sign in, or send an access token.",
                );
                add_problem(
                    components,
                    operation,
                    "403",
                    "The request is from another site, or the user is not allowed to do this.",
                );
            }
        }
    }
}

fn add_security_schemes(components: &mut Components, sign_in: &SignInConfig, is_https: bool) {
    let cookie = ApiKeyValue::with_description(
        session_cookie_name(is_https),
        "The session cookie of a browser that has signed in on the site. Requests from other sites are refused.",
    );
    let (client_id, tenant) = (&sign_in.client_id, &sign_in.tenant);
    let token = Http::new(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(format!(
            "An access token of Microsoft Entra (tenant `{tenant}`) for `api://{client_id}`: of a user with the scope \
             `{ACCESS_AS_USER}`, or of a program with the app role `{ACCESS_AS_APPLICATION}`. \
             `az account get-access-token --scope api://{client_id}/{ACCESS_AS_USER}` prints one of yours."
        ));
    let schemes = [
        (SESSION, SecurityScheme::ApiKey(ApiKey::Cookie(cookie))),
        (ENTRA, SecurityScheme::Http(token)),
    ];
    for (name, scheme) in schemes {
        components
            .security_schemes
            .insert(name.to_owned(), RefOr::Type(scheme));
    }
}

/// Completes the links of lists, which lead to the operation itself.
fn name_own_links(operation: &mut Operation) {
    let own_id = operation.operation_id.clone().unwrap_or_default();
    for response in operation.responses.values_mut() {
        if let RefOr::Type(response) = response
            && let Some(links) = response
                .extensions
                .get_mut(LINKS)
                .and_then(Value::as_object_mut)
        {
            for link in links.values_mut() {
                link["operationId"] = own_id.clone().into();
            }
        }
    }
}
