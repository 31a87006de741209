//! Conditional requests (RFC 9110, section 13) and entity tags.

use salvo::extract::Metadata;
use salvo::http::StatusCode;
use salvo::http::header::{HeaderName, IF_MATCH};
use salvo::{Depot, Extractible, Request};
use salvo_oapi::{
    BasicType, Components, EndpointArgRegister, Object, Operation, Parameter, ParameterIn,
};
use serde_json::json;

use super::operation::add_problem;
use crate::extract::no_metadata;
use crate::response::{Error, InvalidPart, Rejection};
use crate::version::Expected;

/// Between the version of a row and the rest of its entity tag.
const SEPARATOR: char = '.';

/// The strong entity tag of a representation: the row's version, and what else it shows.
///
/// `If-Match` compares the version alone: what readers add to a row in the meantime, such as a comment,
/// does not make a write fail.
pub(super) fn entity_tag(version: &str, rest: &str) -> String {
    format!("\"{version}{SEPARATOR}{rest}\"")
}

/// The versions in the header `If-Match`, without which a write is rejected: 428. Weak tags match nothing.
pub struct IfMatch(pub Expected);

impl IfMatch {
    /// The error for a row with another version: 412.
    pub fn failed() -> Error {
        let detail = "The row has been changed since you read it. Read it again, then repeat the change with its new ETag.";
        Rejection::new(StatusCode::PRECONDITION_FAILED, detail).into()
    }
}

impl<'ex> Extractible<'ex> for IfMatch {
    fn metadata() -> &'static Metadata {
        no_metadata()
    }

    #[expect(refining_impl_trait, reason = "it fails as the one error, and says so")]
    async fn extract(request: &'ex mut Request, _: &'ex mut Depot) -> Result<Self, Error> {
        let values: Vec<_> = request.headers().get_all(IF_MATCH).iter().collect();
        if values.is_empty() {
            let detail = "Send the header If-Match with the ETag of the row, so that you do not overwrite someone else's change.";
            return Err(Rejection::new(StatusCode::PRECONDITION_REQUIRED, detail).into());
        }
        let values: Option<Vec<_>> = values.iter().map(|value| value.to_str().ok()).collect();
        let values = values.ok_or_else(|| invalid_header(&IF_MATCH, "must be text"))?;
        if values.iter().any(|value| value.trim() == "*") {
            return Ok(Self(Expected::Any));
        }
        let tags = values.iter().flat_map(|value| value.split(','));
        let versions: Option<Vec<_>> = tags.map(parse_version).collect();
        let versions = versions.ok_or_else(|| {
            invalid_header(&IF_MATCH, "must be an entity tag in double quotes, or *")
        })?;
        Ok(Self(Expected::OneOf(versions)))
    }
}

/// The version in an entity tag; empty for a weak tag, which has no version. `None` if the text is not a tag.
fn parse_version(tag: &str) -> Option<String> {
    let tag = tag.trim();
    let is_weak = tag.starts_with("W/");
    let tag = tag.trim_start_matches("W/");
    let opaque = tag.strip_prefix('"')?.strip_suffix('"')?;
    if is_weak || opaque.contains('"') {
        return Some(String::new()).filter(|_| is_weak);
    }
    let version = opaque.split(SEPARATOR).next().unwrap_or_default();
    Some(version.to_owned())
}

pub(super) fn invalid_header(name: &HeaderName, predicate: &str) -> Error {
    let detail = format!("The header {name} {predicate}.");
    let part = InvalidPart::Header {
        header: name.as_str().to_owned(),
        detail: detail.clone(),
    };
    Rejection::unprocessable(detail, vec![part]).into()
}

impl EndpointArgRegister for IfMatch {
    fn register(components: &mut Components, operation: &mut Operation, _: &str) {
        let parameter = Parameter::new("If-Match")
            .location(ParameterIn::Header)
            .required(true)
            .description("The `ETag` of the row as you read it, or `*` for any.")
            .schema(Object::with_type(BasicType::String).pattern("^(\\*|\"[!#-+\\--~]*\")$"))
            .example(json!("*"));
        operation.parameters.insert(parameter);
        add_problem(
            components,
            operation,
            "412",
            "The row has been changed since you read it.",
        );
        add_problem(
            components,
            operation,
            "422",
            "A value is invalid: `errors` lists each one.",
        );
        add_problem(
            components,
            operation,
            "428",
            "The header `If-Match` is missing.",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_from_the_tag_that_contains_it() {
        let tag = entity_tag("abc_-", "1-0");
        assert_eq!(parse_version(&tag), Some("abc_-".to_owned()));
        assert_eq!(parse_version(" \"abc\" "), Some("abc".to_owned()));
        assert_eq!(parse_version(&format!("W/{tag}")), Some(String::new()));
        for text in ["", "abc", "\"abc", "\"a\"b\""] {
            assert_eq!(parse_version(text), None, "{text}");
        }
    }
}
