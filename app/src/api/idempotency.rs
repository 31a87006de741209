//! The header `Idempotency-Key`
//! (<https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/>): a repeated request inserts one row.
//!
//! A request is the same if key, account, path and body are. It is compared with what was sent the first time, not with the row,
//! which may have been changed since.

use salvo::extract::Metadata;
use salvo::http::StatusCode;
use salvo::http::header::HeaderName;
use salvo::{Depot, Extractible, Request};
use salvo_oapi::{
    BasicType, Components, EndpointArgRegister, Object, Operation, Parameter, ParameterIn,
};
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr};

use super::body::JsonBody;
use super::conditional::invalid_header;
use super::operation::add_problem;
use super::used_key;
use crate::database::begin_write;
use crate::extract::no_metadata;
use crate::form_key::{self, Inserted};
use crate::response::{Error, Rejection};

const NAME: &str = "idempotency-key";
const HEADER: HeaderName = HeaderName::from_static(NAME);

/// The maximum length of a key in characters.
const KEY_LIMIT: usize = 255;

/// The idempotency key of a request, if it has one.
pub struct IdempotencyKey {
    key: Option<String>,
    path: String,
}

/// The next step of a request that inserts a row.
pub enum Submission {
    Insert(Insertion),
    /// The same request has inserted the row with this id.
    Repeated(i32),
}

/// The transaction of a request that inserts a row.
pub struct Insertion {
    transaction: DatabaseTransaction,
    key: Option<NewKey>,
}

struct NewKey {
    digest: String,
    body_hash: String,
    /// The submission key that is stored with the row, also by builds that store no requests. Of two requests at the same
    /// moment, one waits for the other.
    submission_key: Option<String>,
}

impl IdempotencyKey {
    /// Begins the transaction, unless the same request of this account has inserted a row before.
    ///
    /// # Errors
    /// 422 when another body was sent with the key.
    pub async fn begin<B>(
        &self,
        db: &DatabaseConnection,
        account: Option<&str>,
        body: &JsonBody<B>,
    ) -> Result<Submission, Error> {
        let new_key = self.key.as_deref().map(|key| {
            let parts = [key, NAME, account.unwrap_or_default(), &self.path];
            NewKey {
                digest: form_key::hash(parts.into_iter()),
                body_hash: body.hash(),
                submission_key: form_key::digest(
                    key,
                    &["Idempotency-Key", account.unwrap_or_default()],
                ),
            }
        });
        let transaction = begin_write(db).await?;
        if let Some(key) = &new_key
            && let Some(first) = used_key::find(&transaction, &key.digest).await?
        {
            let id = key.compare(&first)?;
            // Waits for the synchronous standby, as the first request did.
            transaction.commit().await?;
            return Ok(Submission::Repeated(id));
        }
        Ok(Submission::Insert(Insertion {
            transaction,
            key: new_key,
        }))
    }

    /// The error for the row of a key: 410 when it has been deleted, so that the key inserts no second row.
    pub fn row_error(error: DbErr) -> Error {
        if !matches!(error, DbErr::RecordNotFound(_)) {
            return error.into();
        }
        let detail = "The row that was inserted with this Idempotency-Key has been deleted. Send a new key to insert another one.";
        Rejection::new(StatusCode::GONE, detail).into()
    }
}

impl NewKey {
    /// The id of the row that the first request has inserted.
    fn compare(&self, first: &used_key::Model) -> Result<i32, Error> {
        if first.body_hash == self.body_hash {
            return Ok(first.row_id);
        }
        Err(invalid_header(
            &HEADER,
            "was sent before with another body. Send a new key with a new body",
        ))
    }
}

impl Insertion {
    pub fn transaction(&self) -> &DatabaseTransaction {
        &self.transaction
    }

    /// The submission key to be stored with the row.
    pub fn submission_key(&self) -> Option<String> {
        self.key.as_ref()?.submission_key.clone()
    }

    /// Commits the transaction and returns the id of the row. A row that is not new is that of a request at the same moment, or of a
    /// build that stores no requests.
    ///
    /// # Errors
    /// 422 when the request at the same moment had another body.
    pub async fn commit(self, inserted: Inserted) -> Result<i32, Error> {
        let Inserted { id, is_new } = inserted;
        if let Some(key) = self.key {
            if is_new {
                used_key::insert(&self.transaction, key.digest, key.body_hash, id).await?;
            } else if let Some(first) = used_key::find(&self.transaction, &key.digest).await? {
                key.compare(&first)?;
            }
        }
        self.transaction.commit().await?;
        Ok(id)
    }
}

impl<'ex> Extractible<'ex> for IdempotencyKey {
    fn metadata() -> &'static Metadata {
        no_metadata()
    }

    #[expect(refining_impl_trait, reason = "it fails as the one error, and says so")]
    async fn extract(request: &'ex mut Request, _: &'ex mut Depot) -> Result<Self, Error> {
        let key = request.headers().get(&HEADER).map(|value| {
            let key = value.to_str().ok().filter(|key| {
                (1..=KEY_LIMIT).contains(&key.len())
                    && key.bytes().all(|byte| byte.is_ascii_graphic())
            });
            let predicate = || format!("must be 1 to {KEY_LIMIT} visible ASCII characters");
            key.map(ToOwned::to_owned)
                .ok_or_else(|| invalid_header(&HEADER, &predicate()))
        });
        Ok(Self {
            key: key.transpose()?,
            path: request.uri().path().to_owned(),
        })
    }
}

impl EndpointArgRegister for IdempotencyKey {
    fn register(components: &mut Components, operation: &mut Operation, _: &str) {
        let schema = Object::with_type(BasicType::String)
            .min_length(1)
            .max_length(KEY_LIMIT)
            .pattern("^[!-~]+$");
        let parameter = Parameter::new("Idempotency-Key")
            .location(ParameterIn::Header)
            .required(false)
            .description("A random key of your choice. A repeated request with the same key and body inserts nothing and returns the row as it is now.")
            .schema(schema);
        operation.parameters.insert(parameter);
        for (status, description) in [
            ("410", "The row of this `Idempotency-Key` has been deleted."),
            ("422", "A value is not valid: `errors` names each of them."),
        ] {
            add_problem(components, operation, status, description);
        }
    }
}
