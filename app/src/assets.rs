//! Static files, embedded in the binary; read from disk in debug builds, so that a reload shows an edit.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use regex::Regex;
use rust_embed::{EmbeddedFile, RustEmbed};
use salvo::http::header::HeaderValue;
use salvo::hyper::body::Bytes;

use crate::compression::{Effort, EncodedBody};

/// The path below which static files are served.
pub const STATIC_PATH: &str = "/static";

#[derive(RustEmbed)]
#[folder = "static/"]
struct Embedded;

/// The static files.
pub struct Assets(Vec<Arc<Asset>>);

/// A static file.
pub struct Asset {
    name: String,
    /// The name with a hash of the content, so that it changes with it: `app-1f2e3d4c.css`.
    hashed_name: String,
    pub content_type: HeaderValue,
    pub body: EncodedBody,
}

impl Assets {
    /// # Errors
    /// When a file's media type is not a valid header value.
    pub fn load() -> anyhow::Result<Self> {
        let files = Embedded::iter().filter_map(|name| Some((Embedded::get(&name)?, name)));
        let assets = files.map(|(file, name)| Asset::new(&name, file).map(Arc::new));
        Ok(Self(assets.collect::<Result<_, _>>()?))
    }

    /// A file by its name with the hash.
    pub fn find_hashed(&self, hashed_name: &str) -> Option<Arc<Asset>> {
        self.find(|asset| asset.hashed_name == hashed_name)
    }

    /// A file by its name.
    pub fn find_named(&self, name: &str) -> Option<Arc<Asset>> {
        self.find(|asset| asset.name == name)
    }

    /// The address of a file, `/static/app-1f2e3d4c.css` for `app.css`.
    pub fn path(&self, name: &str) -> Option<String> {
        let asset = self.find_named(name)?;
        Some(format!("{STATIC_PATH}/{}", asset.hashed_name))
    }

    fn find(&self, is_meant: impl Fn(&Asset) -> bool) -> Option<Arc<Asset>> {
        let find = |assets: &[Arc<Asset>]| assets.iter().find(|asset| is_meant(asset)).cloned();
        if cfg!(debug_assertions) {
            return find(&Self::load().ok()?.0);
        }
        find(&self.0)
    }
}

impl Asset {
    fn new(name: &str, file: EmbeddedFile) -> anyhow::Result<Self> {
        let hash = hex::encode(&file.metadata.sha256_hash()[..4]);
        let content_type = HeaderValue::from_str(file.metadata.mimetype())?;
        let body = match file.data {
            data if file.metadata.mimetype() == "text/css" => {
                minify_css(&String::from_utf8_lossy(&data)).into()
            }
            Cow::Borrowed(data) => Bytes::from_static(data),
            Cow::Owned(data) => Bytes::from(data),
        };
        Ok(Self {
            name: name.to_owned(),
            hashed_name: match name.rsplit_once('.') {
                Some((stem, extension)) => format!("{stem}-{hash}.{extension}"),
                None => format!("{name}-{hash}"),
            },
            content_type,
            body: EncodedBody::new(body, Effort::Best),
        })
    }
}

/// A comment of a style sheet.
static CSS_COMMENT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?s)/\*.*?\*/").expect("a valid constant expression"));

/// The style sheet without comments, indentation and empty lines. No string of the style sheet contains any of them.
fn minify_css(text: &str) -> String {
    let text = CSS_COMMENT.replace_all(text, "");
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let lines = lines.into_iter().filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_sheet_is_served_without_comments_and_indentation() {
        let text = "/* One\n   two */\n\na { }\n\n/* Three */\n@media print {\n  b {\n    top: 0;\n  }\n}\n";
        let minified = "a { }\n@media print {\nb {\ntop: 0;\n}\n}";
        assert_eq!(minify_css(text), minified);
    }
}
