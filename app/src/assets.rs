//! Static files, embedded in the binary; read from disk in debug builds, so that a reload shows an edit.

use std::borrow::Cow;
use std::sync::Arc;

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
        let body = match file.data {
            Cow::Borrowed(data) => Bytes::from_static(data),
            Cow::Owned(data) => Bytes::from(data),
        };
        Ok(Self {
            name: name.to_owned(),
            hashed_name: match name.rsplit_once('.') {
                Some((stem, extension)) => format!("{stem}-{hash}.{extension}"),
                None => format!("{name}-{hash}"),
            },
            content_type: HeaderValue::from_str(file.metadata.mimetype())?,
            body: EncodedBody::new(body, Effort::Best),
        })
    }
}
