//! The emulator as seen by the crate `openidconnect`.

use std::str::FromStr;

use entra_emulator::{Forgery, Signature, SigningKey};
use openidconnect::core::{
    CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm,
    CoreProviderMetadata,
};
use openidconnect::{AccessToken, AccessTokenHash, ClientId, ClientSecret, Nonce};
use serde_json::{Value, json};

use crate::support::App;
use crate::token::text;

async fn metadata(app: &App) -> CoreProviderMetadata {
    serde_json::from_value(app.metadata().await).unwrap()
}

/// A verifier made from the published metadata and keys.
async fn verifier(app: &App) -> CoreIdTokenVerifier<'static> {
    let keys = json!({ "keys": app.published_keys().await });
    let keys: CoreJsonWebKeySet = serde_json::from_value(keys).unwrap();
    CoreIdTokenVerifier::new_confidential_client(
        ClientId::new(app.emulator.client_id().to_owned()),
        ClientSecret::new(app.emulator.client_secret().to_owned()),
        metadata(app).await.issuer().clone(),
        keys,
    )
}

async fn is_accepted(app: &App, tokens: &Value) -> bool {
    let token = CoreIdToken::from_str(&text(&tokens["id_token"])).unwrap();
    let nonce = Nonce::new("the nonce".to_owned());
    token.claims(&verifier(app).await, &nonce).is_ok()
}

#[tokio::test]
async fn the_client_library_reads_the_metadata() {
    let app = App::start().await;
    let metadata = metadata(&app).await;
    let token_endpoint = metadata.token_endpoint().unwrap().as_str();
    assert_eq!(token_endpoint, app.tenant_url("oauth2/v2.0/token"));
}

#[tokio::test]
async fn the_client_library_accepts_the_correct_token_of_every_person() {
    let app = App::start().await;
    for person in ["alice", "carol", "bob", "rupert", "mallory", "olivia"] {
        app.emulator.sign_in_as(person);
        assert!(is_accepted(&app, &app.tokens().await).await, "{person}");
    }
}

#[tokio::test]
async fn the_client_library_accepts_the_hash_of_the_access_token() {
    let app = App::start().await;
    let tokens = app.tokens().await;
    let token = CoreIdToken::from_str(&text(&tokens["id_token"])).unwrap();
    let verifier = verifier(&app).await;
    let nonce = Nonce::new("the nonce".to_owned());
    let claims = token.claims(&verifier, &nonce).unwrap();
    let key = token.signing_key(&verifier).unwrap();
    let access_token = AccessToken::new(text(&tokens["access_token"]));
    let algorithm = CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256;
    let hash = AccessTokenHash::from_token(&access_token, &algorithm, key).unwrap();
    assert_eq!(claims.access_token_hash(), Some(&hash));
}

#[tokio::test]
async fn the_client_library_rejects_forged_tokens() {
    let app = App::start().await;
    let foreign = Signature::Rs256(SigningKey::foreign());
    for forgery in [
        Forgery::new().signature(foreign),
        Forgery::new().claim("aud", "other"),
        Forgery::new().claim("nonce", "other"),
        Forgery::new().claim_from_now("exp", -1),
        Forgery::new().header("kid", "unknown"),
    ] {
        app.emulator.forge(forgery);
        assert!(!is_accepted(&app, &app.tokens().await).await);
    }
}
