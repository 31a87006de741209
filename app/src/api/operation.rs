//! The descriptions of arguments that handlers of pages also have, and of the responses of every operation.

use salvo_oapi::{
    Array, BasicType, Components, Content, EndpointArgRegister, EndpointOutRegister, Header,
    KnownFormat, Object, Operation, Parameter, ParameterIn, Ref, Response, SchemaFormat,
};
use serde_json::json;

use crate::current_user::CurrentUser;
use crate::extract::{Id, Reader, Visitor};
use crate::response::Error;
use crate::state::AppState;

/// Name of the component with the schema of problem details.
const PROBLEM: &str = "Problem";

impl EndpointArgRegister for AppState {
    fn register(_: &mut Components, _: &mut Operation, _: &str) {}
}

impl EndpointArgRegister for Reader {
    fn register(_: &mut Components, _: &mut Operation, _: &str) {}
}

impl EndpointArgRegister for Visitor {
    fn register(_: &mut Components, _: &mut Operation, _: &str) {}
}

impl EndpointArgRegister for CurrentUser {
    fn register(_: &mut Components, _: &mut Operation, _: &str) {}
}

impl EndpointArgRegister for Id {
    fn register(components: &mut Components, operation: &mut Operation, name: &str) {
        let schema = Object::with_type(BasicType::Integer)
            .format(SchemaFormat::KnownFormat(KnownFormat::Int32))
            .minimum(1)
            .maximum(i32::MAX);
        let parameter = Parameter::new(name)
            .location(ParameterIn::Path)
            .required(true)
            .description("Without a sign or leading zeros.")
            .schema(schema)
            .example(json!(1));
        operation.parameters.insert(parameter);
        add_problem(
            components,
            operation,
            "404",
            "There is no such row, or the id is invalid.",
        );
    }
}

impl EndpointOutRegister for Error {
    fn register(components: &mut Components, operation: &mut Operation) {
        for (status, description) in [
            ("400", "The request is malformed."),
            ("406", "`Accept` excludes `application/json`."),
            (
                "429",
                "Too many requests from this client address: wait for `Retry-After` seconds.",
            ),
            ("431", "The address or the headers are too large."),
            (
                "500",
                "Internal server error. The log has the cause under `reference`.",
            ),
            (
                "503",
                "The site or its database is unavailable: try again after `Retry-After` seconds.",
            ),
        ] {
            add_problem(components, operation, status, description);
        }
    }
}

/// Adds a response with problem details, unless the operation has one for this status.
pub(super) fn add_problem(
    components: &mut Components,
    operation: &mut Operation,
    status: &str,
    description: &str,
) {
    components.schemas.insert(PROBLEM, problem_schema());
    if operation.responses.contains_key(status) {
        return;
    }
    let content = Content::new(Ref::from_schema_name(PROBLEM));
    let mut response = Response::new(description).add_content("application/problem+json", content);
    if ["429", "503"].contains(&status) {
        let seconds = Object::with_type(BasicType::Integer).minimum(1);
        let header = Header::new(seconds).description("Seconds to wait.");
        response = response.add_header("Retry-After", header);
    }
    operation.responses.insert(status, response);
}

/// Problem details with the site's own members (RFC 9457, section 3).
fn problem_schema() -> Object {
    let errors = Array::new()
        .items(invalid_part_schema())
        .description("Each part of the request that is invalid.");
    let status = Object::with_type(BasicType::Integer)
        .minimum(400)
        .maximum(599);
    let mut problem = Object::new()
        .description("Why a request failed (RFC 9457).")
        .property(
            "type",
            text("Always `about:blank`: the status is the type."),
        )
        .property("title", text("The meaning of the status."))
        .property("status", status)
        .property("detail", text("What went wrong, and what to do."))
        .property(
            "reference",
            text("Identifies the log lines of this request."),
        )
        .property("errors", errors);
    for name in ["type", "title", "status", "detail", "reference"] {
        problem = problem.required(name);
    }
    problem
}

fn invalid_part_schema() -> Object {
    Object::new()
        .property(
            "pointer",
            text("JSON Pointer to a member of the body (RFC 6901)."),
        )
        .property("parameter", text("Name of a query parameter."))
        .property("header", text("Name of a header."))
        .property("detail", text("What is wrong with this part."))
        .required("detail")
}

fn text(description: &str) -> Object {
    Object::with_type(BasicType::String).description(description)
}
