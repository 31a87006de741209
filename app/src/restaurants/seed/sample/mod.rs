//! The sample data as rows: the same seed and sizes give the same rows, one at a time.

use rand::{RngExt, SeedableRng};
use time::macros::datetime;
use time::{Duration, PrimitiveDateTime};

use super::grammar::Random;
use super::language::{Language, languages};
use super::profile::{Popularity, Profile, profiles};

/// The reviews are spread over these three years.
const FIRST_DATE: PrimitiveDateTime = datetime!(2023-01-01 00:00);
const LAST_DATE: PrimitiveDateTime = datetime!(2026-01-01 00:00);

/// Of a hundred reviewers, how many write in the restaurant's language; the others are visitors.
const LOCAL_REVIEWERS: u32 = 85;

/// Of a hundred visitors, how many write in English.
const ENGLISH_VISITORS: u32 = 60;

/// Everything that is drawn before the first row.
pub(super) struct SampleData {
    /// How many reviews there are.
    pub(super) reviews: u32,
    seed: u64,
    languages: Vec<Language>,
    profiles: Vec<Profile>,
    popularity: Popularity,
}

/// A row of `restaurant`.
#[derive(Debug, PartialEq)]
pub(super) struct Restaurant {
    pub(super) name: String,
    pub(super) street_address: String,
    pub(super) description: String,
    /// How many reviews give 1, 2, 3, 4 and 5.
    pub(super) rating_counts: [i32; 5],
}

/// A row of `review`.
#[derive(Debug, PartialEq)]
pub(super) struct Review {
    /// The restaurant's position among the restaurants, from 0.
    pub(super) restaurant: i32,
    pub(super) user_name: String,
    pub(super) rating: u8,
    pub(super) text: String,
    pub(super) date: PrimitiveDateTime,
}

/// Streams of numbers that do not touch each other, so that rows can be drawn in any order.
#[derive(Clone, Copy)]
enum Stream {
    Profiles = 1,
    Restaurants,
    Outlines,
    Reviews,
}

impl SampleData {
    /// # Errors
    /// When there is no restaurant, or a word list is damaged.
    pub(super) fn new(restaurants: u32, reviews: u32, seed: u64) -> anyhow::Result<Self> {
        let languages = languages()?;
        let profiles = profiles(&languages, restaurants, &mut random(seed, Stream::Profiles));
        Ok(Self {
            reviews,
            seed,
            popularity: Popularity::new(&profiles)?,
            languages,
            profiles,
        })
    }

    /// The restaurants, with the counters of [`Self::reviews`].
    pub(super) fn restaurants(&self) -> impl Iterator<Item = Restaurant> {
        let mut random = random(self.seed, Stream::Restaurants);
        let counts = self.rating_counts();
        self.profiles
            .iter()
            .zip(counts)
            .map(move |(profile, rating_counts)| {
                let language = &self.languages[profile.language];
                Restaurant {
                    name: language.restaurant_name(&mut random),
                    street_address: language.street_address(&mut random),
                    description: language.description(&mut random),
                    rating_counts,
                }
            })
    }

    /// The reviews, oldest first.
    pub(super) fn reviews(&self) -> impl Iterator<Item = Review> {
        let mut random = random(self.seed, Stream::Reviews);
        (0..)
            .zip(self.outlines())
            .map(move |(position, (restaurant, rating))| {
                let language = self.draw_language(restaurant, &mut random);
                Review {
                    restaurant: i32::try_from(restaurant).expect("a million restaurants at most"),
                    user_name: language.user_name(&mut random),
                    rating,
                    text: language.review_text(rating, &mut random),
                    date: self.draw_date(position, &mut random),
                }
            })
    }

    fn rating_counts(&self) -> Vec<[i32; 5]> {
        let mut counts = vec![[0; 5]; self.profiles.len()];
        for (restaurant, rating) in self.outlines() {
            counts[restaurant][usize::from(rating - 1)] += 1;
        }
        counts
    }

    /// Each review's restaurant and rating: cheap, so that they can be counted before the reviews are written.
    fn outlines(&self) -> impl Iterator<Item = (usize, u8)> {
        let mut random = random(self.seed, Stream::Outlines);
        (0..self.reviews).map(move |_| {
            let restaurant = self.popularity.draw(&mut random);
            (
                restaurant,
                self.profiles[restaurant].draw_rating(&mut random),
            )
        })
    }

    fn draw_language(&self, restaurant: usize, random: &mut Random) -> &Language {
        let index = if random.random_range(0..100) < LOCAL_REVIEWERS {
            self.profiles[restaurant].language
        } else if random.random_range(0..100) < ENGLISH_VISITORS {
            0
        } else {
            random.random_range(0..self.languages.len())
        };
        &self.languages[index]
    }

    /// A moment in the review's own slice of the years, so that dates rise with the position.
    fn draw_date(&self, position: u32, random: &mut Random) -> PrimitiveDateTime {
        let span = (LAST_DATE - FIRST_DATE).whole_seconds();
        let slice_start = |position: i64| span * position / i64::from(self.reviews);
        let position = i64::from(position);
        FIRST_DATE
            + Duration::seconds(
                random.random_range(slice_start(position)..slice_start(position + 1)),
            )
    }
}

impl Restaurant {
    pub(super) fn review_count(&self) -> i32 {
        self.rating_counts.iter().sum()
    }

    pub(super) fn rating_sum(&self) -> i32 {
        (1..)
            .zip(self.rating_counts)
            .map(|(rating, count)| rating * count)
            .sum()
    }
}

fn random(seed: u64, stream: Stream) -> Random {
    // Spread the bits, so that the next seed's streams are not this one's.
    Random::seed_from_u64(
        seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .wrapping_add(stream as u64),
    )
}

#[cfg(test)]
mod tests;
