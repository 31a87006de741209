//! Generated rows of the sample data: the same sizes and seed give the same rows, one at a time.

use anyhow::Context as _;
use rand::distr::Distribution as _;
use rand::distr::weighted::WeightedIndex;
use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use sea_orm::ActiveValue::Set;
use serde::Deserialize;
use time::macros::datetime;
use time::{Duration, PrimitiveDateTime};

use crate::restaurants::{restaurant, review};

/// Sentences and names of every language.
pub(super) const PHRASES: &str = include_str!("phrases.json");

/// The period of the reviews.
const FIRST_DATE: PrimitiveDateTime = datetime!(2023-01-01 00:00);
const LAST_DATE: PrimitiveDateTime = datetime!(2026-01-01 00:00);

/// Share of the restaurants in thousandths, weight in the draw of a review's restaurant: most
/// restaurants have a few reviews, some none, very few thousands.
const POPULARITIES: [(u32, u64); 6] =
    [(60, 0), (500, 2), (320, 12), (98, 80), (20, 600), (2, 4500)];

const RATINGS: [i32; 5] = [1, 2, 3, 4, 5];

/// Share of the restaurants in percent, weights of the ratings.
const QUALITIES: [(u32, [u32; 5]); 4] = [
    (25, [1, 1, 4, 24, 70]),
    (45, [3, 5, 14, 40, 38]),
    (20, [10, 15, 30, 30, 15]),
    (10, [35, 28, 20, 12, 5]),
];

/// An algorithm that gives the same numbers on every platform and in every release of `rand`.
type Random = Xoshiro256PlusPlus;

/// Generator of the rows.
pub(super) struct SampleData {
    seed: u64,
    review_count: u32,
    languages: Vec<Language>,
    profiles: Vec<Profile>,
    popularity: WeightedIndex<u64>,
}

/// The words of one language. `{dish}` in a sentence stands for one of the dishes.
#[derive(Deserialize)]
struct Language {
    /// Percentage of the restaurants.
    share: u32,
    /// Separates words and sentences.
    gap: String,
    name: [Vec<String>; 3],
    address: [Vec<String>; 2],
    description: Vec<String>,
    reviewer: [Vec<String>; 2],
    dish: Vec<String>,
    good: Vec<String>,
    mixed: Vec<String>,
    poor: Vec<String>,
}

/// What a restaurant's reviews depend on.
struct Profile {
    language: usize,
    ratings: WeightedIndex<u32>,
}

impl SampleData {
    /// # Errors
    /// When there is no restaurant, or the phrases cannot be read.
    pub(super) fn new(restaurants: u32, reviews: u32, seed: u64) -> anyhow::Result<Self> {
        let languages: Vec<Language> = serde_json::from_str(PHRASES).context("phrases.json")?;
        let mut random = Random::seed_from_u64(seed);
        let language = WeightedIndex::new(languages.iter().map(|language| language.share))?;
        let mut profiles = Vec::new();
        let mut weights = Vec::new();
        for _ in 0..restaurants {
            weights.push(
                POPULARITIES
                    .choose_weighted(&mut random, |(share, _)| *share)?
                    .1,
            );
            profiles.push(Profile {
                language: language.sample(&mut random),
                ratings: WeightedIndex::new(
                    QUALITIES
                        .choose_weighted(&mut random, |(share, _)| *share)?
                        .1,
                )?,
            });
        }
        // The reviews of a single restaurant without popularity need somewhere to go.
        let first = weights.first_mut().context("no restaurant was requested")?;
        *first = (*first).max(1);
        Ok(Self {
            seed,
            review_count: reviews,
            languages,
            profiles,
            popularity: WeightedIndex::new(weights)?,
        })
    }

    /// The restaurants, with ids from `first_id`.
    pub(super) fn restaurants(
        &self,
        first_id: i32,
    ) -> impl Iterator<Item = restaurant::ActiveModel> {
        let mut random = Random::seed_from_u64(self.seed ^ 1 << 32);
        (first_id..).zip(&self.profiles).map(move |(id, profile)| {
            let language = &self.languages[profile.language];
            restaurant::ActiveModel {
                id: Set(id),
                name: Set(joined(&language.name, &language.gap, &mut random)),
                street_address: Set(language.street_address(&mut random)),
                description: Set(language.text(&language.description, 250, &mut random)),
                ..Default::default()
            }
        })
    }

    /// The reviews, oldest first, with ids from `first_id`, of the restaurants from `first_restaurant`.
    pub(super) fn reviews(
        &self,
        first_restaurant: i32,
        first_id: i32,
    ) -> impl Iterator<Item = review::ActiveModel> {
        let mut random = Random::seed_from_u64(self.seed ^ 2 << 32);
        let restaurants: Vec<i32> = (first_restaurant..).take(self.profiles.len()).collect();
        (first_id..)
            .zip(0..self.review_count)
            .map(move |(id, position)| {
                let index = self.popularity.sample(&mut random);
                let profile = &self.profiles[index];
                let language = self.reviewer_language(profile, &mut random);
                let rating = RATINGS[profile.ratings.sample(&mut random)];
                review::ActiveModel {
                    id: Set(id),
                    restaurant: Set(restaurants[index]),
                    user_name: Set(joined(&language.reviewer, &language.gap, &mut random)),
                    rating: Set(rating),
                    review_text: Set(language.text(language.opinions(rating), 500, &mut random)),
                    review_date: Set(self.date(position, &mut random)),
                    ..Default::default()
                }
            })
    }

    /// One reviewer in eight is a visitor who writes in another language.
    fn reviewer_language(&self, profile: &Profile, random: &mut Random) -> &Language {
        if random.random_ratio(1, 8) {
            &self.languages[random.random_range(0..self.languages.len())]
        } else {
            &self.languages[profile.language]
        }
    }

    /// A time in the review's own slice of the period, so that dates rise with the position.
    fn date(&self, position: u32, random: &mut Random) -> PrimitiveDateTime {
        let period = (LAST_DATE - FIRST_DATE).whole_seconds();
        let start = |position: i64| period * position / i64::from(self.review_count);
        let position = i64::from(position);
        let seconds = random.random_range(start(position)..start(position + 1));
        FIRST_DATE + Duration::seconds(seconds)
    }
}

impl Language {
    fn street_address(&self, random: &mut Random) -> String {
        let number = random.random_range(1..200_u32).to_string();
        joined(&self.address, "", random).replace("{number}", &number)
    }

    /// One to four sentences; one text in twenty has as many as `limit` characters hold.
    fn text(&self, sentences: &[String], limit: usize, random: &mut Random) -> String {
        let count = if random.random_ratio(1, 20) {
            usize::MAX
        } else {
            random.random_range(1..5)
        };
        let first = random.random_range(0..sentences.len());
        let mut text = String::new();
        let mut length = 0;
        for sentence in sentences.iter().cycle().skip(first).take(count) {
            let sentence = sentence.replace("{dish}", choose(&self.dish, random));
            length += sentence.chars().count() + self.gap.len();
            if length > limit {
                break;
            }
            if !text.is_empty() {
                text.push_str(&self.gap);
            }
            text.push_str(&sentence);
        }
        text
    }

    /// The sentences of a review with this rating, 1 to 5.
    fn opinions(&self, rating: i32) -> &[String] {
        match rating {
            ..=2 => &self.poor,
            3 => &self.mixed,
            4.. => &self.good,
        }
    }
}

/// One of each list, side by side.
fn joined<const N: usize>(
    lists: &[Vec<String>; N],
    separator: &str,
    random: &mut Random,
) -> String {
    lists
        .each_ref()
        .map(|list| choose(list, random))
        .join(separator)
}

fn choose<'a>(list: &'a [String], random: &mut Random) -> &'a str {
    list.choose(random).map_or("", String::as_str)
}
