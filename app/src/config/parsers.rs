//! Parsers of the values of settings. Each error says what the value must be and does not repeat it.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use bytesize::ByteSize;
use clap::ValueEnum;
use uuid::Uuid;

/// The shortest time limit.
pub(super) const MILLISECOND: Duration = Duration::from_millis(1);

/// Far beyond any sensible limit, and far below what a timer can hold.
const MAX_DURATION: Duration = Duration::from_hours(30 * 24);

/// A parser of whole numbers within a range.
pub(crate) fn number<T>(range: RangeInclusive<T>) -> impl Fn(&str) -> Result<T, String> + Clone
where
    T: FromStr + PartialOrd + Display + Clone,
{
    move |text| {
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text
            .parse()
            .ok()
            .filter(|number| is_number && range.contains(number));
        number.ok_or_else(|| format!("must be {} to {}", range.start(), range.end()))
    }
}

/// A parser of durations of at least `shortest`: `20s`, `500ms`, `15m`, `8h`, or a plain number of seconds.
pub(super) fn duration(shortest: Duration) -> impl Fn(&str) -> Result<Duration, String> + Clone {
    move |text| {
        let duration = match text.parse().ok() {
            Some(seconds) if !text.starts_with('+') => Some(Duration::from_secs(seconds)),
            _ => humantime::parse_duration(text).ok(),
        };
        let range = shortest..=MAX_DURATION;
        duration
            .filter(|duration| range.contains(duration))
            .ok_or_else(|| {
                format!(
                    "must be a duration such as 500ms, 20s, 15m or 8h, from {} to 30 days",
                    humantime::format_duration(shortest)
                )
            })
    }
}

/// A parser of sizes within a range, in bytes: `65536`, `64KiB`, `1MiB`.
pub(super) fn size(range: RangeInclusive<usize>) -> impl Fn(&str) -> Result<usize, String> + Clone {
    move |text| {
        let bytes = text.parse::<ByteSize>().ok();
        bytes
            .and_then(|size| usize::try_from(size.as_u64()).ok())
            .filter(|bytes| range.contains(bytes))
            .ok_or_else(|| {
                format!(
                    "must be a size such as 65536, 64KiB or 1MiB, from {} to {} bytes",
                    range.start(),
                    range.end()
                )
            })
    }
}

/// Parses one of the words of an enumeration.
pub(super) fn choice<T: ValueEnum>(text: &str) -> Result<T, String> {
    T::from_str(text, false).map_err(|_| {
        let words = T::value_variants().iter().filter_map(T::to_possible_value);
        let words: Vec<_> = words.map(|word| word.get_name().to_owned()).collect();
        format!("must be one of {}", words.join(", "))
    })
}

/// Whether the text consists of ASCII letters, digits and these characters.
pub(super) fn has_only(text: &str, others: &str) -> bool {
    text.chars()
        .all(|c| c.is_ascii_alphanumeric() || others.contains(c))
}

/// The GUID in lower case, if the text is one in its usual form with hyphens.
pub(crate) fn guid(text: &str) -> Option<String> {
    let guid = Uuid::try_parse(text).ok()?.to_string();
    guid.eq_ignore_ascii_case(text).then_some(guid)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed_duration(text: &str) -> Option<Duration> {
        duration(Duration::ZERO)(text).ok()
    }

    fn parsed_size(text: &str) -> Option<usize> {
        size(0..=usize::MAX)(text).ok()
    }

    #[test]
    fn a_duration_has_a_unit_or_is_in_seconds() {
        for (text, milliseconds) in [
            ("20s", 20_000),
            ("20", 20_000),
            ("0", 0),
            ("500ms", 500),
            ("15 m", 900_000),
            ("8h", 28_800_000),
            ("1h30m", 5_400_000),
        ] {
            let expected = Duration::from_millis(milliseconds);
            assert_eq!(parsed_duration(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_size_has_a_unit_or_is_in_bytes() {
        assert_eq!(parsed_size("65536"), Some(65_536));
        assert_eq!(parsed_size("64KiB"), Some(65_536));
        assert_eq!(parsed_size("1 MiB"), Some(1_048_576));
    }

    #[test]
    fn values_that_are_no_quantity_are_refused() {
        for text in [
            "",
            "s",
            "-1s",
            "+1",
            "20 apples",
            "٣s",
            "99999999999999999999h",
        ] {
            assert_eq!(parsed_duration(text), None, "{text}");
        }
        for text in ["", "KiB", "-1", "1 apple"] {
            assert_eq!(parsed_size(text), None, "{text}");
        }
        for text in ["", "+80", "-1", "65536", "8e3", " 80"] {
            assert!(number(0..=u16::MAX)(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_quantity_out_of_range_is_refused_with_the_range() {
        let problem = duration(Duration::from_millis(1))("0").unwrap_err();
        assert!(problem.ends_with("from 1ms to 30 days"), "{problem}");
        assert!(duration(Duration::ZERO)("721h").is_err());
        let problem = size(10..=20)("21").unwrap_err();
        assert!(problem.ends_with("from 10 to 20 bytes"), "{problem}");
        assert_eq!(number(1_u32..=100)("0").unwrap_err(), "must be 1 to 100");
    }

    #[test]
    fn a_guid_has_hyphens_and_is_normalized_to_lower_case() {
        let text = "AAAAAAAA-2222-3333-4444-555555555555";
        assert_eq!(guid(text), Some(text.to_ascii_lowercase()));
        for text in ["aaaaaaaa222233334444555555555555", "contoso.com", ""] {
            assert_eq!(guid(text), None, "{text}");
        }
    }
}
