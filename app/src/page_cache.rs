//! Page cache: finished pages of anonymous readers, kept in memory for less than a second.
//!
//! A reader gets a page that is never older than [`MAX_AGE`] and, unless it was read from a replica, never older than a
//! write that this instance has responded to. A writer's own next pages bypass the cache and the replicas, on any
//! instance: see `middleware::page_cache`.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use opentelemetry::global;
use quick_cache::sync::{Cache, DefaultLifecycle, EntryAction, EntryResult, PlaceholderGuard};
use quick_cache::{DefaultHashBuilder, Weighter};
use salvo::http::header::HeaderValue;
use salvo::hyper::body::Bytes;

use crate::compression::{Effort, EncodedBody};

/// A tenth of a second less than the documented second, because writing a response takes time too.
pub const MAX_AGE: Duration = Duration::from_millis(900);

/// The size of an entry without its key and its bodies, in bytes.
const ENTRY_OVERHEAD: u64 = 512;

/// Expected size of a page with its codings, in bytes.
const TYPICAL_ENTRY: u64 = 32 * 1024;

type Store = Cache<String, Entry, Size>;
type Guard<'a> =
    PlaceholderGuard<'a, String, Entry, Size, DefaultHashBuilder, DefaultLifecycle<String, Entry>>;

/// The pages by their address with the query parameters that they read.
pub struct PageCache {
    store: Store,
    /// Number of writes that this instance has responded to.
    writes: AtomicU64,
    hits: AtomicU64,
    misses: AtomicU64,
}

/// A page in every content coding.
pub struct CachedPage {
    pub body: EncodedBody,
    pub content_type: HeaderValue,
    pub cache_control: HeaderValue,
    pub etag: HeaderValue,
}

/// The result of rendering a page.
#[derive(Clone)]
pub enum Rendered {
    Page(Arc<CachedPage>),
    /// A response that must not be shared, such as a 404.
    Private,
    /// A server error.
    Failed,
}

#[derive(Clone)]
struct Entry {
    rendered: Rendered,
    started: Instant,
    finished: Instant,
    writes: u64,
}

/// The result of a lookup.
pub enum Lookup<'a> {
    /// The page is in the cache.
    Hit(Arc<CachedPage>),
    /// The page is not in the cache: render it into the slot. Other requests for it wait.
    Miss(Slot<'a>),
    /// The page cannot be cached at the moment: render it.
    Bypass,
    /// The rendering that this request has waited for failed.
    Failed,
}

/// The place of a page that is being rendered.
pub struct Slot<'a> {
    guard: Guard<'a>,
    started: Instant,
    writes: u64,
}

impl PageCache {
    /// `None` for a capacity of 0 bytes.
    pub fn new(capacity: usize) -> Option<Self> {
        let capacity = u64::try_from(capacity).ok().filter(|bytes| *bytes > 0)?;
        let pages = usize::try_from(capacity / TYPICAL_ENTRY).ok()?;
        Some(Self {
            store: Cache::with_weighter(pages.max(1), capacity, Size),
            writes: AtomicU64::new(0),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        })
    }

    /// Finds a page. Of several requests for a page that is missing, one renders it and the
    /// others wait for the result.
    pub async fn find(&self, address: &str) -> Lookup<'_> {
        let arrived = Instant::now();
        if let Some(entry) = self.store.get(address)
            && let Some(found) = self.usable(&entry, arrived)
        {
            return self.count(found);
        }
        let found = self
            .store
            .entry_async(address, |_, entry| match self.usable(entry, arrived) {
                Some(found) => EntryAction::Retain(found),
                None => EntryAction::ReplaceWithGuard,
            });
        match found.await {
            EntryResult::Retained(found) => self.count(found),
            EntryResult::Vacant(guard) | EntryResult::Replaced(guard, _) => {
                self.misses.fetch_add(1, Ordering::Relaxed);
                Lookup::Miss(Slot {
                    guard,
                    started: Instant::now(),
                    writes: self.writes.load(Ordering::Acquire),
                })
            }
            EntryResult::Removed(..) | EntryResult::Timeout => Lookup::Bypass,
        }
    }

    /// To be called after each write: pages that were rendered before it are outdated.
    pub fn record_write(&self) {
        self.writes.fetch_add(1, Ordering::AcqRel);
    }

    /// Exports hits, misses and bytes as metrics.
    pub fn export_metrics(self: &Arc<Self>) {
        let meter = global::meter(env!("CARGO_PKG_NAME"));
        let (hits, misses, bytes) = (self.clone(), self.clone(), self.clone());
        meter
            .u64_observable_counter("app.page_cache.hits")
            .with_callback(move |it| it.observe(hits.hits.load(Ordering::Relaxed), &[]))
            .build();
        meter
            .u64_observable_counter("app.page_cache.misses")
            .with_callback(move |it| it.observe(misses.misses.load(Ordering::Relaxed), &[]))
            .build();
        meter
            .u64_observable_gauge("app.page_cache.size")
            .with_unit("By")
            .with_callback(move |it| it.observe(bytes.store.weight(), &[]))
            .build();
    }

    /// The entry's result, if it may be used by a request that arrived then.
    fn usable(&self, entry: &Entry, arrived: Instant) -> Option<Rendered> {
        let is_fresh = entry.started.elapsed() < MAX_AGE
            && entry.writes == self.writes.load(Ordering::Acquire);
        let is_usable = match entry.rendered {
            Rendered::Page(_) => is_fresh,
            Rendered::Private => entry.started.elapsed() < MAX_AGE,
            // Shared by the requests that have waited for it, so that they do not fail one by one.
            Rendered::Failed => arrived <= entry.finished,
        };
        is_usable.then(|| entry.rendered.clone())
    }

    fn count(&self, found: Rendered) -> Lookup<'_> {
        match found {
            Rendered::Page(page) => {
                self.hits.fetch_add(1, Ordering::Relaxed);
                Lookup::Hit(page)
            }
            Rendered::Private => {
                self.misses.fetch_add(1, Ordering::Relaxed);
                Lookup::Bypass
            }
            Rendered::Failed => Lookup::Failed,
        }
    }
}

impl Slot<'_> {
    /// Stores the result for waiting and for later requests. The age of the page counts from `data_at` if its data
    /// are older than the request.
    pub fn fill(self, rendered: Rendered, data_at: Option<Instant>) {
        let entry = Entry {
            rendered,
            started: data_at.map_or(self.started, |at| at.min(self.started)),
            finished: Instant::now(),
            writes: self.writes,
        };
        // An error returns the entry: the cache was cleared meanwhile.
        let _ = self.guard.insert(entry);
    }
}

impl CachedPage {
    /// # Errors
    /// When the entity tag is not a valid header value, which a hash always is.
    pub fn new(
        body: Bytes,
        content_type: HeaderValue,
        cache_control: HeaderValue,
    ) -> io::Result<Self> {
        let body = EncodedBody::new(body, Effort::Fast);
        let etag = HeaderValue::from_str(&body.etag()).map_err(io::Error::other)?;
        Ok(Self {
            body,
            content_type,
            cache_control,
            etag,
        })
    }
}

/// Weighs an entry by its bytes.
#[derive(Clone)]
struct Size;

impl Weighter<String, Entry> for Size {
    fn weight(&self, address: &String, entry: &Entry) -> u64 {
        let body = match &entry.rendered {
            // The codings are made later: all three together are no longer than the page.
            Rendered::Page(page) => 2 * page.body.identity().len(),
            Rendered::Private | Rendered::Failed => 0,
        };
        ENTRY_OVERHEAD + (address.len() + body) as u64
    }
}
