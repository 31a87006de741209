//! The published keys and their rotation.

use entra_emulator::{Forgery, Signature};
use serde_json::{Value, json};

use crate::support::App;
use crate::token::{segment, verifies};

#[tokio::test]
async fn a_new_key_signs_while_the_old_one_stays_published() {
    let app = App::start().await;
    let old = app.emulator.rotate_key();
    let token = app.id_token().await;
    let keys = app.published_keys().await;
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0]["kid"], old.kid());
    assert_eq!(segment(&token, 0)["kid"], keys[1]["kid"]);
    assert!(verifies(&token, &keys[1]));
}

#[tokio::test]
async fn a_withdrawn_key_can_still_sign() {
    let app = App::start().await;
    let old = app.emulator.rotate_key();
    app.emulator.withdraw_old_keys();
    let kid = old.kid().to_owned();
    let forgery = Forgery::new().header("kid", kid.as_str());
    app.emulator
        .forge(forgery.signature(Signature::Rs256(old.clone())));
    let token = app.id_token().await;
    let keys = app.published_keys().await;
    assert_eq!(keys, [app.emulator.signing_key().jwk()]);
    assert_eq!(segment(&token, 0)["kid"], kid.as_str());
    assert!(verifies(&token, &old.jwk()));
}

#[tokio::test]
async fn any_json_value_can_be_published_as_a_key() {
    let app = App::start().await;
    let odd = [
        Value::Null,
        json!({ "kty": "OKP", "kid": "x" }),
        json!({ "kty": "RSA", "n": "!" }),
    ];
    for entry in &odd {
        app.emulator.publish_key(entry.clone());
    }
    let keys = app.published_keys().await;
    assert_eq!(keys[0], app.emulator.signing_key().jwk());
    assert_eq!(keys[1..], odd);
}
