//! Request bodies: a JSON object with the fields of a form.

use std::fmt;
use std::marker::PhantomData;

use salvo::extract::Metadata;
use salvo::http::StatusCode;
use salvo::{Depot, Extractible, Request};
use salvo_oapi::{
    Components, Content, EndpointArgRegister, Object, Operation, Ref, RequestBody, Required,
};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::operation::add_problem;
use crate::extract::{no_metadata, read_body, state};
use crate::form::{FieldErrors, Fields, FormValues};
use crate::form_key;
use crate::response::{Error, InvalidPart, Rejection};

/// An object that a client sends: a component of the OpenAPI document.
pub trait JsonObject: Send {
    const NAME: &'static str;
    const DESCRIPTION: &'static str;

    /// Other members are ignored.
    fn fields() -> &'static Fields;

    fn example() -> Value;
}

/// A request body, as it was sent.
pub struct JsonBody<B> {
    members: Map<String, Value>,
    object: PhantomData<B>,
}

impl<B> JsonBody<B> {
    /// A hash of the members that does not depend on their order and on whitespace.
    pub(super) fn hash(&self) -> String {
        // The members of a map are sorted by their names.
        let sorted = Value::from(self.members.clone()).to_string();
        form_key::hash(std::iter::once(&*sorted))
    }

    /// Parses the fields as the form with the same fields does.
    ///
    /// # Errors
    /// 422 with every bad field.
    pub fn parse<T>(
        &self,
        fields: &Fields,
        parse: impl FnOnce(&FormValues) -> Result<T, FieldErrors>,
    ) -> Result<T, Error> {
        let (values, unreadable) = FormValues::from_json(fields, &self.members);
        let parsed = parse(&values);
        match parsed {
            Ok(value) if unreadable.is_empty() => Ok(value),
            parsed => {
                let errors = unreadable.or(parsed.err().unwrap_or_default());
                Err(invalid_members(&errors))
            }
        }
    }
}

fn invalid_members(errors: &FieldErrors) -> Error {
    let errors = errors.iter();
    let parts = errors.map(|(name, detail)| InvalidPart::Pointer {
        pointer: format!("/{name}"),
        detail: detail.to_owned(),
    });
    Rejection::unprocessable("The body is invalid.", parts.collect()).into()
}

impl<'ex, B: JsonObject> Extractible<'ex> for JsonBody<B> {
    fn metadata() -> &'static Metadata {
        no_metadata()
    }

    #[expect(refining_impl_trait, reason = "it fails as the one error, and says so")]
    async fn extract(request: &'ex mut Request, depot: &'ex mut Depot) -> Result<Self, Error> {
        let is_json = request
            .content_type()
            .is_some_and(|kind| kind.essence_str() == "application/json");
        if !is_json {
            return Err(Rejection::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "The content type must be application/json.",
            )
            .into());
        }
        let body = read_body(request, &state(depot)?.config.http).await?;
        Ok(Self {
            members: parse_object(body)?,
            object: PhantomData,
        })
    }
}

impl<B: JsonObject> EndpointArgRegister for JsonBody<B> {
    fn register(components: &mut Components, operation: &mut Operation, _: &str) {
        let mut object = Object::new()
            .description(B::DESCRIPTION)
            .example(B::example());
        for field in B::fields() {
            object = object.property(field.name(), field.schema());
            if field.is_required() {
                object = object.required(field.name());
            }
        }
        components.schemas.insert(B::NAME, object);
        let content = Content::new(Ref::from_schema_name(B::NAME)).example(B::example());
        let body = RequestBody::new().required(Required::True);
        operation.request_body = Some(body.add_content("application/json", content));
        for (status, description) in [
            ("408", "The body did not arrive in time."),
            (
                "413",
                "The body is larger than 64 KiB, unless the site sets another limit.",
            ),
            ("415", "The body is not `application/json`."),
            ("422", "A value is invalid: `errors` lists each one."),
        ] {
            add_problem(components, operation, status, description);
        }
    }
}

/// Reads the members of an object. Duplicate names are rejected, because parsers differ on them (RFC 8259, section 4).
///
/// # Errors
/// 400 with the position if it is not JSON; 422 if it is not an object without duplicate names.
fn parse_object(body: &[u8]) -> Result<Map<String, Value>, Error> {
    match serde_json::from_slice::<Members>(body) {
        Ok(members) => Ok(members.0),
        Err(error) if error.is_data() => {
            let part = InvalidPart::Pointer {
                pointer: String::new(),
                detail: "The body must be a JSON object in which no name is repeated.".to_owned(),
            };
            Err(Rejection::unprocessable("The body is invalid.", vec![part]).into())
        }
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            let detail = format!("The body is not valid JSON: line {line}, column {column}.");
            Err(Rejection::new(StatusCode::BAD_REQUEST, detail).into())
        }
    }
}

struct Members(Map<String, Value>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Members, M::Error> {
                let mut members = Map::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if members.insert(name, value).is_some() {
                        return Err(M::Error::custom("duplicate name"));
                    }
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}
