//! The sample data as its writers see it.

use std::collections::HashSet;

use super::*;

const RESTAURANTS: u32 = 10_000;
const REVIEWS: u32 = 10_000;

fn sample_data(seed: u64) -> SampleData {
    SampleData::new(RESTAURANTS, REVIEWS, seed).unwrap()
}

fn length(text: &str) -> usize {
    text.chars().count()
}

#[test]
fn the_same_seed_gives_the_same_rows_and_another_seed_others() {
    assert!(
        sample_data(1)
            .restaurants()
            .eq(sample_data(1).restaurants())
    );
    assert!(sample_data(1).reviews().eq(sample_data(1).reviews()));
    assert!(
        sample_data(1)
            .restaurants()
            .ne(sample_data(2).restaurants())
    );
    assert!(sample_data(1).reviews().ne(sample_data(2).reviews()));
}

#[test]
fn every_text_is_within_its_columns_limit() {
    for restaurant in sample_data(1).restaurants() {
        assert!(
            (1..=50).contains(&length(&restaurant.name)),
            "{restaurant:?}"
        );
        assert!(
            (1..=50).contains(&length(&restaurant.street_address)),
            "{restaurant:?}"
        );
        assert!(
            (1..=250).contains(&length(&restaurant.description)),
            "{restaurant:?}"
        );
    }
    for review in sample_data(1).reviews() {
        assert!((1..=50).contains(&length(&review.user_name)), "{review:?}");
        assert!((1..=500).contains(&length(&review.text)), "{review:?}");
        assert!((1..=5).contains(&review.rating), "{review:?}");
    }
}

#[test]
fn the_counters_equal_a_recount() {
    let data = sample_data(1);
    let mut recount = vec![(0, 0, [0; 5]); RESTAURANTS as usize];
    for review in data.reviews() {
        let (count, sum, counts) = &mut recount[usize::try_from(review.restaurant).unwrap()];
        *count += 1;
        *sum += i32::from(review.rating);
        counts[usize::from(review.rating - 1)] += 1;
    }
    let counters = data.restaurants().map(|restaurant| {
        (
            restaurant.review_count(),
            restaurant.rating_sum(),
            restaurant.rating_counts,
        )
    });
    assert!(counters.eq(recount));
}

#[test]
fn every_language_has_a_restaurant() {
    let data = sample_data(1);
    let used: HashSet<usize> = data
        .profiles
        .iter()
        .map(|profile| profile.language)
        .collect();
    assert_eq!(used.len(), data.languages.len());
}

#[test]
fn a_few_restaurants_have_many_reviews_and_some_have_none() {
    let mut counts: Vec<i32> = SampleData::new(1000, 100_000, 1)
        .unwrap()
        .restaurants()
        .map(|restaurant| restaurant.review_count())
        .collect();
    counts.sort_unstable();
    assert_eq!(counts[0], 0);
    assert!(counts[500] < 50, "{}", counts[500]);
    assert!(counts[999] > 5000, "{}", counts[999]);
}

#[test]
fn the_reviews_dates_rise_within_the_three_years() {
    let dates: Vec<_> = sample_data(1).reviews().map(|review| review.date).collect();
    assert!(dates.is_sorted());
    assert!(dates[0] >= FIRST_DATE && dates[dates.len() - 1] < LAST_DATE);
}

#[test]
fn ten_thousand_restaurants_read_varied() {
    let data = sample_data(1);
    let names: HashSet<String> = data
        .restaurants()
        .map(|restaurant| restaurant.name)
        .collect();
    let texts: HashSet<String> = data.reviews().map(|review| review.text).collect();
    assert!(names.len() > 4000, "{} names", names.len());
    assert!(texts.len() > 5000, "{} texts", texts.len());
}

#[test]
fn one_restaurant_without_fame_still_gets_the_reviews() {
    for seed in 0..50 {
        let data = SampleData::new(1, 10, seed).unwrap();
        assert_eq!(data.restaurants().next().unwrap().review_count(), 10);
    }
}

#[test]
fn the_numbers_behind_the_rows_are_the_same_on_every_platform_and_release() {
    let data = SampleData::new(200, 3000, 1).unwrap();
    let first: Vec<_> = data.outlines().take(6).collect();
    assert_eq!(
        first,
        [(98, 2), (78, 5), (55, 3), (87, 1), (135, 5), (179, 4)]
    );
}
