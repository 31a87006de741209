//! Parsing of typed text, whole numbers, dates and choices.
//!
//! Lengths are counted in Unicode scalar values. Whitespace around a value is removed.

use std::ops::RangeInclusive;

use time::Date;
use time::macros::format_description;

/// Why a value is not valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueError {
    /// Nothing was typed, or only invisible characters.
    Missing,
    /// The end of a sentence that begins with the label of the field: "must be a whole number".
    Invalid(String),
}

/// An error with the end of a sentence.
pub fn invalid(message: impl Into<String>) -> ValueError {
    ValueError::Invalid(message.into())
}

/// The error for a text with more characters than `max`.
pub fn too_long(max: usize, length: usize) -> ValueError {
    invalid(format!(
        "must be {max} characters or fewer (you entered {length})"
    ))
}

/// Parses text of 1 to `max` characters on one line. Tabs and the like become spaces.
///
/// # Errors
/// When it is missing, too long, has more than one line, or contains control characters.
pub fn parse_line(typed: &str, max: usize) -> Result<String, ValueError> {
    let text = normalize(typed, ' ').replace('\t', " ");
    if let Some((place, _)) = find(&text, |character| character == '\n') {
        return Err(invalid(format!(
            "must be on one line: remove the line break at character {place}"
        )));
    }
    parse_normalized(&text, max)
}

/// Parses text of 1 to `max` characters. A line break counts as one character.
///
/// # Errors
/// When it is missing, too long, or contains control characters.
pub fn parse_text(typed: &str, max: usize) -> Result<String, ValueError> {
    parse_normalized(&normalize(typed, '\n'), max)
}

fn parse_normalized(typed: &str, max: usize) -> Result<String, ValueError> {
    let text = typed.trim();
    if is_invisible(text) {
        return Err(ValueError::Missing);
    }
    let is_unprintable = |character: char| character.is_control() && !"\n\t".contains(character);
    if let Some((place, character)) = find(typed, is_unprintable) {
        let code = u32::from(character);
        return Err(invalid(format!(
            "must not contain control characters: remove character {place} (U+{code:04X})"
        )));
    }
    let length = text.chars().count();
    if length > max {
        return Err(too_long(max, length));
    }
    Ok(text.to_owned())
}

/// Line breaks as one character, and the whitespace that programs paste for line and page breaks (vertical tab, form
/// feed, next line, line and paragraph separator) as `whitespace`.
fn normalize(typed: &str, whitespace: char) -> String {
    // HTML forms send a line break as two characters.
    let characters = typed.replace("\r\n", "\n");
    let characters = characters.chars().map(|character| match character {
        '\r' => '\n',
        '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => whitespace,
        other => other,
    });
    characters.collect()
}

/// The first such character between the whitespace at both ends, and its place in the text, from 1.
fn find(text: &str, is_wanted: impl Fn(char) -> bool) -> Option<(usize, char)> {
    let characters = text.trim_end().chars().enumerate();
    let mut inner = characters.skip_while(|(_, character)| character.is_whitespace());
    let (index, character) = inner.find(|(_, character)| is_wanted(*character))?;
    Some((index + 1, character))
}

/// Parses a whole number in decimal digits, from `min` to `max`.
///
/// # Errors
/// When it is missing, not a whole number, or out of range.
pub fn parse_integer(typed: &str, min: i32, max: i32) -> Result<i32, ValueError> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(ValueError::Missing);
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
pub fn parse_date(typed: &str, min: Date, max: Date) -> Result<Date, ValueError> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(ValueError::Missing);
    }
    let format = format_description!("[year]-[month]-[day]");
    let date =
        Date::parse(typed, format).map_err(|_| invalid("must be a date such as 2026-11-27"))?;
    if !(min..=max).contains(&date) {
        return Err(invalid(format!("must be from {min} to {max}")));
    }
    Ok(date)
}

/// Invisible characters besides whitespace: fillers, zero-width characters and combining selectors.
pub const INVISIBLE: [RangeInclusive<char>; 15] = [
    '\u{ad}'..='\u{ad}',
    '\u{34f}'..='\u{34f}',
    '\u{61c}'..='\u{61c}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{200b}'..='\u{200f}',
    '\u{202a}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{2800}'..='\u{2800}',
    '\u{3164}'..='\u{3164}',
    '\u{fe00}'..='\u{fe0f}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{e0000}'..='\u{e0fff}',
];

/// Whether a text has only invisible characters.
pub fn is_invisible(text: &str) -> bool {
    text.chars().all(|character| {
        character.is_whitespace() || INVISIBLE.iter().any(|range| range.contains(&character))
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
        let expected = invalid("must be 2 characters or fewer (you entered 3)");
        assert_eq!(parse_line("e\u{301}x", 2), Err(expected));
        assert_eq!(parse_text("a\r\nb", 3), Ok("a\nb".to_owned()));
    }

    #[test]
    fn invisible_text_is_missing_and_control_characters_are_invalid() {
        for typed in ["", " \t", "\u{200b}\u{feff}", "\u{2800}"] {
            assert_eq!(parse_text(typed, 9), Err(ValueError::Missing), "{typed:?}");
        }
        for (typed, message) in [
            (
                "a\0",
                "must not contain control characters: remove character 2 (U+0000)",
            ),
            (
                " \r\nab\u{7}",
                "must not contain control characters: remove character 5 (U+0007)",
            ),
            (
                "e\u{301}👩\u{200d}🍳\u{9b}",
                "must not contain control characters: remove character 6 (U+009B)",
            ),
        ] {
            assert_eq!(parse_line(typed, 9), Err(invalid(message)), "{typed:?}");
            assert_eq!(parse_text(typed, 9), Err(invalid(message)), "{typed:?}");
        }
        let message = "must be on one line: remove the line break at character 3";
        for typed in [" a\nb", " a\r\nb", " a\rb"] {
            assert_eq!(parse_line(typed, 9), Err(invalid(message)), "{typed:?}");
        }
    }

    #[test]
    fn pasted_whitespace_becomes_spaces_in_a_line_and_line_breaks_in_a_text() {
        for whitespace in ['\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'] {
            let typed = format!("{whitespace}שלום{whitespace}👩\u{200d}🍳{whitespace}");
            let line = "שלום 👩\u{200d}🍳".to_owned();
            assert_eq!(parse_line(&typed, 9), Ok(line.clone()), "{whitespace:?}");
            assert_eq!(parse_text(&typed, 9), Ok(line.replace(' ', "\n")));
        }
        assert_eq!(parse_line("a\tb", 9), Ok("a b".to_owned()));
        assert_eq!(parse_text("a\tb\rc", 9), Ok("a\tb\nc".to_owned()));
    }

    #[test]
    fn an_integer_is_decimal_digits_within_its_range() {
        assert_eq!(parse_integer(" 12 ", 1, 12), Ok(12));
        assert_eq!(parse_integer("-3", -5, 5), Ok(-3));
        assert_eq!(parse_integer(" ", 1, 12), Err(ValueError::Missing));
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
            let expected = invalid("must be a whole number from 1 to 12");
            assert_eq!(parse_integer(typed, 1, 12), Err(expected), "{typed}");
        }
    }

    #[test]
    fn a_date_is_one_of_the_calendar_within_its_range() {
        let parse = |typed| parse_date(typed, date!(2000 - 01 - 01), date!(2099 - 12 - 31));
        assert_eq!(parse("2024-02-29"), Ok(date!(2024 - 02 - 29)));
        assert_eq!(parse(""), Err(ValueError::Missing));
        for typed in ["2023-02-29", "29.02.2024", "2024-2-9", "tomorrow"] {
            let expected = invalid("must be a date such as 2026-11-27");
            assert_eq!(parse(typed), Err(expected), "{typed}");
        }
        let expected = invalid("must be from 2000-01-01 to 2099-12-31");
        assert_eq!(parse("1999-12-31"), Err(expected));
    }
}
