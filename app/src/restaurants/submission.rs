//! What makes a form that is sent twice (a double click, a retry after a lost answer) one row.

use sha2::{Digest as _, Sha256};

/// A fresh key for a form: 128 random bits in hexadecimal.
pub(super) fn new_key() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// What the row keeps: a hash of the form's key and of its fields, so that another text under the
/// same key is a new row. `None` without a key.
pub(super) fn digest(key: &str, fields: &[&str]) -> Option<String> {
    if key.is_empty() {
        return None;
    }
    let mut hash = Sha256::new();
    for part in std::iter::once(&key).chain(fields) {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    Some(hex::encode(hash.finalize()))
}
