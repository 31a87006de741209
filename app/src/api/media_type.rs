//! Content negotiation: the API responds with JSON.

use salvo::http::StatusCode;
use salvo::http::header::ACCEPT;
use salvo::{Request, handler};

use crate::response::Error;

/// Returns 406 to a client whose `Accept` excludes JSON.
#[handler]
pub(super) async fn require_json(request: &mut Request) -> Result<(), Error> {
    let values = request.headers().get_all(ACCEPT).iter();
    let ranges = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    if accepts_json(ranges) {
        return Ok(());
    }
    Err(Error::Status(StatusCode::NOT_ACCEPTABLE))
}

/// Whether media ranges accept JSON: the most specific one that matches takes precedence (RFC 9110, section 12.5.1).
fn accepts_json<'a>(ranges: impl Iterator<Item = &'a str>) -> bool {
    let mut decision: Option<(usize, bool)> = None;
    let mut is_empty = true;
    for range in ranges.map(str::trim).filter(|range| !range.is_empty()) {
        is_empty = false;
        let mut parts = range.split(';').map(str::trim);
        let media_type = parts.next().unwrap_or_default().to_ascii_lowercase();
        let specificity = ["*/*", "application/*", "application/json"]
            .iter()
            .position(|known| *known == media_type);
        let quality = parts.find_map(|part| part.strip_prefix("q="));
        let is_accepted = quality.is_none_or(|quality| quality.parse().is_ok_and(|q: f32| q > 0.0));
        if let Some(specificity) = specificity
            && decision.is_none_or(|(known, _)| known <= specificity)
        {
            decision = Some((specificity, is_accepted));
        }
    }
    is_empty || decision.is_some_and(|(_, is_accepted)| is_accepted)
}

#[cfg(test)]
mod tests {
    use super::accepts_json;

    #[test]
    fn the_most_specific_range_decides() {
        for (accept, expected) in [
            ("", true),
            ("*/*", true),
            ("application/json", true),
            ("text/html, application/*;q=0.5", true),
            ("text/html, */*;q=0.8", true),
            ("Application/JSON; q=1", true),
            ("text/html", false),
            ("application/json;q=0, */*", false),
            ("application/problem+json", false),
            ("text/*;q=0.3", false),
        ] {
            assert_eq!(accepts_json(accept.split(',')), expected, "{accept}");
        }
    }
}
