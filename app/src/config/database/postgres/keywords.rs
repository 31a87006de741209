//! libpq's keywords.

use std::collections::BTreeMap;

/// The keywords that reach the database driver, in one way or another.
const HONOURED: [&str; 14] = [
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "application_name",
    "fallback_application_name",
    "options",
    "requiressl",
];

/// The other keywords of libpq 18 and its predecessors, which the driver has no counterpart for.
const IGNORED: [&str; 40] = [
    "authtype",
    "channel_binding",
    "client_encoding",
    "connect_timeout",
    "gssdelegation",
    "gssencmode",
    "gsslib",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "load_balance_hosts",
    "max_protocol_version",
    "min_protocol_version",
    "oauth_client_id",
    "oauth_client_secret",
    "oauth_issuer",
    "oauth_scope",
    "passfile",
    "replication",
    "require_auth",
    "requirepeer",
    "scram_client_key",
    "scram_server_key",
    "service",
    "servicefile",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcertmode",
    "sslcompression",
    "sslcrl",
    "sslcrldir",
    "sslkeylogfile",
    "sslnegotiation",
    "sslpassword",
    "sslsni",
    "target_session_attrs",
    "tcp_user_timeout",
    "tty",
];

/// Longer than any keyword.
const LONGEST_SHOWN: usize = 30;

/// Keywords with their values; an empty value counts as unset, and the last of a repeated keyword wins, as in libpq.
pub(crate) struct Keywords(BTreeMap<String, String>);

impl Keywords {
    pub(crate) fn new<const COUNT: usize>(pairs: [(&str, &str); COUNT]) -> Self {
        let owned = pairs.map(|(keyword, value)| (keyword.to_owned(), value.to_owned()));
        Self(owned.into_iter().collect())
    }

    /// Refuses keywords that libpq does not know.
    pub(super) fn checked(pairs: Vec<(String, String)>) -> Result<Self, String> {
        // A password with blanks that was not quoted continues as words that look like keywords.
        let mut in_password = false;
        for (keyword, _) in &pairs {
            let known = HONOURED.contains(&keyword.as_str()) || IGNORED.contains(&keyword.as_str());
            if !known && !in_password && may_be_shown(keyword) {
                return Err(format!("`{keyword}` is not a keyword of libpq"));
            }
            if !known {
                return Err(
                    "there is a word before a `=` that is not a keyword of libpq \
                     (a value with blanks needs single quotes)"
                        .to_owned(),
                );
            }
            in_password =
                keyword.contains("pass") || keyword.contains("secret") || keyword.contains("_key");
        }
        Ok(Self(pairs.into_iter().collect()))
    }

    pub(crate) fn has_password(&self) -> bool {
        self.0
            .get("password")
            .is_some_and(|password| !password.is_empty())
    }

    /// Removes a keyword and returns its value.
    pub(super) fn take(&mut self, keyword: &str) -> Option<String> {
        self.0.remove(keyword).filter(|value| !value.is_empty())
    }

    /// The keywords that were not taken and have a value.
    pub(super) fn rest(self) -> Vec<String> {
        self.0
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(keyword, _)| keyword)
            .collect()
    }
}

/// A mistyped keyword may be shown; anything else may be a piece of a URL or of a secret.
fn may_be_shown(keyword: &str) -> bool {
    (1..=LONGEST_SHOWN).contains(&keyword.len())
        && keyword
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte == b'-')
}
