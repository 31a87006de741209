//! `If-None-Match`: whether a client has a representation already.

use salvo::Request;
use salvo::http::header::IF_NONE_MATCH;

/// Whether the client has the representation with this entity tag: the weak comparison of RFC 9110, section 13.1.2.
pub fn is_known_to_client(request: &Request, tag: &str) -> bool {
    let known = request.headers().get_all(IF_NONE_MATCH).iter();
    known
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|known| known.trim() == "*" || opaque(known) == opaque(tag))
}

/// The tag without `W/`, which a proxy adds if it changes the content coding.
fn opaque(tag: &str) -> &str {
    let tag = tag.trim();
    tag.strip_prefix("W/").unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_compared_without_its_weakness() {
        for (header, is_known) in [
            ("\"a\"", true),
            ("W/\"a\"", true),
            ("\"b\", W/\"a\"", true),
            ("*", true),
            ("\"b\"", false),
            ("a", false),
            ("", false),
        ] {
            let mut request = Request::new();
            let value = header.parse().unwrap();
            request.headers_mut().insert(IF_NONE_MATCH, value);
            assert_eq!(is_known_to_client(&request, "\"a\""), is_known, "{header}");
        }
        assert!(!is_known_to_client(&Request::new(), "\"a\""));
    }
}
