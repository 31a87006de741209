//! Search by words and the beginnings of words: the same results on both databases.

use super::support::{add_named, found, listed};
use harness::{Backend, Site, on_both_databases};

/// A restaurant's name, searches that find it and searches that do not.
const CASES: [(&str, &[&str], &[&str]); 37] = [
    (
        "Café Zoë",
        &["café", "CAFE", "cafe\u{301}", "caf", "zoe", "ZOË cafe"],
        &["afe", "cafes"],
    ),
    (
        "Cafe\u{301} Decomposed",
        &["café", "cafe decomposed"],
        &["caféd"],
    ),
    (
        "Straße Nord",
        &["straße", "STRAßE nord", "stra", "strasse", "STRASSE"],
        &["trasse"],
    ),
    (
        "İstanbul Sofrası",
        &["istanbul", "İSTANBUL", "Istanbul sofrası"],
        &["stanbul"],
    ),
    (
        "ΟΔΟΣ Μία",
        &["οδος", "οδό", "ΟΔΟΣ", "Οδός", "μια", "ΜΊΑ"],
        &["δος"],
    ),
    (
        "Чайная Ёлка",
        &["чайная", "чаиная", "ЧАЙ", "ёлка", "елка", "ЕЛКА"],
        &["айная"],
    ),
    (
        "crème-brûlée",
        &["crème-brûlée", "creme brulee", "brulee", "creme-brulee"],
        &["cremebrulee"],
    ),
    (
        "O'Brien",
        &[
            "o'brien",
            "o’brien",
            "obrien",
            "\"o'brien\"",
            "brien",
            "o brien",
            "BRIEN'",
        ],
        &["rien"],
    ),
    (
        "mail kitchen@example.com now",
        &["kitchen@example.com", "kitchen", "example com", "com"],
        &["mail@example org"],
    ),
    (
        "Price 3.5 or 1e5 or 12e3x",
        &["3.5", "3 5", "1e5", "1E5", "1e", "12e3x", "12e3"],
        &["35", "5e1", "e3x"],
    ),
    (
        "first-class",
        &["first-class", "class", "first", "FIRST class"],
        &["firstclass"],
    ),
    ("под мостом", &["под", "ПОД", "мост"], &["од"]),
    (
        "東京タワー",
        &["東京", "東", "京", "タワー", "東京タワー"],
        &["京東", "東タ"],
    ),
    (
        "北京烤鸭店 No1",
        &["烤鸭", "鸭", "店", "北京烤鸭店", "烤鸭店 no1"],
        &["鸭烤", "北京鸭"],
    ),
    ("ร้านข้าวผัด", &["ข้าว", "ข้าวผัด", "ผัด", "ร้าน"], &["ผัดข้าว"]),
    ("ភោជនីយដ្ឋាន", &["ភោជន", "ដ្ឋាន"], &["ឋានភ"]),
    (
        "Đặc Biệt Weißwurst",
        &["dac biet", "đặc", "weiss", "WEISSWURST"],
        &["ac"],
    ),
    (
        "tag\u{ad}lia\u{200b}telle \u{2060}al\u{feff} ragù",
        &["tagliatelle", "tag\u{ad}liatelle", "ragu", "al"],
        &["telle"],
    ),
    (
        "Joe's Diner",
        &["joes", "joe's", "joe’s", "JOEʼS", "joe", "diner"],
        &["oes"],
    ),
    (
        "L’Atelier",
        &["atelier", "l'atelier", "latelier"],
        &["telier"],
    ),
    (
        "ｶﾞｰﾃﾞﾝ ＢＡＲ",
        &["ガーデン", "ガー", "bar", "ＢＡＲ"],
        &["カーテン"],
    ),
    (
        "\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}",
        &["한국", "한"],
        &["국"],
    ),
    ("한국 식당", &["한국", "한", "식당"], &["국"]),
    (
        "がんこ ラーメン",
        &["がんこ", "がん", "ラーメン", "ラー"],
        &["かんこ", "ハーメン"],
    ),
    (
        "مطعم الياسمين",
        &["مطعم", "الياسمين", "مطعم اليا"],
        &["طعم"],
    ),
    ("חומוס אליהו", &["חומוס", "אליהו", "חומ"], &["ומוס"]),
    ("हिन्दी भोजन", &["हिन्दी", "भोजन"], &["फफ"]),
    (
        "Zażółć gęślą",
        &["zazołc", "zazolc", "ZAŻÓŁĆ", "gesla"],
        &["azolc"],
    ),
    ("Việt Phở", &["viet", "pho", "việt phở"], &["iet"]),
    (
        "and or not near",
        &["AND", "or NOT", "NEAR", "near(and", "and:or", "not*"],
        &["nearby"],
    ),
    (
        "back\\slash 50% off",
        &["back\\slash", "slash", "50%", "50", "off\\"],
        &["backslash"],
    ),
    ("🍜 Ramen", &["🍜 ramen", "ramen 🍜🍜"], &["🍜x"]),
    ("R2D2 v10", &["r2d2", "R2", "v10", "v1"], &["2d2", "d2"]),
    ("٣٤ دينار", &["٣٤", "٣"], &["34"]),
    ("Łódź", &["łódz", "ŁÓDŹ", "lodz"], &["odz"]),
    ("Ærø ǿre", &["ærø", "ÆRØ", "aero", "ore"], &["ero"]),
    (
        "co-op_under",
        &["co-op", "op under", "under", "op_under"],
        &["coop"],
    ),
];

on_both_databases! {
    async fn words_and_their_beginnings_are_found_without_case_and_accents(site: Site) {
        let names = CASES.map(|(name, ..)| name);
        add_named(&site, &names).await;
        let visitor = site.visitor();
        let mut wrong = Vec::new();
        for (id, (name, hits, misses)) in (1..).zip(CASES) {
            for (words, expected) in hits.iter().map(|words| (words, true)).chain(misses.iter().map(|words| (words, false))) {
                if found(&visitor, words).await.contains(&id) != expected {
                    wrong.push(format!("{words} in {name}: expected {expected}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    async fn full_width_letters_match_half_width_ones(site: Site) {
        add_named(&site, &["ＳＵＳＨＩ bar", "Sushi ½"]).await;
        let visitor = site.visitor();
        for words in ["sushi", "ｓｕｓｈｉ", "ＳＵＳ"] {
            assert_eq!(found(&visitor, words).await, [1, 2], "{words}");
        }
        assert_eq!(listed(&visitor.get("/?q=½").await), [2]);
    }

    async fn a_search_without_words_finds_nothing(site: Site) {
        add_named(&site, &["Plain", "Other"]).await;
        let visitor = site.visitor();
        let long = "a".repeat(10_000);
        let many = "plain ".repeat(1600);
        let marks = "\u{301}\u{301}";
        for words in ["🍜", "*", "\"", "'", "\"\"\"", "\\", ":", "-", "()", "&|!<->", "%", "_", "\0", marks, "^", "{a}:", "' OR 1=1 --", "zzz* OR plain"] {
            assert_eq!(found(&visitor, words).await, [0; 0], "{words:?}");
        }
        for words in ["plain\0", "\0plain", "(plain", "plain\"", "\"plain", "plain'*", "plain:*", "+plain", many.as_str()] {
            assert_eq!(found(&visitor, words).await, [1], "{words:?}");
        }
        assert_eq!(found(&visitor, &long).await, [0; 0]);
        for blank in ["", " ", "\t\n", "\u{a0}"] {
            assert_eq!(found(&visitor, blank).await, [1, 2], "{blank:?}: all of them");
        }
    }

    async fn the_name_the_address_and_the_description_are_searched_together(site: Site) {
        site.execute("INSERT INTO restaurant (name, street_address, description) VALUES ('Alpha', 'Beta', 'Gamma')").await;
        let visitor = site.visitor();
        for words in ["alpha", "beta", "gamma", "gamma alpha beta"] {
            assert_eq!(found(&visitor, words).await, [1], "{words}");
        }
        for words in ["alphabeta", "alpha delta"] {
            assert_eq!(found(&visitor, words).await, [0; 0], "{words}");
        }
    }

    async fn inserts_updates_and_deletes_change_the_search_results(site: Site) {
        add_named(&site, &["Früher", "Stays"]).await;
        let visitor = site.visitor();
        assert_eq!(found(&visitor, "fruher").await, [1]);
        site.execute("UPDATE restaurant SET name = 'Später' WHERE id = 1").await;
        assert_eq!(found(&visitor, "fruher").await, [0; 0]);
        assert_eq!(found(&visitor, "spater").await, [1]);
        site.execute("UPDATE restaurant SET description = 'Seen' WHERE id = 1").await;
        assert_eq!(found(&visitor, "spater seen").await, [1]);
        site.execute("DELETE FROM restaurant WHERE id = 1").await;
        assert_eq!(found(&visitor, "spater").await, [0; 0]);
        assert_eq!(found(&visitor, "stays").await, [2]);
        let form = [("restaurant_name", "Spät"), ("street_address", "S"), ("description", "D")];
        visitor.post("/restaurants", &form).await;
        assert_eq!(found(&visitor, "spat").await.len(), 1);
    }
}

#[tokio::test]
async fn the_schema_nests_no_deeper_than_sqlite_3_40_can_read() {
    let site = Site::start(Backend::Sqlite).await;
    let schema = site
        .texts("SELECT sql AS value FROM sqlite_master WHERE sql IS NOT NULL")
        .await;
    for sql in schema {
        let mut depth = 0_i32;
        let depths = sql.chars().map(|character| {
            depth += i32::from(character == '(') - i32::from(character == ')');
            depth
        });
        // SQLite 3.40 parses 24 levels of parentheses, and not 29.
        assert!(depths.max() < Some(25), "{sql}");
    }
}
