//! The claims and signatures of Entra's v2.0 tokens.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rsa::sha2::{Digest, Sha256};
use serde_json::{Map, Value, json};

use crate::forgery::Forgery;
use crate::people::Person;
use crate::provider::{Access, Grant, Provider, random_text};
use crate::signature::Signature;

/// Entra sets `iat` and `nbf` five minutes back.
const ISSUED_EARLIER_SECONDS: i64 = 300;
/// Lifetime of access and ID tokens.
pub(crate) const LIFETIME_SECONDS: i64 = 3600;
/// The application id of Microsoft Graph, the audience of its access tokens.
const GRAPH_APPLICATION_ID: &str = "00000003-0000-0000-c000-000000000000";
/// The application id of the Azure CLI, which gets tokens for `az account get-access-token`.
const AZURE_CLI_ID: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
/// The object id of the app's service principal.
const APPLICATION_OBJECT_ID: &str = "0badc0de-0000-4000-8000-00000000000d";
/// The delegated permission of the app's API.
pub(crate) const ACCESS_AS_USER: &str = "access_as_user";
/// The app role of programs in the app's API.
pub(crate) const ACCESS_AS_APPLICATION: &str = "access_as_application";
/// The object (principal) id of the managed identity, the subject of the federated credential.
const MANAGED_IDENTITY_OBJECT_ID: &str = "0badc0de-0000-4000-8000-00000000000c";

/// An access token for Microsoft Graph: a JWT signed by the same key that must not pass as an ID token.
pub(crate) fn access_token(provider: &Provider, person: &Person, grant: &Grant) -> String {
    let mut claims = dated(provider, LIFETIME_SECONDS);
    claims.extend(object(json!({
        "aud": GRAPH_APPLICATION_ID,
        "iss": issuer(provider, &person.tenant_id),
        "appid": provider.options.client_id,
        "oid": person.object_id,
        "scp": grant.scope,
        "sub": pairwise_subject(GRAPH_APPLICATION_ID, person),
        "tid": person.tenant_id,
        "uti": random_text(16),
        "ver": "1.0",
    })));
    let token = sign(provider, &Forgery::new(), claims);
    let access = Access {
        person: person.key.clone(),
        scope: grant.scope.clone(),
        expires: provider.now() + LIFETIME_SECONDS,
    };
    let mut state = provider.state();
    state.issued.access_tokens.insert(token.clone(), access);
    token
}

/// An ID token, changed by the current forgery.
pub(crate) fn id_token(
    provider: &Provider,
    person: &Person,
    grant: &Grant,
    access_token: &str,
) -> String {
    let mut claims = dated(provider, LIFETIME_SECONDS);
    claims.extend(object(json!({
        "aud": provider.options.client_id,
        "iss": issuer(provider, &person.tenant_id),
        "aio": random_text(60),
        "at_hash": half_hash(access_token),
        "oid": person.object_id,
        "rh": format!("1.{}.", random_text(40)),
        "sub": pairwise_subject(&provider.options.client_id, person),
        "tid": person.tenant_id,
        "uti": random_text(16),
        "ver": "2.0",
    })));
    if let Some(nonce) = &grant.nonce {
        claims.insert("nonce".into(), nonce.clone().into());
    }
    claims.extend(person.claims.clone());
    let forgery = provider.state().misbehaviour.forgery.clone();
    let token = sign(provider, &forgery, claims);
    provider.state().issued.id_tokens.push(token.clone());
    token
}

/// An access token of a person for the app's own API, changed by the current forgery.
pub(crate) fn api_token_of(provider: &Provider, person: &Person) -> String {
    let mut claims = api_claims(provider, &person.tenant_id);
    claims.extend(person.claims.clone());
    claims.extend(object(json!({
        "azp": AZURE_CLI_ID,
        "azpacr": "0",
        "oid": person.object_id,
        "scp": ACCESS_AS_USER,
        "sub": pairwise_subject(&provider.options.client_id, person),
    })));
    sign_api_token(provider, claims)
}

/// An access token of the app itself, with these app roles, for its own API, changed by the current forgery.
pub(crate) fn api_token_of_app(provider: &Provider, roles: &[&str]) -> String {
    let mut claims = api_claims(provider, &provider.options.tenant_id);
    claims.extend(object(json!({
        "azp": provider.options.client_id,
        "azpacr": "1",
        "oid": APPLICATION_OBJECT_ID,
        "roles": roles,
        "sub": APPLICATION_OBJECT_ID,
    })));
    sign_api_token(provider, claims)
}

fn api_claims(provider: &Provider, tenant_id: &str) -> Map<String, Value> {
    let mut claims = dated(provider, LIFETIME_SECONDS);
    claims.extend(object(json!({
        "aud": provider.options.client_id,
        "iss": issuer(provider, tenant_id),
        "aio": random_text(60),
        "rh": format!("1.{}.", random_text(40)),
        "tid": tenant_id,
        "uti": random_text(16),
        "ver": "2.0",
    })));
    claims
}

fn sign_api_token(provider: &Provider, claims: Map<String, Value>) -> String {
    let forgery = provider.state().misbehaviour.forgery.clone();
    let token = sign(provider, &forgery, claims);
    provider.state().issued.api_tokens.push(token.clone());
    token
}

/// A token of the managed identity for a resource, valid for a day as on App Service.
pub(crate) fn identity_token(provider: &Provider, resource: &str, lifetime: i64) -> String {
    let tenant_id = &provider.options.tenant_id;
    let mut claims = dated(provider, lifetime);
    claims.extend(object(json!({
        "aud": resource,
        "iss": issuer(provider, tenant_id),
        "appid": provider.options.managed_identity_client_id,
        "oid": MANAGED_IDENTITY_OBJECT_ID,
        "sub": MANAGED_IDENTITY_OBJECT_ID,
        "tid": tenant_id,
        "uti": random_text(16),
        "ver": "2.0",
    })));
    sign(provider, &Forgery::new(), claims)
}

/// The issuer of a tenant's tokens.
pub(crate) fn issuer(provider: &Provider, tenant_id: &str) -> String {
    format!("{}/{tenant_id}/v2.0", provider.base_url)
}

fn sign(provider: &Provider, forgery: &Forgery, claims: Map<String, Value>) -> String {
    let key = provider.state().keys.current();
    let header = object(json!({ "typ": "JWT", "kid": key.kid() }));
    forgery.issue(header, claims, &Signature::Rs256(key), provider.now())
}

fn dated(provider: &Provider, lifetime: i64) -> Map<String, Value> {
    let now = provider.now();
    let issued = now - ISSUED_EARLIER_SECONDS;
    object(json!({ "iat": issued, "nbf": issued, "exp": now + lifetime }))
}

/// A pairwise subject: it differs between apps and is the same at each sign-in.
fn pairwise_subject(client_id: &str, person: &Person) -> String {
    let parts = [client_id, &person.tenant_id, &person.object_id].join("/");
    URL_SAFE_NO_PAD.encode(Sha256::digest(parts))
}

/// `at_hash` of OIDC Core, section 3.1.3.6: half of the hash.
fn half_hash(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(token)[..16])
}

/// The fields of a JSON object.
pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
