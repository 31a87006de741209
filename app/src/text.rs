//! What a text shows.

/// White space, and what shows nothing by itself: zero-width characters, joiners, directional marks.
pub fn is_blank(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
