//! A site whose visitors can sign in: the emulator is its provider, PostgreSQL its database.

use std::sync::Arc;

use entra_emulator::{Emulator, Options};

use super::browser::Browser;
use crate::support::{Site, Store, TestDatabase, free_port};

/// The cookie of a session over http and over https.
pub(crate) const SESSION: &str = "session";
pub(crate) const HOST_SESSION: &str = "__Host-session";

/// What a browser would call a site behind a front end with a certificate.
pub(crate) const HTTPS_ORIGIN: &str = "https://site.example";

const SESSION_KEY: &str = "the session key of the tests, long enough";

/// A site with its provider.
pub(crate) struct Stage {
    pub(crate) emulator: Emulator,
    pub(crate) site: Site,
    pub(crate) origin: String,
    flags: Vec<String>,
}

impl Stage {
    /// Over http on this machine.
    pub(crate) async fn open() -> Self {
        Self::with(&[]).await
    }

    /// The same with further flags, which replace those that are given anyway.
    pub(crate) async fn with(flags: &[&str]) -> Self {
        Self::with_emulator(Options::default(), |_| strings(flags)).await
    }

    /// The same with an emulator of these options, which some flags come from.
    pub(crate) async fn with_emulator(
        options: Options,
        flags: impl FnOnce(&Emulator) -> Vec<String>,
    ) -> Self {
        let emulator = Emulator::start(options).await.expect("an emulator");
        let listener = free_port().await;
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let flags = merged(sign_in_flags(&emulator, &origin), flags(&emulator));
        let database = Arc::new(TestDatabase::create(Store::Postgres).await);
        let site = Site::listen(listener, Store::Postgres, database, &texts(&flags)).await;
        Self {
            emulator,
            site,
            origin,
            flags,
        }
    }

    /// Behind a front end that speaks https to the world and http to the site.
    pub(crate) async fn https() -> Self {
        let emulator = Emulator::start(Options::default())
            .await
            .expect("an emulator");
        let flags = sign_in_flags(&emulator, HTTPS_ORIGIN);
        let site = Site::start_with(Store::Postgres, &texts(&flags)).await;
        Self {
            emulator,
            site,
            origin: HTTPS_ORIGIN.to_owned(),
            flags,
        }
    }

    /// What the site was started with.
    pub(crate) fn flags(&self) -> Vec<&str> {
        texts(&self.flags)
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(&self.site.url, &self.origin)
    }

    /// A browser in which this person has signed in.
    pub(crate) async fn browser_of(&self, person: &str) -> Browser {
        let browser = self.browser();
        browser.sign_in(person).await;
        browser
    }

    /// Another instance on the same database, at an address of its own.
    pub(crate) async fn another_instance(&self, flags: &[&str]) -> Site {
        let flags = merged(self.flags.clone(), strings(flags));
        let database = Arc::clone(&self.site.database);
        Site::listen(free_port().await, Store::Postgres, database, &texts(&flags)).await
    }

    /// Puts a new instance in the place of the site; returns the site, to be stopped.
    pub(crate) async fn restart(&mut self) -> Site {
        let new = self.another_instance(&[]).await;
        std::mem::replace(&mut self.site, new)
    }

    /// Moves every session so far into the past as if that much time had gone by.
    pub(crate) async fn let_pass(&self, interval: &str) {
        let earlier = format!("- interval '{interval}'");
        self.site
            .execute(&format!(
                "UPDATE session SET expires_at = expires_at {earlier}, data = jsonb_set(data::jsonb, '{{user,signed_in_at}}',
                 to_jsonb(to_char((data::jsonb->'user'->>'signed_in_at')::timestamp {earlier}, 'YYYY-MM-DD HH24:MI:SS.US')))::text"
            ))
            .await;
    }
}

/// What a site at this origin needs to sign people in.
pub(crate) fn sign_in_flags(emulator: &Emulator, origin: &str) -> Vec<String> {
    let redirect_uri = format!("{origin}/auth/callback");
    emulator.register_redirect_uri(&redirect_uri);
    let mut flags: Vec<String> = as_flags(emulator.settings());
    flags.push(format!("--base-url={origin}"));
    flags.push(format!("--azure-redirect-uri={redirect_uri}"));
    flags.push(format!("--session-secret-key={SESSION_KEY}"));
    flags
}

/// Settings by the names of the environment, as flags.
pub(crate) fn as_flags(settings: Vec<(&str, String)>) -> Vec<String> {
    let flag = |name: &str| name.to_lowercase().replace('_', "-");
    settings
        .into_iter()
        .map(|(name, value)| format!("--{}={value}", flag(name)))
        .collect()
}

/// The first flags without those that stand among the second, then the second.
fn merged(mut flags: Vec<String>, others: Vec<String>) -> Vec<String> {
    let name = |flag: &String| flag.split('=').next().map(str::to_owned);
    flags.retain(|flag| others.iter().all(|other| name(other) != name(flag)));
    flags.extend(others);
    flags
}

fn strings(flags: &[&str]) -> Vec<String> {
    flags.iter().map(ToString::to_string).collect()
}

fn texts(flags: &[String]) -> Vec<&str> {
    flags.iter().map(String::as_str).collect()
}
