//! Search and order by name in many scripts: both databases follow `migrations::folding`.

use migrations::folding::{fold, search_words};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::support::{add_named, found, listed_from};
use harness::{Backend, Site};

/// Letters of each script, also those without decomposition, with marks, of other widths, and invisible ones.
const SCRIPTS: [&str; 16] = [
    "abc xyz ABC 019",
    "äéîõüçñ ÄÉÎ e\u{301}o\u{308} ﬁ½Ⅷ",
    "đĐøØłŁßẞæÆœŒıİþðħŧŋəƒ",
    "αβγάέΐΣσς ΟΔΌΣ",
    "абвёйЁЙґї ҐЇ",
    "محمدأإآىي ـ\u{64b}\u{651}٣٤",
    "שלום\u{5b0}\u{5bc} אבג",
    "हिन्दीभोजनक्ष़",
    "ข้าวผัดร้านกินน้ำ๑๒",
    "ເຂົ້າໜຽວ",
    "បាយភោជនីយ",
    "がんこラーメンｶﾞﾃﾞか\u{3099}ー々",
    "北京烤鸭店東京豈㍿",
    "한국식당\u{1112}\u{1161}\u{11ab}",
    "ＡＢＣａｂｃ１２３①㎏",
    "-_.,'’ʼ`\"&/\u{ad}\u{200b}\u{200d}\u{feff}\u{fe0f}🍜👩",
];

const NAMES: usize = 120;

fn random_text(random: &mut StdRng, parts: usize) -> String {
    let mut text = String::new();
    for _ in 0..random.random_range(1..=parts) {
        let script: Vec<char> = SCRIPTS[random.random_range(0..SCRIPTS.len())]
            .chars()
            .collect();
        for _ in 0..random.random_range(1..=6) {
            text.push(script[random.random_range(0..script.len())]);
        }
        if random.random_bool(0.4) {
            text.push(' ');
        }
    }
    text
}

/// A part of a name, as a visitor may search for it.
fn random_part(random: &mut StdRng, name: &str) -> String {
    let characters: Vec<char> = name.chars().collect();
    let from = random.random_range(0..characters.len());
    let length = random.random_range(1..=5);
    characters[from..].iter().take(length).collect()
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL; run cargo xtask test"]
async fn both_databases_find_and_sort_the_same_in_every_script() {
    let mut random = StdRng::seed_from_u64(11);
    let names: Vec<String> = (0..NAMES).map(|_| random_text(&mut random, 6)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let sites = [
        Site::start(Backend::Sqlite).await,
        Site::start(Backend::Postgres).await,
    ];
    let keys: Vec<String> = names
        .iter()
        .map(|name| fold(name).chars().take(50).collect())
        .collect();
    for site in &sites {
        add_named(site, &names).await;
        let stored = "SELECT name_key AS value FROM restaurant ORDER BY id";
        assert_eq!(site.texts(stored).await, keys, "{:?}", site.backend);
    }
    let visitors = sites.each_ref().map(Site::visitor);
    let orders = [
        listed_from(&visitors[0], "/?sort=name").await,
        listed_from(&visitors[1], "/?sort=name").await,
    ];
    assert_eq!(orders[0], orders[1]);

    for (id, name) in (1..).zip(&names) {
        let part = random_part(&mut random, name);
        let other = random_text(&mut random, 1);
        for words in [*name, &part, &other] {
            let ids = found(&visitors[0], words).await;
            assert_eq!(ids, found(&visitors[1], words).await, "{words:?}");
            // A longer search is truncated, and still finds its row.
            let is_own = words == *name && !search_words(words).is_empty();
            assert!(!is_own || ids.contains(&id), "{words:?} in {name:?}");
        }
    }
}
