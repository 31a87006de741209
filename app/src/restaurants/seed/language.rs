//! The languages of the sample data, each with its word lists in `languages/`.

use anyhow::Context;

use super::grammar::{Grammar, Random, Rule};

/// How a restaurant's description and a review are put together, in every language.
const COMMON: &str = include_str!("languages/common.json");

/// Tag (BCP 47), share among the restaurants, word lists. English comes first.
const SOURCES: [(&str, u32, &str); 16] = [
    ("en", 20, include_str!("languages/en.json")),
    ("de", 9, include_str!("languages/de.json")),
    ("fr", 9, include_str!("languages/fr.json")),
    ("es", 9, include_str!("languages/es.json")),
    ("it", 8, include_str!("languages/it.json")),
    ("pt", 6, include_str!("languages/pt.json")),
    ("pl", 5, include_str!("languages/pl.json")),
    ("el", 4, include_str!("languages/el.json")),
    ("tr", 4, include_str!("languages/tr.json")),
    ("ja", 6, include_str!("languages/ja.json")),
    ("ko", 4, include_str!("languages/ko.json")),
    ("zh", 5, include_str!("languages/zh.json")),
    ("vi", 3, include_str!("languages/vi.json")),
    ("ar", 4, include_str!("languages/ar.json")),
    ("he", 2, include_str!("languages/he.json")),
    ("hi", 2, include_str!("languages/hi.json")),
];

/// One language's texts.
pub(super) struct Language {
    /// Its share among the restaurants, relative to the others'.
    pub(super) share: u32,
    grammar: Grammar,
    name: Rule,
    address: Rule,
    description: Rule,
    reviewer: Rule,
    review_good: Rule,
    review_mixed: Rule,
    review_poor: Rule,
}

/// Every language, English first.
///
/// # Errors
/// When a word list is damaged.
pub(super) fn languages() -> anyhow::Result<Vec<Language>> {
    SOURCES
        .iter()
        .map(|(tag, share, source)| {
            Language::parse(*share, source).with_context(|| format!("languages/{tag}.json"))
        })
        .collect()
}

impl Language {
    fn parse(share: u32, source: &str) -> anyhow::Result<Self> {
        let grammar = Grammar::parse(&[COMMON, source])?;
        Ok(Self {
            share,
            name: grammar.rule("name")?,
            address: grammar.rule("address")?,
            description: grammar.rule("description")?,
            reviewer: grammar.rule("reviewer")?,
            review_good: grammar.rule("review_good")?,
            review_mixed: grammar.rule("review_mixed")?,
            review_poor: grammar.rule("review_poor")?,
            grammar,
        })
    }

    pub(super) fn restaurant_name(&self, random: &mut Random) -> String {
        self.grammar.text(self.name, random)
    }

    pub(super) fn street_address(&self, random: &mut Random) -> String {
        self.grammar.text(self.address, random)
    }

    pub(super) fn description(&self, random: &mut Random) -> String {
        self.grammar.text(self.description, random)
    }

    pub(super) fn user_name(&self, random: &mut Random) -> String {
        self.grammar.text(self.reviewer, random)
    }

    /// A review that says what its rating (1 to 5) says.
    pub(super) fn review_text(&self, rating: u8, random: &mut Random) -> String {
        let rule = match rating {
            0..=2 => self.review_poor,
            3 => self.review_mixed,
            _ => self.review_good,
        };
        self.grammar.text(rule, random)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_language_can_exceed_a_columns_limit() {
        for (language, (tag, ..)) in languages().unwrap().iter().zip(SOURCES) {
            for (rule, limit) in [
                (language.name, 50),
                (language.address, 50),
                (language.description, 250),
                (language.reviewer, 50),
                (language.review_good, 500),
                (language.review_mixed, 500),
                (language.review_poor, 500),
            ] {
                let longest = language.grammar.longest(rule);
                assert!(longest <= limit, "{tag}: {longest} characters of {limit}");
            }
        }
    }
}
