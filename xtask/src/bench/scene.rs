//! What a scene is: the data behind a site, and the requests that are sent to it.

/// A database, and the site that serves it.
pub(super) struct Dataset {
    pub(super) name: &'static str,
    /// The arguments of each run of `app seed`.
    pub(super) seeds: &'static [&'static str],
    /// Whether the site has sign-in, and the requests a session.
    pub(super) sign_in: bool,
}

impl Dataset {
    pub(super) const fn new(name: &'static str, seeds: &'static [&'static str]) -> Self {
        Self {
            name,
            seeds,
            sign_in: false,
        }
    }
}

/// What the site is compared with: the floor, which serves a finished page, and pgbench, which writes.
pub(super) struct Reference {
    pub(super) page_dataset: &'static str,
    pub(super) page_query: &'static str,
    pub(super) write_dataset: &'static str,
    /// Name and first line of each script.
    pub(super) writes: &'static [(&'static str, &'static str)],
    /// The other lines.
    pub(super) write_sql: &'static str,
}

/// The request header `Accept-Encoding`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    None,
    Browser,
}

impl Encoding {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Browser => "browser",
        }
    }

    /// What Chromium and Firefox send.
    pub(super) fn header(self) -> Option<&'static str> {
        (self == Self::Browser).then_some("Accept-Encoding: gzip, deflate, br, zstd")
    }
}

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// The site of a dataset.
    Site(&'static str),
    Floor,
    /// The script of this number.
    Pgbench(usize),
    Peer,
}

/// A load. The requests are sent in turn, as `METHOD PATH` or `METHOD PATH BODY`: `{n}` becomes another number and
/// `{key}` another key in every request.
#[derive(Clone)]
pub(super) struct Scene {
    pub(super) name: String,
    pub(super) target: Target,
    pub(super) requests: Vec<String>,
    /// The first number, and how many there are.
    pub(super) numbers: (u64, u64),
    /// The scene is measured once with each.
    pub(super) encodings: &'static [Encoding],
    pub(super) connections: u32,
}
