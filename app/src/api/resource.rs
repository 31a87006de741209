//! Responses: a resource, a page of a list, and the outcomes of a write.

use salvo::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, LINK, LOCATION};
use salvo::http::{ResBody, StatusCode};
use salvo::{Depot, Request, Response, Writer, async_trait};
use salvo_oapi::{
    Array, BasicType, Components, Content, EndpointOutRegister, Header, Object, Operation,
    Parameter, ParameterIn, Ref, RefOr, Schema, ToSchema,
};
use serde::Serialize;
use serde_json::json;

use super::conditional::entity_tag;
use crate::entity_tag::is_known_to_client;
use crate::response::Error;

/// Member of a response with links to operations that use its values.
pub(super) const LINKS: &str = "links";

/// A resource with the version of its row and, for the entity tag, what else it shows.
pub struct Resource<T> {
    pub value: T,
    pub version: String,
    pub rest: String,
}

/// A new resource at this path: 201.
pub struct Created<T> {
    pub path: String,
    pub resource: Resource<T>,
}

/// The row has been deleted: 204.
pub struct Deleted;

/// A page of a list, and the path of the next page.
pub struct ItemList<T> {
    pub items: Vec<T>,
    /// The cursor of the next page.
    pub next: Option<String>,
    pub next_path: Option<String>,
}

#[derive(Serialize)]
struct ItemListBody<'a, T> {
    items: &'a [T],
    next: Option<&'a str>,
}

/// Adds a schema to the document's components and returns a reference to it.
pub fn component(
    components: &mut Components,
    name: &'static str,
    schema: impl Into<RefOr<Schema>>,
) -> RefOr<Schema> {
    components.schemas.insert(name, schema);
    Ref::from_schema_name(name).into()
}

fn header(name: &str, value: &str) -> Result<HeaderValue, Error> {
    let value = HeaderValue::from_str(value);
    value.map_err(|cause| Error::Unexpected(anyhow::Error::new(cause).context(name.to_owned())))
}

/// Writes a representation, or 304 if the client has it already.
fn write_json(
    value: &impl Serialize,
    tag: Option<&str>,
    request: &Request,
    response: &mut Response,
) -> Result<(), Error> {
    let body = serde_json::to_vec(value).map_err(anyhow::Error::from)?;
    let hash = || hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&body)[..16].as_ref());
    // The body of a list may be compressed, which changes it: its tag is weak (RFC 9110, section 8.8.1).
    let tag = tag.map_or_else(|| format!("W/\"{}\"", hash()), ToOwned::to_owned);
    let headers = response.headers_mut();
    headers.insert(ETAG, header("ETag", &tag)?);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    if request.method().is_safe() && is_known_to_client(request, &tag) {
        response.status_code(StatusCode::NOT_MODIFIED);
        response.body(ResBody::None);
        return Ok(());
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.body(body);
    Ok(())
}

impl<T: Serialize> Resource<T> {
    fn write_to(&self, request: &Request, response: &mut Response) -> Result<(), Error> {
        let tag = entity_tag(&self.version, &self.rest);
        write_json(&self.value, Some(&tag), request, response)
    }
}

#[async_trait]
impl<T: Serialize + Send> Writer for Resource<T> {
    async fn write(self, request: &mut Request, depot: &mut Depot, response: &mut Response) {
        response.status_code(StatusCode::OK);
        if let Err(error) = self.write_to(request, response) {
            error.write(request, depot, response).await;
        }
    }
}

#[async_trait]
impl<T: Serialize + Send> Writer for Created<T> {
    async fn write(self, request: &mut Request, depot: &mut Depot, response: &mut Response) {
        response.status_code(StatusCode::CREATED);
        let written = header("Location", &self.path).and_then(|location| {
            response.headers_mut().insert(LOCATION, location);
            self.resource.write_to(request, response)
        });
        if let Err(error) = written {
            error.write(request, depot, response).await;
        }
    }
}

#[async_trait]
impl Writer for Deleted {
    async fn write(self, _: &mut Request, _: &mut Depot, response: &mut Response) {
        response.status_code(StatusCode::NO_CONTENT);
    }
}

#[async_trait]
impl<T: Serialize + Send + Sync> Writer for ItemList<T> {
    async fn write(self, request: &mut Request, depot: &mut Depot, response: &mut Response) {
        response.status_code(StatusCode::OK);
        let link = self.next_path.as_deref().map(|path| {
            let link = header("Link", &format!("<{path}>; rel=\"next\""))?;
            response.headers_mut().insert(LINK, link);
            Ok(())
        });
        let body = ItemListBody {
            items: &self.items,
            next: self.next.as_deref(),
        };
        let written = link
            .unwrap_or(Ok(()))
            .and_then(|()| write_json(&body, None, request, response));
        if let Err(error) = written {
            error.write(request, depot, response).await;
        }
    }
}

fn etag_header() -> Header {
    Header::new(Object::with_type(BasicType::String))
        .description("The entity tag of the representation.")
}

/// Describes the responses of a read: 200 and 304.
fn register_read(
    operation: &mut Operation,
    schema: RefOr<Schema>,
    description: &str,
) -> salvo_oapi::Response {
    let parameter = Parameter::new("If-None-Match")
        .location(ParameterIn::Header)
        .required(false)
        .description("The `ETag` of the representation that you have: the response is 304 while it is current.")
        .schema(Object::with_type(BasicType::String));
    operation.parameters.insert(parameter);
    let unchanged =
        salvo_oapi::Response::new("Not modified: the representation that you have is current.");
    operation
        .responses
        .insert("304", unchanged.add_header("ETag", etag_header()));
    salvo_oapi::Response::new(description)
        .add_content("application/json", Content::new(schema))
        .add_header("ETag", etag_header())
}

impl<T: ToSchema> EndpointOutRegister for Resource<T> {
    fn register(components: &mut Components, operation: &mut Operation) {
        let schema = T::to_schema(components);
        let is_write = operation.request_body.is_some();
        let response = if is_write {
            salvo_oapi::Response::new("The row as it is stored now.")
                .add_content("application/json", Content::new(schema))
                .add_header("ETag", etag_header())
        } else {
            register_read(operation, schema, "The row.")
        };
        operation.responses.insert("200", response);
    }
}

impl<T: ToSchema> EndpointOutRegister for Created<T> {
    fn register(components: &mut Components, operation: &mut Operation) {
        let location = Header::new(Object::with_type(BasicType::String))
            .description("The address of the new row.");
        let response = salvo_oapi::Response::new("The row has been inserted, by this request or by the first one with its `Idempotency-Key`.")
            .add_content("application/json", Content::new(T::to_schema(components)))
            .add_header("Location", location)
            .add_header("ETag", etag_header());
        operation.responses.insert("201", response);
    }
}

impl EndpointOutRegister for Deleted {
    fn register(_: &mut Components, operation: &mut Operation) {
        let response = salvo_oapi::Response::new("The row has been deleted.");
        operation.responses.insert("204", response);
    }
}

impl<T: ToSchema> EndpointOutRegister for ItemList<T> {
    fn register(components: &mut Components, operation: &mut Operation) {
        let next = Object::new()
            .schema_type(salvo_oapi::SchemaType::Array(vec![
                BasicType::String,
                BasicType::Null,
            ]))
            .description("The parameter `after` of the next page; null on the last one.");
        let schema = Object::new()
            .property("items", Array::new().items(T::to_schema(components)))
            .property("next", next)
            .required("items")
            .required("next");
        // An extension, since salvo-oapi 1.1 writes the members of its links in snake case.
        let links = json!({ "NextPage": { "parameters": { "after": "$response.body#/next" } } });
        let link = Header::new(Object::with_type(BasicType::String))
            .description("The address of the next page with `rel=\"next\"` (RFC 8288).");
        let response = register_read(operation, schema.into(), "A page of the list.")
            .add_header("Link", link)
            .add_extension(LINKS, links);
        operation.responses.insert("200", response);
    }
}
