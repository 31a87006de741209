//! How long a sign-in lasts, and what keeps its cookie genuine.

use std::time::Duration;

use super::NEEDED;
use super::settings::SignInSettings;
use crate::config::reader::Reader;
use crate::config::secret::Secret;
use crate::config::units::{LONGEST, duration};

/// In bytes: a key shorter than the digest it signs with is the weaker of the two.
const SHORTEST_KEY: usize = 32;

/// Nobody could use a session that ends sooner.
const SHORTEST: Duration = Duration::from_secs(1);

/// Sessions and their key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionConfig {
    /// At least 32 bytes.
    pub key: Secret,
    /// Time without a request after which a session ends.
    pub idle_timeout: Duration,
    /// Time after which a session ends in any case.
    pub max_age: Duration,
}

impl SessionConfig {
    /// `None` if a setting is missing or wrong, which is then a problem.
    pub(super) fn read(settings: &SignInSettings, reader: &mut Reader) -> Option<Self> {
        let mut idle_timeout = Duration::from_hours(8);
        let idle = settings.session_idle_timeout.as_deref();
        reader.set(
            &mut idle_timeout,
            "SESSION_IDLE_TIMEOUT",
            idle,
            duration(SHORTEST..=LONGEST),
        );
        let mut max_age = Duration::from_hours(24);
        let age = settings.session_max_age.as_deref();
        reader.set(
            &mut max_age,
            "SESSION_MAX_AGE",
            age,
            duration(SHORTEST..=LONGEST),
        );
        let key = settings.session_secret_key.as_deref();
        let key = reader.require("SESSION_SECRET_KEY", key, NEEDED, parse_key)?;
        Some(Self {
            key,
            idle_timeout,
            max_age,
        })
    }
}

fn parse_key(text: &str) -> Result<Secret, String> {
    if text.len() < SHORTEST_KEY {
        return Err(format!(
            "write at least {SHORTEST_KEY} random bytes, such as `openssl rand -base64 48` makes"
        ));
    }
    Ok(Secret::new(text))
}
