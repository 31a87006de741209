//! Entra ID, the key vault, App Service and azd, as far as the tests need them.

use serde_json::{Value, json};

use super::Outcome;
use super::parser::Call;

/// The tenant's response to a call that the parser has accepted.
pub(super) fn az(tenant: &mut Value, call: &Call) -> Outcome {
    if call.command == "cloud show" {
        return Ok(tenant["cloud"].clone());
    }
    if tenant["signed_in"] != true {
        return Err((1, "Please run 'az login' to setup account.".to_owned()));
    }
    let mut forbidden = tenant["forbidden"].as_array().into_iter().flatten();
    if forbidden.any(|part| call.is_about(part)) {
        let message = "Insufficient privileges to complete the operation.";
        return Err((1, message.to_owned()));
    }
    match call.command.as_str() {
        "account show" => {
            Ok(json!({ "tenantId": tenant["tenant_id"], "user": { "name": "dev@example.com" } }))
        }
        "ad signed-in-user show" => {
            Ok(json!({ "id": "user-of-dev", "userPrincipalName": "dev@example.com" }))
        }
        "ad user show" => user(call.one("--id")),
        "webapp show" => {
            Ok(json!({ "id": format!("/subscriptions/s/sites/{}", call.one("--name")) }))
        }
        "rest" => rest(tenant, call),
        command if command.starts_with("keyvault secret") => vault(tenant, call),
        command if command.starts_with("ad app credential") => credential(tenant, call),
        "postgres flexible-server list-skus" => match tenant["closed_region"].as_str() {
            Some(message) => Err((1, message.to_owned())),
            None => Ok(tenant["sizes"].clone()),
        },
        "postgres flexible-server list" => Ok(tenant["servers"].clone()),
        "webapp config appsettings set" => {
            tenant["site_settings"] = json!(call.many("--settings"));
            Ok(Value::Null)
        }
        command => Err((1, format!("the fake az does not know {command}"))),
    }
}

/// `azd env get-values` and `azd env set`.
pub(super) fn azd(tenant: &mut Value, arguments: &[String]) -> Outcome {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["version"] => Err((
            0,
            tenant["azd_version"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        )),
        ["env", "get-values", "--output", "json"] if tenant["azd"].is_object() => {
            Ok(tenant["azd"].clone())
        }
        ["env", "set", name, value] if tenant["azd"].is_object() => {
            tenant["azd"][name] = json!(value);
            Ok(Value::Null)
        }
        _ => Err((1, "no project exists".to_owned())),
    }
}

fn user(id: &str) -> Outcome {
    match id.split_once('@') {
        Some((name, "example.com")) => {
            Ok(json!({ "id": format!("user-of-{name}"), "userPrincipalName": id }))
        }
        _ => Err(missing(id)),
    }
}

/// `curl --fail`, with the status that the test chooses.
pub(super) fn curl(tenant: &Value) -> Outcome {
    match tenant["site_status"].as_u64() {
        None | Some(200..400) => Ok(Value::Null),
        Some(status) => Err((
            22,
            format!("curl: (22) The requested URL returned error: {status}"),
        )),
    }
}

fn credential(tenant: &mut Value, call: &Call) -> Outcome {
    let number = tenant["secrets_created"].as_u64().unwrap_or_default() + 1;
    let secrets = entries(&mut find(tenant, call.one("--id"))?["passwordCredentials"]);
    if call.command == "ad app credential delete" {
        secrets.retain(|secret| secret["keyId"] != call.one("--key-id"));
        return Ok(Value::Null);
    }
    if call.many("--append").is_none() {
        secrets.clear();
    }
    let password = format!("{number:03}~s3cret");
    secrets.push(json!({ "keyId": format!("key-{number}"), "displayName": call.one("--display-name"), "hint": &password[..3] }));
    tenant["secrets_created"] = json!(number);
    Ok(json!({ "appId": call.one("--id"), "password": password, "tenant": tenant["tenant_id"] }))
}

fn vault(tenant: &mut Value, call: &Call) -> Outcome {
    let secret = &mut tenant["vault"][call.one("--name")];
    let is_deleted = secret["deleted"] == true;
    match call.command.as_str() {
        "keyvault secret set" if is_deleted => {
            let state = "the secret is currently in a deleted but recoverable state";
            Err((
                1,
                format!("(Conflict) {state}, and its name cannot be reused"),
            ))
        }
        "keyvault secret set" => {
            let version = secret["version"].as_u64().unwrap_or_default() + 1;
            let hint = call.one("--tags").trim_start_matches("hint=");
            *secret = json!({ "version": version, "hint": hint, "value": call.one("--value") });
            Ok(
                json!({ "id": format!("https://vault/secrets/name/v{version}"), "value": call.one("--value") }),
            )
        }
        "keyvault secret recover" if is_deleted => {
            secret["deleted"] = json!(false);
            Ok(Value::Null)
        }
        _ if is_deleted || !secret.is_object() => {
            let message = "(SecretNotFound) A secret with this name was not found";
            Err((1, message.to_owned()))
        }
        "keyvault secret delete" => {
            secret["deleted"] = json!(true);
            Ok(Value::Null)
        }
        _ if call.one("--query") == "tags.hint" => Ok(secret["hint"].clone()),
        _ => Ok(json!(format!(
            "https://vault/secrets/name/v{}",
            secret["version"]
        ))),
    }
}

fn rest(tenant: &mut Value, call: &Call) -> Outcome {
    let uri = call.one("--url");
    let path = uri.split('?').next().unwrap_or_default();
    if let Some((_, path)) = path.split_once("/v1.0/") {
        return graph(tenant, call, path);
    }
    if path.ends_with("/Microsoft.Authorization/permissions") {
        return Ok(tenant["permissions"].clone());
    }
    if path.ends_with("/configreferences/appsettings/refresh") {
        return Ok(Value::Null);
    }
    if path.ends_with("/configreferences/appsettings/AZURE_CLIENT_SECRET") {
        let version = format!("v{}", tenant["vault"]["azure-client-secret"]["version"]);
        return Ok(json!({ "properties": { "activeVersion": version } }));
    }
    if path.starts_with("/subscriptions/") {
        return Ok(tenant["subscription"].clone());
    }
    Err((1, format!("Not Found({uri})")))
}

/// Microsoft Graph.
fn graph(tenant: &mut Value, call: &Call, path: &str) -> Outcome {
    let body = call.json("--body").unwrap_or_default();
    let method = call.one("--method");
    match (method, path) {
        ("get", "applications") => {
            let filter = call.one("--uri-parameters");
            let applications = entries(&mut tenant["applications"]).iter();
            let is_meant = |application: &&Value| {
                let name = application["displayName"].as_str().unwrap_or_default();
                filter == format!("$filter=displayName eq '{name}'")
            };
            let found: Vec<Value> = applications.filter(is_meant).cloned().collect();
            Ok(json!({ "value": found }))
        }
        ("post", "applications") => Ok(create(tenant, &body)),
        ("post", path) if path.ends_with("/appRoleAssignedTo") => {
            entries(&mut tenant["assignments"]).push(body);
            Ok(Value::Null)
        }
        ("get", path) if path.ends_with("/appRoleAssignments") => {
            Ok(json!({ "value": tenant["assignments"] }))
        }
        _ => by_key(tenant, call, path, &body),
    }
}

/// An object that is addressed by its key. A patch with the header creates it.
fn by_key(tenant: &mut Value, call: &Call, path: &str, body: &Value) -> Outcome {
    let method = call.one("--method");
    let id = path.split('\'').nth(1).unwrap_or_default();
    let upserts = call
        .many("--headers")
        .is_some_and(|headers| headers.contains(&"Prefer=create-if-missing".to_owned()));
    let is_principal = path.starts_with("servicePrincipals");
    let is_hidden = match method {
        "patch" => count_down(&mut tenant["delays"]),
        "get" if is_principal => count_down(&mut tenant["hidden_reads"]),
        _ => false,
    };
    if is_hidden {
        return Err(missing(id));
    }
    if method == "delete" {
        find(tenant, id)?;
        entries(&mut tenant["applications"]).retain(|application| application["appId"] != id);
        return Ok(Value::Null);
    }
    let application = find(tenant, id)?;
    if path.contains("/federatedIdentityCredentials") {
        let credentials = entries(&mut application["federated"]);
        if method == "patch" && upserts {
            let name = path.split('\'').nth(3).unwrap_or_default();
            upsert_credential(credentials, name, body);
        }
        return Ok(json!({ "value": credentials }));
    }
    if is_principal {
        return service_principal(application, id, method == "patch" && upserts);
    }
    if method == "patch" {
        merge(application, body);
        return Ok(Value::Null);
    }
    Ok(application.clone())
}

/// Whether an object is not replicated yet, which so many requests still see.
fn count_down(requests: &mut Value) -> bool {
    let left = requests.as_u64().unwrap_or_default();
    if left > 0 {
        *requests = json!(left - 1);
    }
    left > 0
}

fn service_principal(application: &mut Value, id: &str, upsert: bool) -> Outcome {
    let exists = application["has_service_principal"] == true;
    match (exists, upsert) {
        // 204 without content, as Graph responds to every update.
        (true, true) => return Ok(Value::Null),
        (false, true) => application["has_service_principal"] = json!(true),
        (false, false) => return Err(missing(id)),
        (true, false) => {}
    }
    Ok(json!({ "id": format!("principal-of-{id}") }))
}

fn upsert_credential(credentials: &mut Vec<Value>, name: &str, body: &Value) {
    credentials.retain(|credential| credential["name"] != name);
    let mut credential = body.clone();
    credential["name"] = json!(name);
    credentials.push(credential);
}

/// Graph merges complex properties and replaces lists.
fn merge(target: &mut Value, change: &Value) {
    for (name, value) in change.as_object().into_iter().flatten() {
        if value.is_object() {
            merge(&mut target[name], value);
        } else {
            target[name] = value.clone();
        }
    }
}

/// A new registration with these properties, and Graph's own defaults.
fn create(tenant: &mut Value, properties: &Value) -> Value {
    let applications = entries(&mut tenant["applications"]);
    let mut application = json!({
        "appId": format!("client-{}", applications.len() + 1),
        "appRoles": [], "requiredResourceAccess": [], "passwordCredentials": [],
        "web": { "redirectUris": [], "homePageUrl": null },
    });
    for (name, value) in properties.as_object().into_iter().flatten() {
        application[name] = value.clone();
    }
    applications.push(application.clone());
    application
}

fn find<'a>(tenant: &'a mut Value, id: &str) -> Result<&'a mut Value, (u8, String)> {
    let applications = entries(&mut tenant["applications"]);
    let found = applications
        .iter_mut()
        .find(|application| application["appId"] == id);
    found.ok_or_else(|| missing(id))
}

fn entries(value: &mut Value) -> &mut Vec<Value> {
    if !value.is_array() {
        *value = json!([]);
    }
    value.as_array_mut().expect("it is an array")
}

fn missing(id: &str) -> (u8, String) {
    (
        1,
        format!(
            "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
        ),
    )
}
