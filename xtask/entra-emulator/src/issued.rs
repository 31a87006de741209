//! Everything secret that was given out, and what it is good for.

use std::collections::HashMap;

/// The grant of an authorization code.
#[derive(Clone)]
pub(crate) struct Grant {
    pub(crate) person: String,
    pub(crate) redirect_uri: String,
    pub(crate) code_challenge: String,
    pub(crate) nonce: Option<String>,
    pub(crate) scope: String,
    pub(crate) expires: i64,
    pub(crate) redeemed: bool,
}

/// What an access token to Graph allows.
#[derive(Clone)]
pub(crate) struct Access {
    pub(crate) person: String,
    pub(crate) scope: String,
    pub(crate) expires: i64,
}

/// What a token of the managed identity was made for.
#[derive(Clone)]
pub(crate) struct Assertion {
    pub(crate) audience: String,
    pub(crate) expires: i64,
}

/// Codes and tokens by their text.
#[derive(Default)]
pub(crate) struct Issued {
    pub(crate) codes: HashMap<String, Grant>,
    pub(crate) access_tokens: HashMap<String, Access>,
    pub(crate) assertions: HashMap<String, Assertion>,
    pub(crate) id_tokens: Vec<String>,
}

impl Issued {
    pub(crate) fn secrets(&self) -> Vec<String> {
        let codes = self.codes.keys();
        let tokens = self.access_tokens.keys().chain(self.assertions.keys());
        let all = codes.chain(tokens).chain(&self.id_tokens);
        all.cloned().collect()
    }
}
