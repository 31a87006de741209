//! Parsing of typed text, whole numbers, dates and choices.
//!
//! Lengths are counted in Unicode scalar values. Whitespace around a value is removed.

use time::Date;
use time::macros::format_description;

/// Why a value was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Nothing was typed, or nothing that can be seen.
    Missing,
    /// The end of a sentence that begins with the label of the field: "must be a whole number".
    Invalid(String),
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::Invalid(message.into())
}

/// Parses text of 1 to `max` characters on one line.
///
/// # Errors
/// When it is missing, too long, has more than one line, or contains control characters.
pub fn parse_line(typed: &str, max: usize) -> Result<String, Refusal> {
    let text = parse_text(typed, max)?;
    if text.contains(char::is_control) {
        return Err(invalid("must be on one line, without tabs"));
    }
    Ok(text)
}

/// Parses text of 1 to `max` characters. A line break counts as one character.
///
/// # Errors
/// When it is missing, too long, or contains control characters.
pub fn parse_text(typed: &str, max: usize) -> Result<String, Refusal> {
    // HTML forms send a line break as two characters.
    let text = typed.replace("\r\n", "\n");
    let text = text.trim();
    if is_invisible(text) {
        return Err(Refusal::Missing);
    }
    let is_unprintable = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    if text.contains(is_unprintable) {
        return Err(invalid("must not contain control characters"));
    }
    let length = text.chars().count();
    if length > max {
        return Err(invalid(format!(
            "must be {max} characters or fewer (you entered {length})"
        )));
    }
    Ok(text.to_owned())
}

/// Parses a whole number in decimal digits, from `min` to `max`.
///
/// # Errors
/// When it is missing, not a whole number, or out of range.
pub fn parse_integer(typed: &str, min: i32, max: i32) -> Result<i32, Refusal> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(Refusal::Missing);
    }
    let number: Option<i32> = typed.parse().ok().filter(|_| !typed.starts_with('+'));
    number
        .filter(|number| (min..=max).contains(number))
        .ok_or_else(|| invalid(format!("must be a whole number from {min} to {max}")))
}

/// Parses a date in the form that `<input type="date">` sends, `2026-11-27`, from `min` to `max`.
///
/// # Errors
/// When it is missing, not a date of the calendar, or out of range.
pub fn parse_date(typed: &str, min: Date, max: Date) -> Result<Date, Refusal> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(Refusal::Missing);
    }
    let format = format_description!("[year]-[month]-[day]");
    let date =
        Date::parse(typed, format).map_err(|_| invalid("must be a date such as 2026-11-27"))?;
    if !(min..=max).contains(&date) {
        return Err(invalid(format!("must be from {min} to {max}")));
    }
    Ok(date)
}

/// Whether a text shows nothing: whitespace, fillers, zero-width characters and combining selectors.
pub fn is_invisible(text: &str) -> bool {
    text.chars().all(|character| {
        character.is_whitespace()
            || matches!(character,
                '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
                | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
    })
}

/// The text without the characters that XML 1.0 does not allow, not even as references (section 2.2).
pub fn allowed_in_xml(text: &str) -> String {
    let is_allowed = |c: &char| !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    text.chars().filter(is_allowed).collect()
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn a_limit_counts_characters_and_the_message_says_how_many_were_entered() {
        assert_eq!(parse_line(" 🍜🍜 ", 2), Ok("🍜🍜".to_owned()));
        let refused = invalid("must be 2 characters or fewer (you entered 3)");
        assert_eq!(parse_line("e\u{301}x", 2), Err(refused));
        assert_eq!(parse_text("a\r\nb", 3), Ok("a\nb".to_owned()));
    }

    #[test]
    fn invisible_text_is_missing_and_control_characters_are_invalid() {
        for typed in ["", " \t", "\u{200b}\u{feff}", "\u{2800}"] {
            assert_eq!(parse_text(typed, 9), Err(Refusal::Missing), "{typed:?}");
        }
        for typed in ["a\0", "a\u{1b}b", "a\nb", "a\tb"] {
            let line = parse_line(typed, 9);
            assert!(matches!(line, Err(Refusal::Invalid(_))), "{typed:?}");
        }
    }

    #[test]
    fn an_integer_is_decimal_digits_within_its_range() {
        assert_eq!(parse_integer(" 12 ", 1, 12), Ok(12));
        assert_eq!(parse_integer("-3", -5, 5), Ok(-3));
        assert_eq!(parse_integer(" ", 1, 12), Err(Refusal::Missing));
        for typed in [
            "0",
            "13",
            "+4",
            "4.0",
            "4,5",
            "1e1",
            "٥",
            "four",
            "99999999999",
        ] {
            let refused = invalid("must be a whole number from 1 to 12");
            assert_eq!(parse_integer(typed, 1, 12), Err(refused), "{typed}");
        }
    }

    #[test]
    fn a_date_is_one_of_the_calendar_within_its_range() {
        let parse = |typed| parse_date(typed, date!(2000 - 01 - 01), date!(2099 - 12 - 31));
        assert_eq!(parse("2024-02-29"), Ok(date!(2024 - 02 - 29)));
        assert_eq!(parse(""), Err(Refusal::Missing));
        for typed in ["2023-02-29", "29.02.2024", "2024-2-9", "tomorrow"] {
            let refused = invalid("must be a date such as 2026-11-27");
            assert_eq!(parse(typed), Err(refused), "{typed}");
        }
        let refused = invalid("must be from 2000-01-01 to 2099-12-31");
        assert_eq!(parse("1999-12-31"), Err(refused));
    }
}
