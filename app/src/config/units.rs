//! Numbers, durations and sizes as they are written in settings.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

/// Milliseconds in each unit; a plain number is in the first.
const DURATION_UNITS: [(&str, u64); 4] = [("s", 1_000), ("ms", 1), ("m", 60_000), ("h", 3_600_000)];

/// Bytes in each unit; a plain number is in the first.
const SIZE_UNITS: [(&str, u64); 3] = [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20)];

/// A wait of nothing would refuse everything.
pub(super) const SHORTEST: Duration = Duration::from_millis(1);

/// Far beyond any sensible wait, and far below what a timer can hold.
pub(super) const LONGEST: Duration = Duration::from_hours(30 * 24);

/// A parser of whole numbers within a range.
pub(super) fn number<T>(range: RangeInclusive<T>) -> impl FnOnce(&str) -> Result<T, String>
where
    T: FromStr + PartialOrd + Display,
{
    move |text| {
        let number = if text.bytes().all(|byte| byte.is_ascii_digit()) {
            text.parse().ok()
        } else {
            None
        };
        number
            .filter(|number| range.contains(number))
            .ok_or_else(|| {
                format!(
                    "write a whole number from {} to {}",
                    range.start(),
                    range.end()
                )
            })
    }
}

/// A parser of durations within a range: `20s`, `500ms`, `15m`, `8h`, or a plain number of seconds.
pub(super) fn duration(
    range: RangeInclusive<Duration>,
) -> impl FnOnce(&str) -> Result<Duration, String> {
    move |text| {
        with_unit(text, &DURATION_UNITS)
            .map(Duration::from_millis)
            .filter(|duration| range.contains(duration))
            .ok_or_else(|| {
                format!(
                    "write a duration such as 20s, 500ms, 15m or 8h, from {:?} to {} days",
                    range.start(),
                    range.end().as_secs() / 86_400
                )
            })
    }
}

/// A parser of sizes within a range, in bytes: `65536`, `64KiB`, `1MiB`.
pub(super) fn size(range: RangeInclusive<usize>) -> impl FnOnce(&str) -> Result<usize, String> {
    move |text| {
        with_unit(text, &SIZE_UNITS)
            .and_then(|bytes| usize::try_from(bytes).ok())
            .filter(|bytes| range.contains(bytes))
            .ok_or_else(|| {
                format!(
                    "write a size such as 65536, 64KiB or 1MiB, from {} to {} bytes",
                    range.start(),
                    range.end()
                )
            })
    }
}

fn with_unit(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let end_of_digits = text
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(end_of_digits);
    let factor = match unit.trim_start() {
        "" => units.first().map(|(_, factor)| *factor),
        unit => units
            .iter()
            .find(|(name, _)| *name == unit)
            .map(|(_, factor)| *factor),
    };
    digits.parse::<u64>().ok()?.checked_mul(factor?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed_duration(text: &str) -> Option<Duration> {
        duration(Duration::ZERO..=LONGEST)(text).ok()
    }

    fn parsed_size(text: &str) -> Option<usize> {
        size(0..=usize::MAX)(text).ok()
    }

    #[test]
    fn a_duration_has_a_unit_or_is_in_seconds() {
        assert_eq!(parsed_duration("20s"), Some(Duration::from_secs(20)));
        assert_eq!(parsed_duration("20"), Some(Duration::from_secs(20)));
        assert_eq!(parsed_duration("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(parsed_duration("15 m"), Some(Duration::from_mins(15)));
        assert_eq!(parsed_duration("8h"), Some(Duration::from_hours(8)));
    }

    #[test]
    fn a_size_has_a_unit_or_is_in_bytes() {
        assert_eq!(parsed_size("65536"), Some(65_536));
        assert_eq!(parsed_size("64KiB"), Some(65_536));
        assert_eq!(parsed_size("1 MiB"), Some(1_048_576));
    }

    #[test]
    fn what_is_no_quantity_is_refused() {
        for text in [
            "",
            "s",
            "-1s",
            "+1s",
            "1.5s",
            "20 sec",
            "1h30m",
            "٣s",
            "99999999999999999999h",
        ] {
            assert_eq!(parsed_duration(text), None, "{text}");
        }
        for text in ["", "KiB", "-1", "1.5MiB", "64KB", "18446744073709551615MiB"] {
            assert_eq!(parsed_size(text), None, "{text}");
        }
        for text in ["", "+80", "-1", "65536", "8e3", " 80"] {
            assert!(number(0..=u16::MAX)(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_quantity_out_of_range_is_refused_with_the_range() {
        let problem = duration(Duration::from_millis(1)..=LONGEST)("0").unwrap_err();
        assert!(problem.ends_with("from 1ms to 30 days"), "{problem}");
        assert!(duration(Duration::ZERO..=LONGEST)("721h").is_err());
        assert!(
            size(10..=20)("21")
                .unwrap_err()
                .ends_with("from 10 to 20 bytes")
        );
        assert!(
            number(1_u32..=100)("0")
                .unwrap_err()
                .ends_with("from 1 to 100")
        );
    }
}
