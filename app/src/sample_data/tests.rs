//! Tests of the generated rows and of the options.

use std::collections::HashSet;

use super::*;

fn length(text: &str) -> usize {
    text.chars().count()
}

fn reviews(seed: u64) -> Vec<review::ActiveModel> {
    SampleData::new(1000, 100_000, seed)
        .unwrap()
        .reviews(1, 1)
        .collect()
}

#[test]
fn the_same_seed_gives_the_same_rows_and_another_seed_gives_others() {
    assert!(reviews(1) == reviews(1));
    assert!(reviews(1) != reviews(2));
}

#[test]
fn texts_reach_but_never_exceed_the_limits_of_their_columns() {
    let data = SampleData::new(10_000, 0, 1).unwrap();
    let mut names = HashSet::new();
    for row in data.restaurants(1) {
        assert!((1..=50).contains(&length(row.name.as_ref())), "{row:?}");
        assert!(
            (1..=50).contains(&length(row.street_address.as_ref())),
            "{row:?}"
        );
        assert!(
            (1..=250).contains(&length(row.description.as_ref())),
            "{row:?}"
        );
        names.insert(row.name.unwrap());
    }
    assert!(names.len() > 2000, "{} different names", names.len());
    let reviews = reviews(1);
    for row in &reviews {
        assert!(
            (1..=50).contains(&length(row.user_name.as_ref())),
            "{row:?}"
        );
        assert!(
            (1..=500).contains(&length(row.review_text.as_ref())),
            "{row:?}"
        );
    }
    assert!(
        reviews
            .iter()
            .any(|row| length(row.review_text.as_ref()) > 480)
    );
}

#[test]
fn some_restaurants_have_no_review_a_few_have_thousands_and_every_rating_occurs() {
    let (mut counts, mut ratings) = ([0; 1000], HashSet::new());
    for row in reviews(1) {
        counts[usize::try_from(row.restaurant.as_ref() - 1).unwrap()] += 1;
        ratings.insert(*row.rating.as_ref());
    }
    counts.sort_unstable();
    assert!(
        counts[0] == 0 && counts[500] < 50 && counts[999] > 1000,
        "{counts:?}"
    );
    assert_eq!(ratings, HashSet::from([1, 2, 3, 4, 5]));
}

#[test]
fn the_dates_rise_within_the_period() {
    assert!(reviews(1).is_sorted_by_key(|row| *row.review_date.as_ref()));
}

#[test]
fn existing_data_is_left_alone_unless_an_option_says_otherwise() {
    let options = |append, if_empty| SeedOptions {
        restaurants: 10,
        reviews: 100,
        seed: 1,
        append,
        if_empty,
    };
    let filled = LastIds {
        restaurant: Some(7),
        review: None,
    };
    let first = options::FirstIds {
        restaurant: 8,
        review: 1,
    };
    assert!(options(false, false).first_ids(filled).is_err());
    assert_eq!(options(false, true).first_ids(filled).unwrap(), None);
    assert_eq!(options(true, false).first_ids(filled).unwrap(), Some(first));
    let full = LastIds {
        restaurant: Some(i32::MAX - 9),
        review: None,
    };
    assert!(options(true, false).first_ids(full).is_err());
}

/// In JSON a tab or a line break needs an escape.
#[test]
fn no_phrase_has_a_character_that_copy_would_need_escaped() {
    assert!(!rows::PHRASES.contains('\\'));
}
