//! Each signature algorithm of an ID token.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use entra_emulator::{EllipticKey, Forgery, Signature, SigningKey};
use hmac::{Hmac, Mac};
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature as EllipticSignature, VerifyingKey};
use rsa::sha2::{Digest, Sha256, Sha384, Sha512};
use rsa::{Pkcs1v15Sign, Pss, RsaPublicKey, pkcs8::DecodePublicKey};

use crate::support::App;
use crate::token::{decoded, segment, verifies};

/// The signed text and the signature of the next ID token under this forgery.
async fn forged(app: &App, forgery: Forgery) -> (String, Vec<u8>) {
    app.emulator.forge(forgery);
    let token = app.id_token().await;
    let (signed, signature) = token.rsplit_once('.').unwrap();
    (
        signed.to_owned(),
        URL_SAFE_NO_PAD.decode(signature).unwrap(),
    )
}

#[tokio::test]
async fn a_token_can_have_no_signature() {
    let app = App::start().await;
    let (signed, signature) = forged(&app, Forgery::new().signature(Signature::None)).await;
    assert!(signature.is_empty());
    assert_eq!(segment(&signed, 0)["alg"], "none");
    let spelled = Forgery::new()
        .signature(Signature::None)
        .header("alg", "nOnE");
    assert_eq!(segment(&forged(&app, spelled).await.0, 0)["alg"], "nOnE");
}

#[tokio::test]
async fn a_signature_can_be_cut_or_flipped() {
    let app = App::start().await;
    let cut = |mut bytes: Vec<u8>| {
        bytes.pop();
        bytes
    };
    let (_, signature) = forged(&app, Forgery::new().signature_bytes(cut)).await;
    assert_eq!(signature.len(), 255);
    let flip = |mut bytes: Vec<u8>| {
        bytes[200] ^= 1;
        bytes
    };
    app.emulator.forge(Forgery::new().signature_bytes(flip));
    assert!(!verifies(
        &app.id_token().await,
        &app.emulator.signing_key().jwk()
    ));
}

#[tokio::test]
async fn an_unpublished_key_can_sign_under_the_published_kid() {
    let app = App::start().await;
    let foreign = SigningKey::foreign();
    app.emulator
        .forge(Forgery::new().signature(Signature::Rs256(foreign.clone())));
    let token = app.id_token().await;
    let own = app.emulator.signing_key();
    assert_eq!(segment(&token, 0)["kid"], own.kid());
    assert!(verifies(&token, &foreign.jwk()));
    assert!(!verifies(&token, &own.jwk()));
}

#[tokio::test]
async fn a_public_key_in_any_encoding_can_be_the_hmac_secret() {
    let app = App::start().await;
    let key = app.emulator.signing_key();
    let pem = RsaPublicKey::from_public_key_pem(key.public_pem()).unwrap();
    assert_eq!(
        pem,
        RsaPublicKey::from_public_key_der(key.public_der()).unwrap()
    );
    assert_eq!(key.modulus(), decoded(&key.jwk()["n"]));
    for secret in [
        key.public_pem().into(),
        key.public_der().into(),
        key.modulus(),
    ] {
        let signature = Signature::Hs256(secret.clone());
        let (signed, signature) = forged(&app, Forgery::new().signature(signature)).await;
        assert_eq!(segment(&signed, 0)["alg"], "HS256");
        let mut mac = Hmac::<Sha256>::new_from_slice(&secret).unwrap();
        mac.update(signed.as_bytes());
        mac.verify_slice(&signature).unwrap();
    }
}

#[tokio::test]
async fn the_other_rsa_signatures_are_valid() {
    let app = App::start().await;
    let key = app.emulator.signing_key();
    let public = RsaPublicKey::from_public_key_der(key.public_der()).unwrap();
    let signed_by = |signature| forged(&app, Forgery::new().signature(signature));
    let (signed, signature) = signed_by(Signature::Rs384(key.clone())).await;
    let digest = Sha384::digest(&signed);
    public
        .verify(Pkcs1v15Sign::new::<Sha384>(), &digest, &signature)
        .unwrap();
    let (signed, signature) = signed_by(Signature::Rs512(key.clone())).await;
    let digest = Sha512::digest(&signed);
    public
        .verify(Pkcs1v15Sign::new::<Sha512>(), &digest, &signature)
        .unwrap();
    let (signed, signature) = signed_by(Signature::Ps256(key)).await;
    let digest = Sha256::digest(&signed);
    public
        .verify(Pss::new::<Sha256>(), &digest, &signature)
        .unwrap();
    assert_eq!(segment(&signed, 0)["alg"], "PS256");
}

#[tokio::test]
async fn an_es256_signature_is_valid_and_its_key_can_be_published() {
    let app = App::start().await;
    let key = EllipticKey::generate();
    app.emulator.publish_key(key.jwk());
    let jwk = app.published_keys().await[1].clone();
    let forgery = Forgery::new().signature(Signature::Es256(key.clone()));
    let (signed, signature) = forged(&app, forgery.header("kid", key.kid())).await;
    assert_eq!(segment(&signed, 0)["kid"], jwk["kid"]);
    let point = [vec![4], decoded(&jwk["x"]), decoded(&jwk["y"])].concat();
    let public = VerifyingKey::from_sec1_bytes(&point).unwrap();
    let signature = EllipticSignature::from_slice(&signature).unwrap();
    public.verify(signed.as_bytes(), &signature).unwrap();
}
