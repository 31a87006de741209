//! What Entra ID, the key vault, App Service and azd would do, as far as the tests need it.

use serde_json::{Value, json};

use super::Outcome;
use super::parser::Call;

/// The tenant's answer to a call that the parser has accepted.
pub(super) fn az(tenant: &mut Value, call: &Call) -> Outcome {
    if call.command == "cloud show" {
        return Ok(tenant["cloud"].clone());
    }
    if tenant["signed_in"] != true {
        return Err((1, "Please run 'az login' to setup account.".to_owned()));
    }
    if tenant["forbidden"]
        .as_array()
        .is_some_and(|commands| commands.contains(&json!(call.command)))
    {
        return Err((
            1,
            "Insufficient privileges to complete the operation.".to_owned(),
        ));
    }
    match call.command.as_str() {
        "account show" => {
            Ok(json!({ "tenantId": tenant["tenant_id"], "user": { "name": "dev@example.com" } }))
        }
        "account list" => Ok(tenant["accounts"].clone()),
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
        command if command.starts_with("ad app federated-credential") => federated(tenant, call),
        command if command.starts_with("ad sp") => service_principal(tenant, call),
        _ => application(tenant, call),
    }
}

/// `azd env get-values` and `azd env set`.
pub(super) fn azd(tenant: &mut Value, arguments: &[String]) -> Outcome {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
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

fn application(tenant: &mut Value, call: &Call) -> Outcome {
    let applications = entries(&mut tenant["applications"]);
    match call.command.as_str() {
        "ad app list" => {
            let is_meant = |application: &&Value| {
                let name = application["displayName"].as_str().unwrap_or_default();
                call.one("--filter") == format!("displayName eq '{name}'")
            };
            Ok(applications.iter().filter(is_meant).cloned().collect())
        }
        "ad app delete" => {
            let before = applications.len();
            applications.retain(|application| application["appId"] != call.one("--id"));
            if applications.len() == before {
                Err(missing(call.one("--id")))
            } else {
                Ok(Value::Null)
            }
        }
        "ad app update" => update(tenant, call),
        _ => Ok(find(tenant, call)?.clone()),
    }
}

fn update(tenant: &mut Value, call: &Call) -> Outcome {
    // What was made a moment ago is not known everywhere.
    if let Some(delays) = tenant["delays"].as_u64().filter(|delays| *delays > 0) {
        tenant["delays"] = json!(delays - 1);
        return Err(missing(call.one("--id")));
    }
    let application = find(tenant, call)?;
    if let Some(uris) = call.many("--web-redirect-uris") {
        application["web"]["redirectUris"] = json!(uris);
    }
    if call.many("--web-home-page-url").is_some() {
        application["web"]["homePageUrl"] = json!(call.one("--web-home-page-url"));
    }
    for (option, field) in [
        ("--app-roles", "appRoles"),
        ("--required-resource-accesses", "requiredResourceAccess"),
    ] {
        if let Some(value) = call.json(option) {
            application[field] = value;
        }
    }
    Ok(Value::Null)
}

fn credential(tenant: &mut Value, call: &Call) -> Outcome {
    let number = tenant["secrets_made"].as_u64().unwrap_or_default() + 1;
    let secrets = entries(&mut find(tenant, call)?["passwordCredentials"]);
    if call.command == "ad app credential delete" {
        secrets.retain(|secret| secret["keyId"] != call.one("--key-id"));
        return Ok(Value::Null);
    }
    if call.many("--append").is_none() {
        secrets.clear();
    }
    let password = format!("{number:03}~s3cret");
    secrets.push(json!({ "keyId": format!("key-{number}"), "displayName": call.one("--display-name"), "hint": &password[..3] }));
    tenant["secrets_made"] = json!(number);
    Ok(json!({ "appId": call.one("--id"), "password": password, "tenant": tenant["tenant_id"] }))
}

fn federated(tenant: &mut Value, call: &Call) -> Outcome {
    let credentials = entries(&mut find(tenant, call)?["federated"]);
    let parameters = call.json("--parameters");
    if let Some(parameters) = parameters {
        credentials
            .retain(|credential| credential["name"] != call.one("--federated-credential-id"));
        credentials.push(parameters);
    }
    Ok(json!(credentials))
}

fn service_principal(tenant: &mut Value, call: &Call) -> Outcome {
    let application = find(tenant, call)?;
    if call.command == "ad sp create" {
        application["has_service_principal"] = json!(true);
    }
    if application["has_service_principal"] != true {
        return Err(missing(call.one("--id")));
    }
    Ok(json!({ "id": format!("principal-of-{}", call.one("--id")) }))
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
    if uri.ends_with("/v1.0/applications") {
        let properties = call.json("--body").unwrap_or_default();
        return Ok(made(tenant, &properties));
    }
    if uri.ends_with("/appRoleAssignedTo") {
        entries(&mut tenant["assignments"]).push(call.json("--body").unwrap_or_default());
        return Ok(Value::Null);
    }
    if uri.ends_with("/appRoleAssignments") {
        return Ok(json!({ "value": tenant["assignments"] }));
    }
    let path = uri.split('?').next().unwrap_or_default();
    if path.ends_with("/configreferences/appsettings/refresh") {
        return Ok(Value::Null);
    }
    if path.ends_with("/configreferences/appsettings/AZURE_CLIENT_SECRET") {
        let version = format!("v{}", tenant["vault"]["azure-client-secret"]["version"]);
        return Ok(json!({ "properties": { "activeVersion": version } }));
    }
    Err((1, format!("Not Found({uri})")))
}

/// A new registration with these properties, and Graph's own defaults.
fn made(tenant: &mut Value, properties: &Value) -> Value {
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

fn find<'a>(tenant: &'a mut Value, call: &Call) -> Result<&'a mut Value, (u8, String)> {
    let applications = entries(&mut tenant["applications"]);
    let found = applications
        .iter_mut()
        .find(|application| application["appId"] == call.one("--id"));
    found.ok_or_else(|| missing(call.one("--id")))
}

fn entries(value: &mut Value) -> &mut Vec<Value> {
    if !value.is_array() {
        *value = json!([]);
    }
    value.as_array_mut().expect("it was just made one")
}

fn missing(id: &str) -> (u8, String) {
    (
        1,
        format!(
            "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
        ),
    )
}
