//! Tests of the rules of `cargo xtask tidy`.

use super::{
    Feature, SourceFile, feature_references, features, length, listed_modules, module_comment,
    module_order,
};

fn file(path: &str, text: &str) -> SourceFile {
    let (path, text) = (path.to_owned(), text.to_owned());
    SourceFile { path, text }
}

/// The lines of the file that refer to a feature.
fn referring_lines(path: &str, text: &str) -> Vec<usize> {
    let violations = feature_references(
        &file(path, text),
        &[
            Feature::new("post", &["post", "order"]),
            Feature::new("trail", &["trail", "hike"]),
        ],
    );
    let line = |violation: &String| violation.split(':').nth(1)?.parse().ok();
    let mut lines: Vec<usize> = violations.iter().filter_map(line).collect();
    lines.sort_unstable();
    lines
}

#[test]
fn a_rust_file_starts_with_a_module_comment() {
    let message = "a.rs:1: start the file with a `//!` line that says what it is";
    let bare = file("a.rs", "fn a() {}\n");
    assert_eq!(module_comment(&bare).unwrap(), message);
    let commented = file("a.rs", "//! Pages.\n\nfn a() {}\n");
    assert!(module_comment(&commented).is_none());
    assert!(module_comment(&file("a.css", "a {}\n")).is_none());
}

#[test]
fn a_rust_file_has_400_lines_at_most() {
    let long = |lines| file("a.rs", &"\n".repeat(lines));
    let message = "a.rs:401: 401 lines, more than 400: split the file by concept";
    assert_eq!(length(&long(401)).unwrap(), message);
    assert!(length(&long(400)).is_none());
}

#[test]
fn a_module_uses_only_modules_that_are_listed_before_it() {
    let modules =
        listed_modules("pub mod config;\n// mod old;\nmod page; // domain: a\nmod server;\n");
    assert_eq!(modules, ["config", "page", "server"]);
    let check = |path: &str, text: &str| module_order(&file(path, text), &modules);
    let message = |line: usize, used: &str| {
        format!(
            "app/src/page/list.rs:{line}: `page` uses `{used}`, which app/src/lib.rs lists after it"
        )
    };
    let wrong = "use crate::{\n    config::{A, server},\n    server::B,\n};\nfn a() { crate::server::b() }\n";
    assert_eq!(
        check("app/src/page/list.rs", wrong),
        [message(1, "server"), message(5, "server")]
    );
    let good = "use crate::config::Config;\nuse crate::page::Page; // not crate::server\n/// See `crate::server`.\n";
    assert!(check("app/src/page.rs", good).is_empty());
    assert!(check("app/src/main.rs", "use crate::server;").is_empty());
}

#[test]
fn references_to_modules_paths_and_tables_of_a_feature_are_found() {
    let group = "use crate::{page::Page, post};\nuse crate::{\n    page,\n    post::Form,\n};\n";
    assert_eq!(referring_lines("app/src/router.rs", group), [1, 2]);
    let text = "use crate::post::Form;\npub mod trail;\nget(\"/post/new\")\ninclude_str!(\"trail/list.html\")\n\
        \"SELECT 1 FROM hike\"\n\"INSERT INTO \\\"post\\\"\"\n\"\\\"order\\\".\\\"id\\\"\"\n";
    let text = text.replace("\\\"", "\"");
    assert_eq!(
        referring_lines("app/src/router.rs", &text),
        [1, 2, 3, 4, 5, 6, 7]
    );
}

#[test]
fn the_features_are_the_marked_modules_with_the_tables_of_their_entities() {
    let files = [
        file(
            "app/src/lib.rs",
            "mod page;\npub mod post; // domain: a\npub use post as feature; // domain: a\n",
        ),
        file(
            "app/src/post/order.rs",
            "#[sea_orm(table_name = \"order\")]\n",
        ),
        file("app/src/page/row.rs", "#[sea_orm(table_name = \"row\")]\n"),
    ];
    let features = features(&files);
    assert_eq!(features.len(), 1);
    assert_eq!(features[0].name, "post");
    assert!(features[0].reference.is_match("FROM order"));
    assert!(!features[0].reference.is_match("FROM row"));
}

#[test]
fn words_are_not_references() {
    let text = "let trailing = 1;\nMethod::post(x)\n\"SELECT 1 ORDER BY order\"\nrouter.post(form)\n\
        \"/posts\"\nlet order = post;\n// the module crate::trail\n\"from order to disorder\"\n";
    assert!(referring_lines("app/src/router.rs", text).is_empty());
}

#[test]
fn the_mark_allows_a_reference() {
    let text = "pub mod trail; // domain: the example\n// domain: its page\nget(\"/trail\")\nget(\"/trail\")\n";
    assert_eq!(referring_lines("app/src/lib.rs", text), [4]);
}

#[test]
fn a_feature_refers_to_itself_in_its_own_files_only() {
    let text = "use crate::trail;\n";
    for path in [
        "app/src/trail/views.rs",
        "app/tests/web/trail_ids.rs",
        "migrations/src/m0003_create_hike.rs",
        "migrations/src/m0004_index_hikes.rs",
    ] {
        assert!(referring_lines(path, text).is_empty(), "{path}");
    }
    assert_eq!(referring_lines("app/src/post/views.rs", text), [1]);
    assert!(referring_lines("docs/architecture.md", text).is_empty());
    assert!(referring_lines("infra/main.bicep", text).is_empty());
}
