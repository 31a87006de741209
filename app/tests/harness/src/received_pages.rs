//! The HTML pages that the tests receive, written to a folder for the HTML validators of `cargo xtask test`.

use std::ffi::OsString;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Write as _;
use std::path::PathBuf;

use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};

/// The variable with the folder; without it, no page is written.
const FOLDER: &str = "TEST_PAGES";

/// In characters of a file's name.
const MAX_ROUTE_LENGTH: usize = 40;

/// Writes a response to the folder if it is a page of the site, and not of a load balancer.
pub(crate) fn write_response(path: &str, status: StatusCode, headers: &HeaderMap, body: &str) {
    let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let is_page = kind.is_some_and(|kind| kind.starts_with(b"text/html")) && !body.is_empty();
    if is_page && headers.contains_key("x-request-id") {
        write_document(path, status.as_u16().into(), body);
    }
}

/// Writes a page to the folder, once for pages that differ only in ids, dates and keys: a file's name is the status, the path
/// without numbers, and a hash of the page without hexadecimal digits.
pub(crate) fn write_document(path: &str, status: i64, html: &str) {
    let Some(folder) = folder() else { return };
    let mut hasher = DefaultHasher::new();
    html.replace(|character: char| character.is_ascii_hexdigit(), "")
        .hash(&mut hasher);
    let route: String = path
        .chars()
        .filter(|character| !character.is_ascii_digit())
        .map(|character| {
            if character.is_ascii_alphanumeric() {
                character
            } else {
                '-'
            }
        })
        .take(MAX_ROUTE_LENGTH)
        .collect();
    let name = format!("{status}{route}.{:016x}.html", hasher.finish());
    // Another test may have written the same page.
    if let Ok(mut file) = File::create_new(folder.join(name)) {
        file.write_all(html.as_bytes()).expect("a file for a page");
    }
}

fn folder() -> Option<PathBuf> {
    let folder = PathBuf::from(variable(FOLDER)?);
    fs::create_dir_all(&folder).expect("a folder for the pages");
    Some(folder)
}

/// A variable of the tests' environment.
pub(crate) fn variable(name: &str) -> Option<OsString> {
    #[expect(clippy::disallowed_methods, reason = "not a setting of the app")]
    std::env::var_os(name)
}
