//! Operations on reviews.

use salvo::Writer as _;
use salvo_oapi::{Parameter, endpoint};

use super::objects::{Review, ReviewBody, SignedReviewBody};
use crate::api::{
    Created, Deleted, IdempotencyKey, ItemList, JsonBody, JsonObject, ListParameters,
    QueryParameters, Resource, Submission, UrlQuery,
};
use crate::current_user::CurrentUser;
use crate::extract::{Id, Reader, Visitor};
use crate::form::{FieldErrors, FormValues};
use crate::response::Error;
use crate::restaurants::forms::{NewReview, review_fields};
use crate::restaurants::review_repository::{self, ReviewRequest};
use crate::restaurants::{repository, review};
use crate::state::AppState;

/// The parameters of the list.
pub(super) struct ReviewListQuery(ListParameters);

impl QueryParameters for ReviewListQuery {
    fn parse(values: &FormValues) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let list = ListParameters::parse(values, review::KEY_TYPE, &mut errors);
        list.map(Self).ok_or(errors)
    }

    fn describe() -> Vec<Parameter> {
        ListParameters::describe()
    }
}

/// List the reviews of a restaurant, newest first.
#[endpoint(operation_id = "list_reviews", tags("reviews"))]
pub(super) async fn list_reviews(
    reader: Reader,
    id: Id,
    query: UrlQuery<ReviewListQuery>,
) -> Result<ItemList<Review>, Error> {
    let list = query.0.0;
    let request = &ReviewRequest {
        restaurant: id.0,
        rating: None,
        position: list.position().clone(),
        page_size: list.limit(),
    };
    let read = |db| async move {
        repository::get_restaurant(&db, id.0).await?;
        review_repository::list_reviews(&db, request).await
    };
    let page = reader.read(read).await?;
    let path = |next| format!("/api/restaurants/{}/reviews?{}", id.0, list.page(&[], next));
    Ok(ItemList {
        items: page.rows.into_iter().map(Into::into).collect(),
        next_path: page.next.as_ref().map(path),
        next: page.next.map(|next| next.to_string()),
    })
}

/// Get a review.
#[endpoint(operation_id = "get_review", tags("reviews"))]
pub(super) async fn get_review(reader: Reader, id: Id) -> Result<Resource<Review>, Error> {
    let read = |db| async move { review_repository::get_review(&db, id.0).await };
    Ok(reader.read(read).await?.into())
}

/// Review a restaurant.
#[endpoint(operation_id = "create_review", tags("reviews"))]
pub(super) async fn create_review(
    state: AppState,
    visitor: Visitor,
    id: Id,
    key: IdempotencyKey,
    body: JsonBody<ReviewBody>,
) -> Result<Created<Review>, Error> {
    insert_review(&state, visitor, id, &key, &body).await
}

/// Review a restaurant. The review has the name of the account.
#[endpoint(operation_id = "create_review", tags("reviews"))]
pub(super) async fn create_signed_review(
    state: AppState,
    visitor: Visitor,
    id: Id,
    key: IdempotencyKey,
    body: JsonBody<SignedReviewBody>,
) -> Result<Created<Review>, Error> {
    insert_review(&state, visitor, id, &key, &body).await
}

async fn insert_review<B: JsonObject>(
    state: &AppState,
    visitor: Visitor,
    id: Id,
    key: &IdempotencyKey,
    body: &JsonBody<B>,
) -> Result<Created<Review>, Error> {
    let author = visitor.signed_in()?;
    let author = author.as_ref();
    let db = state.database.connection();
    repository::get_restaurant(db, id.0).await?;
    let new = body.parse(review_fields(author.is_none()), |values| {
        NewReview::parse(values, author)
    })?;
    let account = author.map(CurrentUser::key);
    let review = match key.begin(db, account.as_deref(), body).await? {
        Submission::Repeated(review) => review,
        Submission::Insert(insertion) => {
            let (transaction, digest) = (insertion.transaction(), insertion.submission_key());
            let inserted = review_repository::insert_review(transaction, id.0, new, digest).await?;
            insertion.commit(inserted).await?
        }
    };
    let stored = review_repository::get_review(db, review).await;
    let stored = stored.map_err(IdempotencyKey::row_error)?;
    Ok(Created {
        path: format!("/api/reviews/{}", stored.id),
        resource: stored.into(),
    })
}

/// Delete a review. Requires the role Admin, or that the user wrote it.
#[endpoint(operation_id = "delete_review", tags("reviews"))]
pub(super) async fn delete_review(
    state: AppState,
    user: CurrentUser,
    id: Id,
) -> Result<Deleted, Error> {
    let db = state.database.connection();
    let review = review_repository::get_review(db, id.0).await?;
    review.check_deletion_by(&user)?;
    review_repository::delete_review(db, &review).await?;
    Ok(Deleted)
}
