//! Routes for crawlers and feed readers: robots.txt, sitemaps, the Atom feed and security.txt.

use salvo::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use salvo::{Depot, Request, Response, Router, Writer, async_trait, handler};
use serde::Serialize;
use time::format_description::well_known::Rfc3339;
use time::{Duration, PrimitiveDateTime, Time};

use crate::config::SignInRequired;
use crate::extract::{Id, Reader};
use crate::middleware::cached;
use crate::response::Error;
use crate::routing::get;
use crate::state::AppState;
use crate::text::allowed_in_xml;
use crate::{SITE_NAME, clock, feature};

/// Ids in a part of the sitemap. The protocol allows 50,000 addresses in a part, and 50,000 parts: enough for every id.
const IDS_PER_PART: i32 = 45_000;

/// Entries of the feed.
const FEED_LENGTH: u64 = 20;

/// The validity of security.txt; less than a year is recommended (RFC 9116, section 2.5.5).
const CONTACT_VALIDITY: Duration = Duration::days(180);

/// An entry of the feed.
#[derive(Clone, Debug)]
pub struct FeedEntry {
    /// The path of its page, which is also its identity.
    pub path: String,
    pub title: String,
    pub author: String,
    pub summary: String,
    /// UTC.
    pub updated: PrimitiveDateTime,
}

/// Routes that are open even where `SIGN_IN_REQUIRED` is `all`.
pub fn open_routes() -> Router {
    let routes = Router::new()
        .push(get("robots.txt", show_robots))
        .push(get(".well-known/security.txt", show_security_contact));
    cached(&[], routes)
}

/// Routes with content of the pages, which require sign-in where the pages do.
pub fn routes() -> Router {
    let routes = Router::new()
        .push(get("sitemap.xml", show_sitemap_index))
        .push(get("sitemap-{id}.xml", show_sitemap))
        .push(get("feed.xml", show_feed));
    cached(&[], routes)
}

/// A text that is not a page.
struct TextFile {
    content_type: &'static str,
    text: Vec<u8>,
}

#[async_trait]
impl Writer for TextFile {
    async fn write(self, _: &mut Request, _: &mut Depot, response: &mut Response) {
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        response.body(self.text);
    }
}

impl TextFile {
    fn plain(text: String) -> Self {
        Self {
            content_type: "text/plain; charset=utf-8",
            text: text.into_bytes(),
        }
    }

    fn xml(
        state: &AppState,
        content_type: &'static str,
        template: &str,
        view: &impl Serialize,
    ) -> Result<Self, Error> {
        let text = state.templates.render(template, view, &());
        Ok(Self {
            content_type,
            text: text.map_err(anyhow::Error::from)?,
        })
    }
}

/// `GET /robots.txt` (RFC 9309).
#[handler]
async fn show_robots(state: AppState) -> TextFile {
    let sign_in = state.config.sign_in.as_ref();
    let is_closed =
        sign_in.is_some_and(|sign_in| sign_in.settings.sign_in_required == SignInRequired::All);
    let disallowed: &[&str] = if is_closed {
        &["/"]
    } else {
        &["/auth/", "/login", "/logout"]
    };
    let rules: Vec<_> = disallowed
        .iter()
        .map(|path| format!("Disallow: {path}"))
        .collect();
    let origin = state.config.http.origin();
    TextFile::plain(format!(
        "User-agent: *\n{}\n\nSitemap: {origin}/sitemap.xml\n",
        rules.join("\n")
    ))
}

/// `GET /.well-known/security.txt` (RFC 9116); 404 unless `SECURITY_CONTACT` is set.
#[handler]
async fn show_security_contact(state: AppState) -> Result<TextFile, Error> {
    let http = &state.config.http;
    let contact = http.security_contact.as_ref().ok_or(Error::NotFound)?;
    let expires = clock::now().replace_time(Time::MIDNIGHT);
    let expires = expires.saturating_add(CONTACT_VALIDITY);
    let canonical = http.base_url.as_ref().map(|_| {
        let origin = http.origin();
        format!("Canonical: {origin}/.well-known/security.txt\n")
    });
    Ok(TextFile::plain(format!(
        "Contact: {contact}\nExpires: {}\n{}",
        rfc_3339(expires),
        canonical.unwrap_or_default()
    )))
}

/// A sitemap, or the index of all of them: <https://www.sitemaps.org/protocol.html>.
#[derive(Serialize)]
struct SitemapView {
    addresses: Vec<String>,
}

/// `GET /sitemap.xml`: the index. Each part has a range of ids, so that its cost does not grow with the number of rows.
#[handler]
async fn show_sitemap_index(state: AppState, reader: Reader) -> Result<TextFile, Error> {
    let last_id = reader.read(|db| async move { feature::last_id(&db).await });
    let last_id = last_id.await?;
    let parts = 1..=part_of(last_id);
    let origin = state.config.http.origin();
    let view = SitemapView {
        addresses: parts
            .map(|part| format!("{origin}/sitemap-{part}.xml"))
            .collect(),
    };
    TextFile::xml(&state, "application/xml", "sitemap_index.xml", &view)
}

/// `GET /sitemap-{id}.xml`: the pages of a range of ids; the first part has the home page too.
#[handler]
async fn show_sitemap(state: AppState, reader: Reader, id: Id) -> Result<TextFile, Error> {
    let part = id.0;
    if part > part_of(i32::MAX) {
        return Err(Error::NotFound);
    }
    let first = (part - 1) * IDS_PER_PART + 1;
    let ids = first..=first.saturating_add(IDS_PER_PART - 1);
    let read = |db| {
        let ids = ids.clone();
        async move { feature::sitemap_paths(&db, ids).await }
    };
    let mut paths = reader.read(read).await?;
    if part == 1 {
        paths.insert(0, "/".to_owned());
    } else if paths.is_empty() {
        return Err(Error::NotFound);
    }
    let origin = state.config.http.origin();
    let view = SitemapView {
        addresses: paths
            .into_iter()
            .map(|path| format!("{origin}{path}"))
            .collect(),
    };
    TextFile::xml(&state, "application/xml", "sitemap.xml", &view)
}

/// The part of the sitemap that has this id.
fn part_of(id: i32) -> i32 {
    (id - 1).max(0) / IDS_PER_PART + 1
}

/// An Atom feed (RFC 4287).
#[derive(Serialize)]
struct FeedView {
    site_name: &'static str,
    origin: String,
    updated: String,
    entries: Vec<FeedEntryView>,
}

#[derive(Serialize)]
struct FeedEntryView {
    path: String,
    title: String,
    author: String,
    summary: String,
    updated: String,
}

impl From<FeedEntry> for FeedEntryView {
    fn from(entry: FeedEntry) -> Self {
        Self {
            path: entry.path,
            title: allowed_in_xml(&entry.title),
            author: allowed_in_xml(&entry.author),
            summary: allowed_in_xml(&entry.summary),
            updated: rfc_3339(entry.updated),
        }
    }
}

/// `GET /feed.xml`: the newest entries of the feature.
#[handler]
async fn show_feed(state: AppState, reader: Reader) -> Result<TextFile, Error> {
    let read = |db| async move { feature::feed_entries(&db, FEED_LENGTH).await };
    let entries = reader.read(read).await?;
    let updated = entries.iter().map(|entry| entry.updated).max();
    let view = FeedView {
        site_name: SITE_NAME,
        origin: state.config.http.origin(),
        // A feed without entries has not changed since the epoch.
        updated: updated.map_or_else(|| "1970-01-01T00:00:00Z".to_owned(), rfc_3339),
        entries: entries.into_iter().map(Into::into).collect(),
    };
    TextFile::xml(&state, "application/atom+xml", "feed.xml", &view)
}

fn rfc_3339(time: PrimitiveDateTime) -> String {
    let time = time.replace_nanosecond(0).unwrap_or(time);
    time.assume_utc().format(&Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_is_in_one_part_of_the_sitemap() {
        for (id, part) in [(0, 1), (1, 1), (45_000, 1), (45_001, 2), (i32::MAX, 47_722)] {
            assert_eq!(part_of(id), part, "{id}");
        }
    }
}
