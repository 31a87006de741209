//! The objects that the API reads and writes. Their members have the names of the forms' fields.

use salvo_oapi::{
    Array, BasicType, Components, KnownFormat, Object, RefOr, Schema, SchemaFormat, SchemaType,
    ToSchema,
};
use serde::Serialize;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use super::super::adopted::valid_rating;
use super::super::forms::{RESTAURANT_FIELDS, review_fields};
use super::super::restaurant::{ListedRestaurant, RatedRestaurant};
use super::super::review;
use super::super::views::average_in_tenths;
use crate::api::{JsonObject, Resource, component};
use crate::form::Fields;
use crate::version::version;

/// The body of a restaurant to be created or replaced.
pub(in crate::restaurants) struct RestaurantBody;

/// The body of a review by a visitor.
pub(in crate::restaurants) struct ReviewBody;

/// The body of a review where only signed-in users write them: the name is the account's.
pub(in crate::restaurants) struct SignedReviewBody;

impl JsonObject for RestaurantBody {
    const NAME: &'static str = "NewRestaurant";
    const DESCRIPTION: &'static str = "A restaurant to be created or replaced.";

    fn fields() -> &'static Fields {
        RESTAURANT_FIELDS
    }

    fn example() -> Value {
        json!({
            "restaurant_name": "Café Zoë",
            "street_address": "1 High Street",
            "description": "Cakes and coffee, and a garden.",
        })
    }
}

impl JsonObject for ReviewBody {
    const NAME: &'static str = "NewReview";
    const DESCRIPTION: &'static str = "A review to be created. A signed-in user's name is that of the account: `user_name` is then ignored.";

    fn fields() -> &'static Fields {
        review_fields(true)
    }

    fn example() -> Value {
        json!({ "rating": 4, "user_name": "Noor", "review_text": "Good cake. I would go again." })
    }
}

impl JsonObject for SignedReviewBody {
    const NAME: &'static str = "NewReview";
    const DESCRIPTION: &'static str =
        "A review to be created. The reviewer's name is that of the account.";

    fn fields() -> &'static Fields {
        review_fields(false)
    }

    fn example() -> Value {
        json!({ "rating": 4, "review_text": "Good cake. I would go again." })
    }
}

/// A restaurant in the list.
#[derive(Serialize)]
pub(super) struct RestaurantItem {
    id: i32,
    restaurant_name: String,
    street_address: String,
    description: String,
    review_count: i32,
    average_rating: Option<f64>,
}

/// A restaurant with the distribution of its ratings.
#[derive(Serialize)]
pub(super) struct Restaurant {
    #[serde(flatten)]
    item: RestaurantItem,
    rating_counts: [i32; 5],
}

/// A review.
#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the names of the form's fields")]
pub(super) struct Review {
    id: i32,
    restaurant_id: i32,
    user_name: String,
    rating: Option<i32>,
    review_text: String,
    review_date: String,
}

/// With one decimal; `None` without a rating.
fn average(sum: i32, count: i32) -> Option<f64> {
    let tenths = average_in_tenths(sum, count)?;
    Some(f64::from(tenths) / 10.0)
}

impl From<ListedRestaurant> for RestaurantItem {
    fn from(row: ListedRestaurant) -> Self {
        Self {
            id: row.id,
            average_rating: average(row.rating_sum, row.review_count),
            review_count: row.review_count.max(0),
            restaurant_name: row.name,
            street_address: row.street_address,
            description: row.description,
        }
    }
}

impl From<RatedRestaurant> for Resource<Restaurant> {
    fn from(row: RatedRestaurant) -> Self {
        let counts = row.rating_counts.map(|count| count.max(0));
        let version = row.version();
        let item = RestaurantItem {
            id: row.id,
            average_rating: average(row.rating_sum, row.review_count),
            review_count: row.review_count.max(0),
            restaurant_name: row.name,
            street_address: row.street_address,
            description: row.description,
        };
        Self {
            rest: counts.map(|count| count.to_string()).join("-"),
            version,
            value: Restaurant {
                item,
                rating_counts: counts,
            },
        }
    }
}

impl From<review::Model> for Review {
    fn from(row: review::Model) -> Self {
        let date = row.review_date.assume_utc().format(&Rfc3339);
        Self {
            id: row.id,
            restaurant_id: row.restaurant,
            user_name: row.user_name,
            rating: valid_rating(row.rating),
            review_text: row.review_text,
            review_date: date.unwrap_or_default(),
        }
    }
}

impl From<review::Model> for Resource<Review> {
    fn from(row: review::Model) -> Self {
        let value = Review::from(row);
        let rating = value.rating.unwrap_or_default().to_string();
        let texts = [&*value.user_name, &rating, &value.review_text];
        Self {
            version: version(&texts),
            rest: value.id.to_string(),
            value,
        }
    }
}

fn integer(description: &str) -> Object {
    Object::with_type(BasicType::Integer)
        .format(SchemaFormat::KnownFormat(KnownFormat::Int32))
        .description(description)
}

fn string(description: &str) -> Object {
    Object::with_type(BasicType::String).description(description)
}

fn restaurant_schema(description: &str) -> Object {
    let average = Object::new()
        .schema_type(SchemaType::Array(vec![BasicType::Number, BasicType::Null]))
        .minimum(1)
        .maximum(5)
        .description("With one decimal; null without a rating.");
    Object::new()
        .description(description)
        .property("id", integer("The id in the address.").minimum(1))
        .property("restaurant_name", string("The name."))
        .property("street_address", string("The street address."))
        .property("description", string("What to expect there."))
        .property(
            "review_count",
            integer("The number of reviews with a rating.").minimum(0),
        )
        .property("average_rating", average)
        .required("id")
        .required("restaurant_name")
        .required("street_address")
        .required("description")
        .required("review_count")
        .required("average_rating")
}

impl ToSchema for RestaurantItem {
    fn to_schema(components: &mut Components) -> RefOr<Schema> {
        component(
            components,
            "RestaurantItem",
            restaurant_schema("A restaurant in the list."),
        )
    }
}

impl ToSchema for Restaurant {
    fn to_schema(components: &mut Components) -> RefOr<Schema> {
        let counts = Array::new()
            .items(integer("").minimum(0))
            .min_items(5)
            .max_items(5)
            .description("The numbers of reviews with a rating of 1, 2, 3, 4 and 5.");
        let schema = restaurant_schema("A restaurant.")
            .property("rating_counts", counts)
            .required("rating_counts");
        component(components, "Restaurant", schema)
    }
}

impl ToSchema for Review {
    fn to_schema(components: &mut Components) -> RefOr<Schema> {
        let rating = Object::new()
            .schema_type(SchemaType::Array(vec![BasicType::Integer, BasicType::Null]))
            .minimum(1)
            .maximum(5)
            .description("Stars; null for an old review without a valid rating.");
        let date = string("When it was written (UTC).")
            .format(SchemaFormat::KnownFormat(KnownFormat::DateTime));
        let schema = Object::new()
            .description("A review of a restaurant.")
            .property("id", integer("The id in the address.").minimum(1))
            .property("restaurant_id", integer("The id of the restaurant."))
            .property("user_name", string("The reviewer's name."))
            .property("rating", rating)
            .property("review_text", string("The review."))
            .property("review_date", date)
            .required("id")
            .required("restaurant_id")
            .required("user_name")
            .required("rating")
            .required("review_text")
            .required("review_date");
        component(components, "Review", schema)
    }
}
