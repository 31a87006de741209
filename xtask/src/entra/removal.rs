//! `--remove`: takes away all that this command has made.

use std::fmt;

use anyhow::{Result, bail};

use super::az::Az;
use super::azd;
use super::dotenv_file;
use super::place::Place;
use super::registration::Registration;
use super::vault::VaultSecret;

/// One thing to take away.
pub(super) enum Removal {
    /// With it go its secrets, its federated credentials and the roles it gave.
    Registration {
        client_id: String,
        name: String,
    },
    VaultSecret(VaultSecret),
    /// New values of settings of the azd environment; names of settings of `.env`.
    Settings {
        names: Vec<&'static str>,
        place: &'static str,
    },
}

/// What a site's settings say without sign-in.
const SITE_SETTINGS: [(&str, &str); 4] = [
    ("AUTH_CLIENT_ID", ""),
    ("AUTH_TENANT_ID", ""),
    ("AUTH_CLIENT_SECRET_NAME", ""),
    ("ENABLE_ENTRA_AUTH", "false"),
];

const HOME_SETTINGS: [&str; 6] = [
    "AZURE_CLIENT_ID",
    "AZURE_TENANT_ID",
    "AZURE_CLIENT_SECRET",
    "SESSION_SECRET_KEY",
    "AZURE_AUTHORITY_HOST",
    "AZURE_GRAPH_URL",
];

/// What there is to take away. Nothing is changed yet.
///
/// # Errors
/// When somebody else has made the registration.
pub(super) fn plan(
    az: &Az,
    place: &Place,
    registration: Option<&Registration>,
) -> Result<Vec<Removal>> {
    let mut removals = Vec::new();
    if let Some(registration) = registration {
        if !registration.is_marked() {
            bail!(
                "the registration {} was not made by this command: delete it in the portal, and take its settings out of {} by hand",
                registration.name(),
                place.store()
            );
        }
        removals.push(Removal::Registration {
            client_id: registration.client_id().unwrap_or_default().to_owned(),
            name: registration.name().to_owned(),
        });
    }
    removals.extend(vault_secret(az, place)?);
    let names = names(place)?;
    if !names.is_empty() {
        removals.push(Removal::Settings {
            names,
            place: place.store(),
        });
    }
    Ok(removals)
}

impl Removal {
    pub(super) fn make(&self, az: &Az, place: &Place) -> Result<()> {
        match self {
            Self::Registration { client_id, .. } => az
                .call(&["ad", "app", "delete", "--id", client_id])
                .map(drop),
            Self::VaultSecret(secret) => secret.delete(az),
            Self::Settings { names, .. } => match place {
                Place::Home(file) => dotenv_file::remove(file, names),
                Place::Site(_) => SITE_SETTINGS
                    .iter()
                    .filter(|(name, _)| names.contains(name))
                    .try_for_each(|(name, value)| azd::set(name, value)),
            },
        }
    }
}

fn vault_secret(az: &Az, place: &Place) -> Result<Option<Removal>> {
    let Place::Site(environment) = place else {
        return Ok(None);
    };
    let named = environment
        .get("AUTH_CLIENT_SECRET_NAME")
        .zip(environment.get("AZURE_KEY_VAULT_NAME"));
    let Some((name, vault)) = named else {
        return Ok(None);
    };
    let secret = VaultSecret {
        vault: vault.to_owned(),
        name: name.to_owned(),
    };
    Ok(secret.exists(az)?.then_some(Removal::VaultSecret(secret)))
}

fn names(place: &Place) -> Result<Vec<&'static str>> {
    let mut names = Vec::new();
    match place {
        Place::Home(_) => {
            for name in HOME_SETTINGS {
                if place.setting(name)?.is_some() {
                    names.push(name);
                }
            }
        }
        Place::Site(environment) => {
            let differs =
                |(name, value): &&(&str, &str)| environment.get(name).unwrap_or_default() != *value;
            let changed = SITE_SETTINGS.iter().filter(differs).map(|(name, _)| *name);
            // An environment that was never told of sign-in is not told now.
            names.extend(changed.filter(|name| environment.get(name).is_some()));
        }
    }
    Ok(names)
}

impl fmt::Display for Removal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registration { client_id, name } => write!(
                formatter,
                "delete the registration {name} ({client_id}); Entra keeps it restorable for 30 days"
            ),
            Self::VaultSecret(VaultSecret { vault, name }) => {
                write!(
                    formatter,
                    "delete the secret {name} of the key vault {vault}"
                )
            }
            Self::Settings { names, place } => {
                write!(formatter, "clear {} in {place}", names.join(", "))
            }
        }
    }
}
