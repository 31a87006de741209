//! Submission keys (idempotency): a form that is sent twice (double click, retry after a lost response) inserts one row.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sea_orm::sea_query::{LockType, OnConflict};
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait,
    Iterable as _, PrimaryKeyToColumn, PrimaryKeyTrait, QueryFilter as _, QuerySelect as _,
    TryInsertResult,
};
use sha2::{Digest as _, Sha256};

/// Name of the hidden form field.
pub const FIELD: &str = "submission_key";

/// 24 characters in Base64: a digest is stored with each row and again in an index.
const DIGEST_BYTES: usize = 18;

/// The lock under which the row of a repeated form is read. PostgreSQL writes a lock to its log, so that the commit waits for
/// the synchronous standby. Otherwise a row that only the primary has, because the wait for it was cut short, would be
/// accepted by sending the form again, and lost by a fail-over. SQLite has no such locks, and ignores it.
pub const REPEAT_LOCK: LockType = LockType::KeyShare;

/// Creates a key for a new form: 128 random bits in hexadecimal.
pub fn new_key() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// The hash of a submission key and the form's values that is stored with the row; `None` without a key.
/// Other values with the same key have another digest and insert a new row.
pub fn digest(key: &str, values: &[&str]) -> Option<String> {
    if key.is_empty() {
        return None;
    }
    Some(hash(std::iter::once(key).chain(values.iter().copied())))
}

/// A hash of texts, in characters of the URL-safe Base64 alphabet.
pub fn hash<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    BASE64_URL_SAFE_NO_PAD.encode(&hash.finalize()[..DIGEST_BYTES])
}

/// The row of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inserted {
    pub id: i32,
    /// `false` when the same form was sent before.
    pub is_new: bool,
}

type Column<A> = <<A as ActiveModelTrait>::Entity as EntityTrait>::Column;
type PrimaryKey<A> = <<A as ActiveModelTrait>::Entity as EntityTrait>::PrimaryKey;

/// Inserts a row unless one with the same digest exists. The column has a unique index.
///
/// # Errors
/// When the database rejects the row or cannot be reached.
pub async fn insert_once<A>(
    db: &impl ConnectionTrait,
    mut row: A,
    column: Column<A>,
    digest: Option<String>,
) -> Result<Inserted, DbErr>
where
    A: ActiveModelTrait + ActiveModelBehavior + Send,
    PrimaryKey<A>: PrimaryKeyTrait<ValueType = i32>,
{
    row.set(column, digest.clone().into());
    let ignore_duplicate = OnConflict::column(column).do_nothing().to_owned();
    let inserted = <A::Entity as EntityTrait>::insert(row)
        .on_conflict(ignore_duplicate)
        .try_insert()
        .exec(db)
        .await?;
    if let TryInsertResult::Inserted(inserted) = inserted {
        return Ok(Inserted {
            id: inserted.last_insert_id,
            is_new: true,
        });
    }
    let id = PrimaryKey::<A>::iter().map(PrimaryKeyToColumn::into_column);
    let first: Option<i32> = <A::Entity as EntityTrait>::find()
        .select_only()
        .columns(id)
        .filter(column.eq(digest))
        .lock(REPEAT_LOCK)
        .into_tuple()
        .one(db)
        .await?;
    let id = first.ok_or(DbErr::RecordNotInserted)?;
    Ok(Inserted { id, is_new: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_depends_on_the_key_and_on_each_value() {
        let first = digest("key", &["a", "bc"]);
        assert_eq!(first, digest("key", &["a", "bc"]));
        for other in [
            digest("other", &["a", "bc"]),
            digest("key", &["ab", "c"]),
            digest("key", &["a"]),
        ] {
            assert_ne!(first, other);
        }
        assert_eq!(digest("", &["a"]), None);
    }

    #[test]
    fn a_new_key_is_32_hexadecimal_digits_and_never_the_same() {
        let key = new_key();
        assert!(key.len() == 32 && key.chars().all(|digit| digit.is_ascii_hexdigit()));
        assert_ne!(key, new_key());
    }
}
