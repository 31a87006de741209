//! How restaurants differ: language, quality and popularity.

use rand::RngExt;
use rand::distr::Distribution;
use rand::distr::weighted::WeightedIndex;

use super::grammar::Random;
use super::language::Language;

/// What decides a restaurant's reviews.
pub(super) struct Profile {
    /// Index into the languages.
    pub(super) language: usize,
    quality: Quality,
    /// Its share of all reviews, relative to the others'.
    popularity: u64,
}

/// How many of a hundred reviews give 1, 2, 3, 4 and 5.
type Quality = [u32; 5];

/// Share of the restaurants, quality.
const QUALITIES: [(u32, Quality); 4] = [
    (25, [1, 1, 4, 24, 70]),
    (45, [3, 5, 14, 40, 38]),
    (20, [10, 15, 30, 30, 15]),
    (10, [35, 28, 20, 12, 5]),
];

/// Share of the restaurants in thousandths, popularity: many are known to few, few to thousands.
const POPULARITIES: [(u32, std::ops::RangeInclusive<u64>); 6] = [
    (60, 0..=0),
    (500, 1..=4),
    (320, 5..=20),
    (98, 40..=120),
    (20, 300..=900),
    (2, 3000..=6000),
];

/// Draws `count` profiles.
pub(super) fn profiles(languages: &[Language], count: u32, random: &mut Random) -> Vec<Profile> {
    let language = weighted(languages.iter().map(|language| language.share));
    let quality = weighted(QUALITIES.iter().map(|(share, _)| *share));
    let popularity = weighted(POPULARITIES.iter().map(|(share, _)| *share));
    (0..count)
        .map(|_| {
            let (_, range) = POPULARITIES[popularity.sample(random)].clone();
            Profile {
                language: language.sample(random),
                quality: QUALITIES[quality.sample(random)].1,
                popularity: random.random_range(range),
            }
        })
        .collect()
}

/// Chooses by whole-number shares, which gives the same choice on every platform.
fn weighted(shares: impl Iterator<Item = u32>) -> WeightedIndex<u32> {
    WeightedIndex::new(shares).expect("the shares are constants above zero")
}

/// Chooses restaurants by their popularity.
pub(super) struct Popularity {
    index: WeightedIndex<u64>,
}

impl Popularity {
    /// All alike when nobody knows any of them.
    pub(super) fn new(profiles: &[Profile]) -> anyhow::Result<Self> {
        let index = WeightedIndex::new(profiles.iter().map(|profile| profile.popularity))
            .or_else(|_| WeightedIndex::new(profiles.iter().map(|_| 1)))?;
        Ok(Self { index })
    }

    /// A restaurant's position.
    pub(super) fn draw(&self, random: &mut Random) -> usize {
        self.index.sample(random)
    }
}

impl Profile {
    /// A rating from 1 to 5 by the restaurant's quality.
    pub(super) fn draw_rating(&self, random: &mut Random) -> u8 {
        let mut ticket = random.random_range(0..self.quality.iter().sum());
        for (rating, share) in (1..).zip(self.quality) {
            if ticket < share {
                return rating;
            }
            ticket -= share;
        }
        5
    }
}
