//! Query parameters, described as the fields of a form are.

use salvo::extract::Metadata;
use salvo::{Depot, Extractible, Request};
use salvo_oapi::{
    BasicType, Components, EndpointArgRegister, Object, Operation, Parameter, ParameterIn,
};
use serde_json::json;

use super::operation::add_problem;
use super::{DEFAULT_LIMIT, MAX_LIMIT};
use crate::extract::{Query, no_metadata};
use crate::form::{Field, FieldErrors, FormValues, Integer, JsonField as _, JsonKind, Kind};
use crate::pagination::{Cursor, KeyType, Position};
use crate::response::{Error, InvalidPart, Rejection};

const LIMIT: Field<Integer> = Field {
    name: "limit",
    label: "The parameter limit",
    missing: "The parameter limit must not be empty",
    hint: "Most items on a page.",
    kind: Integer {
        min: 1,
        max: MAX_LIMIT,
    },
};

const AFTER: &str = "after";

/// Parameters of an operation.
pub trait QueryParameters: Sized + Send {
    /// Parses them. Unknown parameters are ignored.
    ///
    /// # Errors
    /// A message for each bad one.
    fn parse(values: &FormValues) -> Result<Self, FieldErrors>;

    fn describe() -> Vec<Parameter>;
}

/// The parameters of the request's query.
pub struct UrlQuery<T>(pub T);

impl<'ex, T: QueryParameters> Extractible<'ex> for UrlQuery<T> {
    fn metadata() -> &'static Metadata {
        no_metadata()
    }

    #[expect(refining_impl_trait, reason = "it fails as the one error, and says so")]
    async fn extract(request: &'ex mut Request, depot: &'ex mut Depot) -> Result<Self, Error> {
        let values = Query::<FormValues>::extract(request, depot).await?;
        T::parse(&values.0).map(Self).map_err(|errors| {
            let errors = errors.iter();
            let parts = errors.map(|(name, detail)| InvalidPart::Parameter {
                parameter: name.to_owned(),
                detail: detail.to_owned(),
            });
            Rejection::unprocessable("A query parameter is invalid.", parts.collect()).into()
        })
    }
}

impl<T: QueryParameters> EndpointArgRegister for UrlQuery<T> {
    fn register(components: &mut Components, operation: &mut Operation, _: &str) {
        for parameter in T::describe() {
            operation.parameters.insert(parameter);
        }
        add_problem(
            components,
            operation,
            "422",
            "A value is invalid: `errors` lists each one.",
        );
    }
}

/// The parameters of every list.
#[derive(Clone, Debug)]
pub struct ListParameters {
    limit: i32,
    position: Position,
}

impl ListParameters {
    /// Parses the parameters of a list with this sort key. Adds a message for each bad one.
    pub fn parse(
        values: &FormValues,
        key_type: Option<KeyType>,
        errors: &mut FieldErrors,
    ) -> Option<Self> {
        let limit = Self::parse_limit(values, errors);
        let position = match values.get(AFTER) {
            "" => Some(Position::First),
            after => Cursor::parse(key_type, after).map(Position::After),
        };
        if position.is_none() {
            let message = "The parameter after must be the value of next from the same list.";
            errors.insert(AFTER, message);
        }
        Some(Self {
            limit: limit?,
            position: position?,
        })
    }

    /// Parses only the parameter `limit`, for a request whose order, and so the type of its cursor, is not known.
    pub fn parse_limit(values: &FormValues, errors: &mut FieldErrors) -> Option<i32> {
        let limit = optional(&LIMIT, values, errors)?;
        Some(limit.unwrap_or(DEFAULT_LIMIT))
    }

    pub fn limit(&self) -> u64 {
        self.limit.unsigned_abs().into()
    }

    pub fn position(&self) -> &Position {
        &self.position
    }

    /// The query of another page of the list, which begins with these parameters.
    pub fn page(&self, own: &[(&'static str, &str)], after: &Cursor) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(own.iter().filter(|(_, value)| !value.is_empty()));
        if self.limit != DEFAULT_LIMIT {
            query.append_pair(LIMIT.name, &self.limit.to_string());
        }
        query.append_pair(AFTER, &after.to_string()).finish()
    }

    pub fn describe() -> Vec<Parameter> {
        let after = Parameter::new(AFTER)
            .location(ParameterIn::Query)
            .required(false)
            .description("Where the page begins: the value of `next` on the previous page. Omit it for the first page.")
            .schema(Object::with_type(BasicType::String));
        let schema = LIMIT.kind.schema().default_value(json!(DEFAULT_LIMIT));
        vec![
            after,
            query_parameter(&LIMIT, schema.description(LIMIT.hint)),
        ]
    }
}

/// Parses a parameter that may be left out. Adds the message if its value is not valid.
pub fn optional<K: Kind>(
    field: &Field<K>,
    values: &FormValues,
    errors: &mut FieldErrors,
) -> Option<Option<K::Value>> {
    if values.contains(field.name) {
        return errors.check(field, values).map(Some);
    }
    Some(None)
}

/// An optional parameter of the query with the schema of a field.
pub fn query_parameter<K: JsonKind>(field: &Field<K>, schema: Object) -> Parameter {
    Parameter::new(field.name())
        .location(ParameterIn::Query)
        .required(false)
        .description(field.hint)
        .schema(schema)
}
