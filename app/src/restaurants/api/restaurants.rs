//! Operations on restaurants.

use salvo::Writer as _;
use salvo_oapi::{BasicType, Object, Parameter, ParameterIn, endpoint};
use serde_json::json;

use super::objects::{Restaurant, RestaurantBody, RestaurantItem};
use crate::api::{
    Created, Deleted, IdempotencyKey, IfMatch, ItemList, JsonBody, ListParameters, QueryParameters,
    Resource, Submission, UrlQuery, optional, query_parameter,
};
use crate::current_user::CurrentUser;
use crate::extract::{Id, Reader, Visitor};
use crate::form::{Choice, Field, FieldErrors, FormValues, JsonKind as _};
use crate::response::Error;
use crate::restaurants::forms::{NewRestaurant, RESTAURANT_FIELDS};
use crate::restaurants::repository::{self, ListRequest};
use crate::restaurants::restaurant::{RatedRestaurant, Sort};
use crate::state::AppState;

const SORT: Field<Choice<Sort>> = Field {
    name: "sort",
    label: "The parameter sort",
    missing: "The parameter sort must be newest, rating or name.",
    hint: "The order of the list. In a search, newest sorts all matches; the other orders sort at most SEARCH_LIMIT of them.",
    kind: Choice(&Sort::CHOICES),
};

/// The parameters of the list.
pub(super) struct ListQuery {
    q: String,
    sort: Sort,
    list: ListParameters,
}

impl QueryParameters for ListQuery {
    fn parse(values: &FormValues) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let Some(sort) = optional(&SORT, values, &mut errors) else {
            ListParameters::parse_limit(values, &mut errors);
            return Err(errors);
        };
        let sort = sort.unwrap_or_default();
        let Some(list) = ListParameters::parse(values, sort.key_type(), &mut errors) else {
            return Err(errors);
        };
        Ok(Self {
            q: values.get("q").to_owned(),
            sort,
            list,
        })
    }

    fn describe() -> Vec<Parameter> {
        let words = Parameter::new("q")
            .location(ParameterIn::Query)
            .required(false)
            .description(
                "Words to search for in names, addresses and descriptions; all of them must match.",
            )
            .schema(Object::with_type(BasicType::String));
        let schema = SORT
            .kind
            .schema()
            .default_value(json!(Sort::default().name()));
        let mut parameters = vec![words, query_parameter(&SORT, schema)];
        parameters.extend(ListParameters::describe());
        parameters
    }
}

fn path(id: i32) -> String {
    format!("/api/restaurants/{id}")
}

/// List or search restaurants.
#[endpoint(operation_id = "list_restaurants", tags("restaurants"))]
pub(super) async fn list_restaurants(
    state: AppState,
    reader: Reader,
    query: UrlQuery<ListQuery>,
) -> Result<ItemList<RestaurantItem>, Error> {
    let ListQuery { q, sort, list } = query.0;
    let request = &ListRequest {
        words: &q,
        sort,
        position: list.position().clone(),
        page_size: list.limit(),
        search_limit: state.config.feature.search_limit,
    };
    let read = |db| async move { repository::list_restaurants(&db, request).await };
    let page = reader.read(read).await?;
    let page = page.list;
    let next_path = page.next.as_ref().map(|next| {
        let order = Some(sort).filter(|sort| *sort != Sort::default());
        let own = [("q", &*q), ("sort", order.map_or("", Sort::name))];
        format!("/api/restaurants?{}", list.page(&own, next))
    });
    Ok(ItemList {
        items: page.rows.into_iter().map(Into::into).collect(),
        next: page.next.map(|next| next.to_string()),
        next_path,
    })
}

/// Get a restaurant.
#[endpoint(operation_id = "get_restaurant", tags("restaurants"))]
pub(super) async fn get_restaurant(reader: Reader, id: Id) -> Result<Resource<Restaurant>, Error> {
    let read = |db| async move { repository::get_restaurant(&db, id.0).await };
    Ok(reader.read(read).await?.into())
}

/// Add a restaurant.
#[endpoint(operation_id = "create_restaurant", tags("restaurants"))]
pub(super) async fn create_restaurant(
    state: AppState,
    visitor: Visitor,
    key: IdempotencyKey,
    body: JsonBody<RestaurantBody>,
) -> Result<Created<Restaurant>, Error> {
    let new = body.parse(RESTAURANT_FIELDS, NewRestaurant::parse)?;
    let account = visitor.signed_in()?.as_ref().map(CurrentUser::key);
    let db = state.database.connection();
    let id = match key.begin(db, account.as_deref(), &body).await? {
        Submission::Repeated(id) => id,
        Submission::Insert(insertion) => {
            let (transaction, digest) = (insertion.transaction(), insertion.submission_key());
            let inserted = repository::insert_restaurant(transaction, new, digest).await?;
            insertion.commit(inserted).await?
        }
    };
    let restaurant = repository::get_restaurant(db, id).await;
    Ok(created(restaurant.map_err(IdempotencyKey::row_error)?))
}

fn created(restaurant: RatedRestaurant) -> Created<Restaurant> {
    Created {
        path: path(restaurant.id),
        resource: restaurant.into(),
    }
}

/// Replace a restaurant. Requires the role Admin.
#[endpoint(operation_id = "replace_restaurant", tags("restaurants"))]
pub(super) async fn replace_restaurant(
    state: AppState,
    id: Id,
    expected: IfMatch,
    body: JsonBody<RestaurantBody>,
) -> Result<Resource<Restaurant>, Error> {
    let db = state.database.connection();
    let current = repository::get_restaurant(db, id.0).await?;
    if !expected.0.includes(&current.version()) {
        return Err(IfMatch::failed());
    }
    let new = body.parse(RESTAURANT_FIELDS, NewRestaurant::parse)?;
    if !repository::update_restaurant(db, id.0, new, &expected.0).await? {
        return Err(IfMatch::failed());
    }
    Ok(repository::get_restaurant(db, id.0).await?.into())
}

/// Delete a restaurant and its reviews. Requires the role Admin.
#[endpoint(operation_id = "delete_restaurant", tags("restaurants"))]
pub(super) async fn delete_restaurant(
    state: AppState,
    id: Id,
    expected: IfMatch,
) -> Result<Deleted, Error> {
    let db = state.database.connection();
    if !repository::delete_restaurant(db, id.0, &expected.0).await? {
        return Err(IfMatch::failed());
    }
    Ok(Deleted)
}
