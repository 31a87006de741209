//! Content codings: negotiation by `Accept-Encoding` and compression of a whole body.

use std::hash::BuildHasher as _;
use std::io::{self, Write as _};
use std::sync::OnceLock;

use foldhash::quality::FixedState;
use salvo::http::HeaderMap;
use salvo::http::header::{ACCEPT_ENCODING, HeaderValue};
use salvo::hyper::body::Bytes;

/// A content coding of a response (RFC 9110, section 8.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    Identity,
    Gzip,
    Brotli,
    Zstd,
}

/// How much time compression may take.
#[derive(Clone, Copy, Debug)]
pub enum Effort {
    /// For a page that is compressed once for each request or each second.
    Fast,
    /// For a static file that is compressed once.
    Best,
}

/// Window of brotli as a power of two, in bytes: larger than any page.
const BROTLI_WINDOW: u32 = 19;

/// Buffer of the brotli encoder in bytes.
const BROTLI_BUFFER: usize = 4096;

impl Encoding {
    /// The preferred one of those that the client accepts; no coding unless the client requests one.
    pub fn negotiate(headers: &HeaderMap, effort: Effort) -> Self {
        let accepted = || headers.get_all(ACCEPT_ENCODING).iter();
        if accepted().next().is_none() {
            return Self::Identity;
        }
        let is_accepted = |encoding: &Self| {
            let qualities = accepted()
                .filter_map(|value| value.to_str().ok())
                .flat_map(|value| value.split(','))
                .filter_map(|item| quality_of(item, encoding.name()));
            qualities.fold(false, |_, quality| quality > 0.0)
        };
        let mut preferred = effort.preference().into_iter();
        preferred.find(is_accepted).unwrap_or(Self::Identity)
    }

    /// Its name in `Accept-Encoding` and `Content-Encoding`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }

    /// The value of `Content-Encoding`; `None` for a body as it is.
    pub fn header_value(self) -> Option<HeaderValue> {
        (self != Self::Identity).then(|| HeaderValue::from_static(self.name()))
    }

    /// Compresses a whole body.
    ///
    /// # Errors
    /// When the encoder runs out of memory.
    pub fn compress(self, body: &[u8], effort: Effort) -> io::Result<Vec<u8>> {
        match self {
            Self::Identity => Ok(body.to_vec()),
            Self::Gzip => {
                let level = flate2::Compression::new(effort.pick(3, 9));
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
                encoder.write_all(body)?;
                encoder.finish()
            }
            Self::Brotli => {
                let quality = effort.pick(3, 11);
                let mut encoder = brotli::CompressorWriter::new(
                    Vec::new(),
                    BROTLI_BUFFER,
                    quality,
                    BROTLI_WINDOW,
                );
                encoder.write_all(body)?;
                Ok(encoder.into_inner())
            }
            Self::Zstd => zstd::bulk::compress(body, effort.pick(1, 19)),
        }
    }
}

impl Effort {
    /// The codings in the order of preference. Fast: gzip takes three times as long as zstd and half as long as
    /// brotli, for about the same size. Best: brotli is the smallest.
    fn preference(self) -> [Encoding; 3] {
        match self {
            Self::Fast => [Encoding::Zstd, Encoding::Gzip, Encoding::Brotli],
            Self::Best => [Encoding::Brotli, Encoding::Zstd, Encoding::Gzip],
        }
    }

    fn pick<T>(self, fast: T, best: T) -> T {
        match self {
            Self::Fast => fast,
            Self::Best => best,
        }
    }
}

/// A body that is compressed once for each content coding, at the first request for it.
pub struct EncodedBody {
    identity: Bytes,
    effort: Effort,
    gzip: OnceLock<Bytes>,
    brotli: OnceLock<Bytes>,
    zstd: OnceLock<Bytes>,
}

impl EncodedBody {
    pub fn new(body: Bytes, effort: Effort) -> Self {
        Self {
            identity: body,
            effort,
            gzip: OnceLock::new(),
            brotli: OnceLock::new(),
            zstd: OnceLock::new(),
        }
    }

    /// The body without a coding.
    pub fn identity(&self) -> &Bytes {
        &self.identity
    }

    /// The body in a coding.
    ///
    /// # Errors
    /// When the encoder runs out of memory.
    pub fn encoded(&self, encoding: Encoding) -> io::Result<Bytes> {
        let cell = match encoding {
            Encoding::Identity => return Ok(self.identity.clone()),
            Encoding::Gzip => &self.gzip,
            Encoding::Brotli => &self.brotli,
            Encoding::Zstd => &self.zstd,
        };
        if let Some(compressed) = cell.get() {
            return Ok(compressed.clone());
        }
        let compressed = encoding.compress(&self.identity, self.effort)?;
        Ok(cell.get_or_init(|| Bytes::from(compressed)).clone())
    }

    /// A weak entity tag: the same for every coding (RFC 9110, section 8.8.1), and on every instance of a build.
    pub fn etag(&self) -> String {
        let hash = FixedState::default().hash_one(&self.identity);
        format!("W/\"{hash:016x}\"")
    }
}

/// The quality value that an item of `Accept-Encoding` gives to a coding: `gzip;q=0.5`, `*`.
fn quality_of(item: &str, name: &str) -> Option<f32> {
    let (coding, parameters) = item.split_once(';').unwrap_or((item, ""));
    let coding = coding.trim();
    if !coding.eq_ignore_ascii_case(name) {
        return None;
    }
    let quality = parameters.trim().strip_prefix("q=");
    Some(quality.map_or(1.0, |quality| quality.trim().parse().unwrap_or(0.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Encoding; 3] = [Encoding::Zstd, Encoding::Brotli, Encoding::Gzip];

    fn negotiate(accepted: &str, effort: Effort) -> Encoding {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_ENCODING, accepted.parse().unwrap());
        Encoding::negotiate(&headers, effort)
    }

    #[test]
    fn a_client_that_accepts_several_codings_gets_the_preferred_one() {
        for (accepted, encoding) in [
            ("gzip, deflate, br, zstd", Encoding::Zstd),
            ("gzip, deflate, br", Encoding::Gzip),
            ("GZIP", Encoding::Gzip),
            ("zstd;q=0, br;q=0.1", Encoding::Brotli),
            ("gzip;q=0, br;q=0, zstd;q=0, *;q=0", Encoding::Identity),
            ("identity", Encoding::Identity),
            ("*", Encoding::Identity),
            ("", Encoding::Identity),
            ("gzip;q=nonsense", Encoding::Identity),
        ] {
            assert_eq!(negotiate(accepted, Effort::Fast), encoding, "{accepted}");
        }
        let best = negotiate("gzip, deflate, br, zstd", Effort::Best);
        assert_eq!(best, Encoding::Brotli);
        let none = HeaderMap::new();
        assert_eq!(Encoding::negotiate(&none, Effort::Fast), Encoding::Identity);
    }

    #[test]
    fn a_compressed_body_is_smaller_and_decompresses_to_the_same() {
        let body = "restaurant ".repeat(1000).into_bytes();
        for effort in [Effort::Fast, Effort::Best] {
            for encoding in ALL {
                let compressed = encoding.compress(&body, effort).unwrap();
                assert!(compressed.len() < body.len() / 10, "{encoding:?}");
                assert_eq!(decompress(encoding, &compressed), body, "{encoding:?}");
            }
        }
    }

    fn decompress(encoding: Encoding, compressed: &[u8]) -> Vec<u8> {
        let mut body = Vec::new();
        match encoding {
            Encoding::Identity => body.extend_from_slice(compressed),
            Encoding::Gzip => {
                let mut decoder = flate2::write::GzDecoder::new(&mut body);
                decoder.write_all(compressed).unwrap();
                decoder.finish().unwrap();
            }
            Encoding::Brotli => {
                let mut decoder = brotli::DecompressorWriter::new(&mut body, BROTLI_BUFFER);
                decoder.write_all(compressed).unwrap();
                decoder.close().unwrap();
            }
            Encoding::Zstd => body = zstd::decode_all(compressed).unwrap(),
        }
        body
    }
}
