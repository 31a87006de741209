//! Texts from patterns: a small grammar, read from a language's word lists.
//!
//! In a pattern `{rule}` stands for one of the rule's own patterns, `{^rule}` for the same with a
//! capital letter, and `{number}` for a house number.

use std::collections::BTreeMap;

use anyhow::{Context, bail, ensure};
use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::IndexedRandom;

/// A generator with a published algorithm: the same numbers on every platform and in every release.
pub(super) type Random = Xoshiro256PlusPlus;

/// A grammar as its file has it: each rule's name with its patterns.
type Source = BTreeMap<String, Vec<String>>;

/// The house numbers.
const NUMBERS: std::ops::RangeInclusive<u32> = 1..=199;

/// Rules that refer to each other.
pub(super) struct Grammar {
    names: Vec<String>,
    rules: Vec<Vec<Pattern>>,
}

/// A rule's place in its grammar.
#[derive(Clone, Copy)]
pub(super) struct Rule(usize);

type Pattern = Vec<Part>;

enum Part {
    Text(String),
    Number,
    Rule { rule: Rule, capital: bool },
}

impl Grammar {
    /// Reads a grammar from JSON texts; of rules with one name, the last text's counts.
    ///
    /// # Errors
    /// When a text is not an object of lists of strings, a rule is empty or a slot names no rule.
    pub(super) fn parse(texts: &[&str]) -> anyhow::Result<Self> {
        let mut source = Source::new();
        for text in texts {
            source.extend(serde_json::from_str::<Source>(text)?);
        }
        let mut grammar = Self {
            names: source.keys().cloned().collect(),
            rules: Vec::with_capacity(source.len()),
        };
        for (name, patterns) in &source {
            ensure!(!patterns.is_empty(), "the rule {name} has no pattern");
            let patterns: anyhow::Result<_> = patterns
                .iter()
                .map(|pattern| grammar.parse_pattern(pattern))
                .collect();
            grammar.rules.push(patterns?);
        }
        Ok(grammar)
    }

    /// The rule of this name.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn rule(&self, name: &str) -> anyhow::Result<Rule> {
        match self
            .names
            .binary_search_by(|known| known.as_str().cmp(name))
        {
            Ok(index) => Ok(Rule(index)),
            Err(_) => bail!("there is no rule {name}"),
        }
    }

    /// A new text by `rule`.
    pub(super) fn text(&self, rule: Rule, random: &mut Random) -> String {
        let mut text = String::new();
        self.write(rule, random, &mut text);
        text
    }

    fn write(&self, rule: Rule, random: &mut Random, text: &mut String) {
        let Some(pattern) = self.rules[rule.0].choose(random) else {
            return;
        };
        for part in pattern {
            match part {
                Part::Text(words) => text.push_str(words),
                Part::Number => text.push_str(&random.random_range(NUMBERS).to_string()),
                Part::Rule { rule, capital } => {
                    let start = text.len();
                    self.write(*rule, random, text);
                    if *capital {
                        capitalize(text, start);
                    }
                }
            }
        }
    }

    fn parse_pattern(&self, pattern: &str) -> anyhow::Result<Pattern> {
        let mut parts = Pattern::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once('{') {
            let (slot, behind) = after
                .split_once('}')
                .with_context(|| format!("a brace is not closed in: {pattern}"))?;
            parts.push(Part::Text(before.to_owned()));
            parts.push(self.parse_slot(slot)?);
            rest = behind;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(parts)
    }

    fn parse_slot(&self, slot: &str) -> anyhow::Result<Part> {
        if slot == "number" {
            return Ok(Part::Number);
        }
        let capital = slot.starts_with('^');
        let rule = self.rule(slot.trim_start_matches('^'))?;
        Ok(Part::Rule { rule, capital })
    }
}

/// Makes the letter at `start` a capital one.
fn capitalize(text: &mut String, start: usize) {
    if let Some(letter) = text[start..].chars().next() {
        let capital: String = letter.to_uppercase().collect();
        text.replace_range(start..start + letter.len_utf8(), &capital);
    }
}

#[cfg(test)]
impl Grammar {
    /// The length in characters of the longest text that `rule` can give.
    pub(super) fn longest(&self, rule: Rule) -> usize {
        let pattern_length =
            |pattern: &Pattern| pattern.iter().map(|part| self.longest_part(part)).sum();
        self.rules[rule.0]
            .iter()
            .map(pattern_length)
            .max()
            .unwrap_or(0)
    }

    fn longest_part(&self, part: &Part) -> usize {
        match part {
            Part::Text(words) => words.chars().count(),
            Part::Number => NUMBERS.end().to_string().len(),
            Part::Rule { rule, .. } => self.longest(*rule),
        }
    }
}

#[cfg(test)]
mod tests;
