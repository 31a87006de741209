//! Text normalization (folding) and tokenization for full-text search.
//!
//! Written once, here. The databases tokenize what any program writes, by a table of the characters that
//! `fold_character` changes; `search` has their SQL.

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Words are compared by their first characters. A lexeme of PostgreSQL has at most 2,046 bytes.
pub const WORD_LENGTH: usize = 250;

/// Optional inside a word: "Joe's" is found by `joes`, by `joe's` and by `joe`.
pub(crate) const APOSTROPHES: [char; 10] = [
    '\'', '`', '\u{b4}', '\u{2bb}', '\u{2bc}', '\u{2018}', '\u{2019}', '\u{201b}', '\u{2032}',
    '\u{ff07}',
];

/// Scripts without spaces between words, whose characters are found inside a run: Thai, Lao, Myanmar, Khmer, the
/// Tai scripts, kana, bopomofo and ideographs (Unicode line breaking classes SA and ID, and kana). After folding.
pub(crate) const UNSPACED: [(char, char); 22] = [
    ('\u{e01}', '\u{e3a}'),
    ('\u{e40}', '\u{e4e}'),
    ('\u{e81}', '\u{ebd}'),
    ('\u{ec0}', '\u{ece}'),
    ('\u{edc}', '\u{edf}'),
    ('\u{1000}', '\u{103f}'),
    ('\u{1050}', '\u{108f}'),
    ('\u{109a}', '\u{109f}'),
    ('\u{1780}', '\u{17d3}'),
    ('\u{1950}', '\u{1974}'),
    ('\u{1980}', '\u{19c9}'),
    ('\u{1a20}', '\u{1a7f}'),
    ('\u{3005}', '\u{3007}'),
    ('\u{3041}', '\u{309a}'),
    ('\u{309d}', '\u{309f}'),
    ('\u{30a1}', '\u{30fa}'),
    ('\u{30fc}', '\u{312f}'),
    ('\u{31a0}', '\u{31bf}'),
    ('\u{31f0}', '\u{31ff}'),
    ('\u{3400}', '\u{4dbf}'),
    ('\u{4e00}', '\u{9fff}'),
    ('\u{20000}', '\u{323af}'),
];

/// Hangul syllables, which both databases decompose by arithmetic (Unicode Standard, section 3.12).
pub(crate) const HANGUL: (char, char) = ('\u{ac00}', '\u{d7a3}');

/// Letters without a decomposition in Unicode, as people type them: CLDR's transform Latin-ASCII, and letters of
/// other scripts that look alike and are typed for each other.
const LETTERS: [(&str, &str); 46] = [
    ("ßẞ", "ss"),
    ("æ", "ae"),
    ("œɶ", "oe"),
    ("þ", "th"),
    ("ıɨɪ", "i"),
    ("đðɖɗȡƌ", "d"),
    ("øɵ", "o"),
    ("łƚɫɬɭȴⱡ", "l"),
    ("ħɦɧⱨ", "h"),
    ("ŧƭʈƫȶⱦ", "t"),
    ("ŋɲɳƞȵ", "n"),
    ("ĸɋ", "q"),
    ("ƀɓƃ", "b"),
    ("ƈȼɕ", "c"),
    ("ɇɛəǝ", "e"),
    ("ƒ", "f"),
    ("ǥɠɡɢ", "g"),
    ("ɉȷɟ", "j"),
    ("ƙⱪ", "k"),
    ("ɱ", "m"),
    ("ɔ", "o"),
    ("ƥᵽ", "p"),
    ("ɍɼɽɾ", "r"),
    ("ȿʂ", "s"),
    ("ʉ", "u"),
    ("ʋⱱ", "v"),
    ("ⱳ", "w"),
    ("ƴɏʏ", "y"),
    ("ƶȥɀʐʑⱬ", "z"),
    ("ⱥɐɑ", "a"),
    ("ȸ", "db"),
    ("ȹ", "qp"),
    ("ꜳ", "aa"),
    ("ꜵ", "ao"),
    ("ꜷ", "au"),
    ("ꜹꜻ", "av"),
    ("ꜽ", "ay"),
    ("ꝏ", "oo"),
    ("ꝡ", "vy"),
    ("ς", "σ"),
    ("ґ", "г"),
    ("ىی", "ي"),
    ("ک", "ك"),
    ("ة", "ه"),
    ("ұү", "у"),
    ("қ", "к"),
];

/// [`LETTERS`] by character.
static LETTER_OF: LazyLock<HashMap<char, &str>> = LazyLock::new(|| {
    let letters = LETTERS
        .iter()
        .flat_map(|(from, to)| from.chars().map(|character| (character, *to)));
    letters.collect()
});

/// Above, a character stands for itself, but for those of the last two.
const FOLDED_RANGES: [(u32, u32); 3] = [(0, 0x1_ffff), (0x2_f800, 0x2_fa1f), (0xe_0000, 0xe_01ef)];

/// A run of characters that all become the same text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Folding {
    pub(crate) first: u32,
    pub(crate) last: u32,
    pub(crate) folded: String,
}

/// Every character that [`fold_character`] changes, but for Hangul syllables, in order.
pub(crate) fn foldings() -> Vec<Folding> {
    let mut all: Vec<Folding> = Vec::new();
    let codes = FOLDED_RANGES
        .into_iter()
        .flat_map(|(first, last)| first..=last);
    for character in codes.filter_map(char::from_u32) {
        let is_syllable = (HANGUL.0..=HANGUL.1).contains(&character);
        let is_ideograph = ('\u{4e00}'..='\u{9fff}').contains(&character);
        if is_syllable || is_ideograph {
            continue;
        }
        let mut folded = String::new();
        fold_character(character, &mut folded);
        if folded.chars().eq([character]) {
            continue;
        }
        let code = u32::from(character);
        match all.last_mut() {
            Some(run) if run.last + 1 == code && run.folded == folded => run.last = code,
            _ => all.push(Folding {
                first: code,
                last: code,
                folded,
            }),
        }
    }
    all
}

/// Text as it is compared: without case, accents, width variants and invisible characters; everything but letters
/// and digits is one space. Apostrophes are removed.
pub fn fold(text: &str) -> String {
    let mut folded = String::new();
    for character in text.chars().filter(|other| !APOSTROPHES.contains(other)) {
        match character {
            'a'..='z' | '0'..='9' => folded.push(character),
            _ => fold_character(character, &mut folded),
        }
    }
    let words: Vec<_> = folded.split(' ').filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// The words that a text is searched for: a row is found if it has words that begin with each of them. A run of a
/// script without spaces is searched for by its pairs of characters.
pub fn search_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for word in fold(text).split(' ').filter(|word| !word.is_empty()) {
        let characters: Vec<char> = word.chars().collect();
        for run in characters.chunk_by(|one, next| is_unspaced(*one) == is_unspaced(*next)) {
            if is_unspaced(run[0]) && run.len() > 1 {
                words.extend(run.windows(2).map(|pair| pair.iter().collect()));
            } else {
                words.push(run.iter().take(WORD_LENGTH).collect());
            }
        }
    }
    words
}

fn is_unspaced(character: char) -> bool {
    let contains = |(first, last): &(char, char)| (*first..=*last).contains(&character);
    UNSPACED.iter().any(contains)
}

/// Adds what a character becomes; folding that again changes nothing.
fn fold_character(character: char, folded: &mut String) {
    if is_ignored(character) {
        return;
    }
    if let Some(letters) = LETTER_OF.get(&character) {
        folded.push_str(letters);
        return;
    }
    let parts: Vec<char> = character.to_lowercase().nfkd().collect();
    if parts != [character] {
        for part in parts {
            fold_character(part, folded);
        }
    } else if character.is_alphanumeric() || is_combining_mark(character) {
        folded.push(character);
    } else if !folded.ends_with(' ') {
        folded.push(' ');
    }
}

/// Combining marks of Latin, Greek, Cyrillic, Hebrew and Arabic, the Arabic tatweel, and what is invisible: soft
/// hyphens, joiners, directions, variation selectors. Marks of other scripts are letters of theirs.
fn is_ignored(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{5bf}'
        | '\u{5c1}' | '\u{5c2}' | '\u{5c4}' | '\u{5c5}' | '\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{61c}'
        | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6dc}' | '\u{180b}'..='\u{180f}'
        | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{20d0}'..='\u{20ff}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}' | '\u{feff}' | '\u{e0000}'..='\u{e01ef}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_compared_as_people_type_them() {
        for (text, folded) in [
            ("Đặc Biệt", "dac biet"),
            ("Weißwurst HAUPTSTRAẞE", "weisswurst hauptstrasse"),
            ("Smørrebrød Łódź Œuf Ærø", "smorrebrod lodz oeuf aero"),
            ("İstanbul ısıtma", "istanbul isitma"),
            ("ΟΔΟΣ οδός", "οδοσ οδοσ"),
            ("Ёлка Чайная", "елка чаиная"),
            (
                "ＳＵＳＨＩ ｶﾞｰﾃﾞﾝ ½ ﬁn",
                "sushi カ\u{3099}ーテ\u{3099}ン 1 2 fin",
            ),
            ("tag\u{ad}lia\u{200b}telle\u{feff}", "tagliatelle"),
            ("Joe’s O'Brien ʼn", "joes obrien n"),
            ("مُحَمَّد کباب", "محمد كباب"),
            ("  a–b … (c) 🍜 ", "a b c"),
            ("हिन्दी", "हिन्दी"),
        ] {
            assert_eq!(fold(text), folded, "{text}");
            assert_eq!(fold(folded), folded, "{text}");
        }
    }

    #[test]
    fn a_run_without_spaces_is_searched_for_by_its_pairs() {
        for (text, words) in [
            ("烤鸭", &["烤鸭"][..]),
            ("鸭", &["鸭"]),
            ("北京烤鸭店", &["北京", "京烤", "烤鸭", "鸭店"]),
            ("Café北京", &["cafe", "北京"]),
            ("ข้าว", &["ข\u{e49}", "\u{e49}า", "าว"]),
            (
                "한국",
                &["\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}"],
            ),
            ("o'brien\":* & !(x) <-> \\ % \0", &["obrien", "x"]),
        ] {
            assert_eq!(search_words(text), words, "{text}");
        }
    }

    #[test]
    fn what_a_character_becomes_is_not_changed_again() {
        let all = foldings();
        let is_changed = |character: char| {
            let code = u32::from(character);
            let next = all.partition_point(|run| run.first <= code);
            next > 0 && all[next - 1].last >= code && character != ' '
        };
        for run in &all {
            assert!(!run.folded.contains(is_changed), "{run:?}");
            assert!(!run.folded.contains(['"', '\\', '\'']), "{run:?}");
        }
        assert!(all.windows(2).all(|pair| pair[0].last < pair[1].first));
    }
}
