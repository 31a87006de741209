//! A grammar from its text, and texts from a grammar.

use rand::SeedableRng;

use super::*;

fn text_of(source: &str) -> String {
    let grammar = Grammar::parse(&[source]).unwrap();
    grammar.text(grammar.rule("a").unwrap(), &mut Random::seed_from_u64(1))
}

#[test]
fn a_slot_is_replaced_by_its_rule() {
    assert_eq!(text_of(r#"{"a": ["<{b}>"], "b": ["c"]}"#), "<c>");
}

#[test]
fn a_caret_makes_a_capital_letter() {
    assert_eq!(
        text_of(r#"{"a": ["{^b} {b}"], "b": ["über"]}"#),
        "Über über"
    );
}

#[test]
fn a_later_text_replaces_a_rule() {
    let grammar = Grammar::parse(&[r#"{"a": ["old"]}"#, r#"{"a": ["new"]}"#]).unwrap();
    assert_eq!(grammar.longest(grammar.rule("a").unwrap()), 3);
    assert_eq!(
        grammar.text(grammar.rule("a").unwrap(), &mut Random::seed_from_u64(1)),
        "new"
    );
}

#[test]
fn a_broken_grammar_is_refused_with_its_reason() {
    for (source, reason) in [
        (r#"{"a": ["{b}"]}"#, "there is no rule b"),
        (r#"{"a": ["{a"]}"#, "a brace is not closed in: {a"),
        (r#"{"a": []}"#, "the rule a has no pattern"),
    ] {
        let error = Grammar::parse(&[source]).err().unwrap();
        assert_eq!(error.to_string(), reason);
    }
}
