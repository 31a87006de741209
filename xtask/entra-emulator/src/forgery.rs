//! Changes to ID tokens.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use crate::signature::Signature;

/// The second argument is the time of issue, in seconds since 1970.
type JsonEdit = Arc<dyn Fn(&mut Map<String, Value>, i64) + Send + Sync>;
type TextEdit = Arc<dyn Fn(String) -> String + Send + Sync>;
type BytesEdit = Arc<dyn Fn(Vec<u8>) -> Vec<u8> + Send + Sync>;

/// Changes to every ID token, applied in the order in which a token is made: header and claims, their
/// JSON texts, the signature, the finished token. Without any change the token is correct.
#[derive(Clone, Default)]
pub struct Forgery {
    header: Vec<JsonEdit>,
    claims: Vec<JsonEdit>,
    header_text: Option<TextEdit>,
    payload_text: Option<TextEdit>,
    signature: Option<Signature>,
    signature_bytes: Option<BytesEdit>,
    token: Option<TextEdit>,
}

impl Forgery {
    /// A forgery without any change.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a claim to any JSON value.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.push(set(name, value.into()));
        self
    }

    /// Sets a claim to `seconds` after the time of issue by the emulator's clock; before it if negative.
    #[must_use]
    pub fn claim_from_now(mut self, name: &str, seconds: i64) -> Self {
        let name = name.to_owned();
        self.claims.push(Arc::new(move |claims, now| {
            claims.insert(name.clone(), Value::from(now + seconds));
        }));
        self
    }

    /// Removes a claim.
    #[must_use]
    pub fn without_claim(mut self, name: &str) -> Self {
        self.claims.push(remove(name));
        self
    }

    /// Sets `tid` and the tenant in `iss` to another tenant.
    #[must_use]
    pub fn tenant(self, tenant_id: &str) -> Self {
        let tenant_id = tenant_id.to_owned();
        self.claims(move |claims| {
            let text = |name| claims.get(name).and_then(Value::as_str).unwrap_or_default();
            let issuer = text("iss").replace(text("tid"), &tenant_id);
            claims.insert("iss".into(), issuer.into());
            claims.insert("tid".into(), tenant_id.clone().into());
        })
    }

    /// Changes the claims in any way.
    #[must_use]
    pub fn claims(
        mut self,
        edit: impl Fn(&mut Map<String, Value>) + Send + Sync + 'static,
    ) -> Self {
        self.claims.push(Arc::new(move |claims, _| edit(claims)));
        self
    }

    /// Sets a header field to any JSON value; `alg` may differ from the signature's.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.push(set(name, value.into()));
        self
    }

    /// Removes a header field.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Self {
        self.header.push(remove(name));
        self
    }

    /// Rewrites the header's JSON text before it is signed.
    #[must_use]
    pub fn header_text(mut self, edit: impl Fn(String) -> String + Send + Sync + 'static) -> Self {
        self.header_text = Some(Arc::new(edit));
        self
    }

    /// Rewrites the claims' JSON text before it is signed: duplicate names, numbers out of range, any size.
    #[must_use]
    pub fn payload_text(mut self, edit: impl Fn(String) -> String + Send + Sync + 'static) -> Self {
        self.payload_text = Some(Arc::new(edit));
        self
    }

    /// Signs with another algorithm or another key.
    #[must_use]
    pub fn signature(mut self, signature: Signature) -> Self {
        self.signature = Some(signature);
        self
    }

    /// Changes the bytes of the signature.
    #[must_use]
    pub fn signature_bytes(
        mut self,
        edit: impl Fn(Vec<u8>) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        self.signature_bytes = Some(Arc::new(edit));
        self
    }

    /// Rewrites the finished token: number of segments, characters outside base64url.
    #[must_use]
    pub fn token(mut self, edit: impl Fn(String) -> String + Send + Sync + 'static) -> Self {
        self.token = Some(Arc::new(edit));
        self
    }

    /// Makes the token from the correct header and claims.
    pub(crate) fn issue(
        &self,
        mut header: Map<String, Value>,
        mut claims: Map<String, Value>,
        default: &Signature,
        now: i64,
    ) -> String {
        let signature = self.signature.as_ref().unwrap_or(default);
        header.insert("alg".into(), signature.algorithm().into());
        self.header.iter().for_each(|edit| edit(&mut header, now));
        self.claims.iter().for_each(|edit| edit(&mut claims, now));
        let header = rewrite(self.header_text.as_ref(), Value::Object(header).to_string());
        let payload = rewrite(
            self.payload_text.as_ref(),
            Value::Object(claims).to_string(),
        );
        let signed = format!(
            "{}.{}",
            encode(header.as_bytes()),
            encode(payload.as_bytes())
        );
        let mut bytes = signature.sign(signed.as_bytes());
        if let Some(edit) = &self.signature_bytes {
            bytes = edit(bytes);
        }
        rewrite(self.token.as_ref(), format!("{signed}.{}", encode(&bytes)))
    }
}

fn set(name: &str, value: Value) -> JsonEdit {
    let name = name.to_owned();
    Arc::new(move |fields, _| {
        fields.insert(name.clone(), value.clone());
    })
}

fn remove(name: &str) -> JsonEdit {
    let name = name.to_owned();
    Arc::new(move |fields, _| {
        fields.remove(&name);
    })
}

fn rewrite(edit: Option<&TextEdit>, text: String) -> String {
    match edit {
        Some(edit) => edit(text),
        None => text,
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
