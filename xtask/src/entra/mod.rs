//! `cargo xtask entra`: the app registration that sign-in needs, made and kept up to date through `az`.

mod az;
mod azd;
mod account;
mod dotenv_file;
mod registration;
mod switch;
mod vault;
mod secret;
mod credential;
mod place;
mod step;
mod work;
mod plan;
mod removal;
mod recipe;

use std::fmt::Display;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};

use account::Account;
use az::{Az, Refusal, refusal};
use credential::Credential;
use place::Place;
use plan::Wanted;
use registration::Registration;

#[derive(clap::Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub(crate) struct Arguments {
    /// Prepare sign-in on this machine (.env), although azd has an environment.
    #[arg(long)]
    home: bool,
    /// The file with the settings of this machine; unless chosen, .env of this repository.
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// The directory: refuse to work in any other than the one with this id.
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// The registration's name; another one for each site, unless chosen.
    #[arg(long)]
    name: Option<String>,
    /// Use a client secret, kept in the key vault or .env, instead of the managed identity.
    #[arg(long)]
    client_secret: bool,
    /// Make a new client secret, and delete the old one when the app uses the new one.
    #[arg(long)]
    rotate_secret: bool,
    /// Give the role Admin to this person: a user name, an object id, or `me`.
    #[arg(long, value_name = "USER")]
    admin: Option<String>,
    /// Delete the registration, its secret and its settings.
    #[arg(long, conflicts_with_all = ["client_secret", "rotate_secret", "admin"])]
    remove: bool,
    /// Say what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Shows what there is to do, then does it.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let place = Place::choose(arguments.home, arguments.env_file.clone())?;
    let outcome = run_at(&place, arguments);
    outcome.map_err(|error| with_advice(error, &place, arguments.remove))
}

fn run_at(place: &Place, arguments: &Arguments) -> Result<ExitCode> {
    let az = Az::find()?;
    let account = Account::read(&az, arguments.tenant.as_deref())?;
    let name = || match &arguments.name {
        Some(name) => Ok(name.clone()),
        None => place.registration_name(&account),
    };
    let registration = find(&az, place, name, arguments.remove)?;
    println!(
        "Tenant {}, as {}; settings in {}.",
        account.tenant_id,
        account.user,
        place.store()
    );
    if arguments.remove {
        let removals = removal::plan(&az, place, registration.as_ref())?;
        return carry_out(&removals, arguments.dry_run, |removal| {
            removal.make(&az, place)
        });
    }
    let credential = place.credential(arguments.client_secret, &account)?;
    ensure!(
        !arguments.rotate_secret || matches!(credential, Credential::Secret(_)),
        "this site has no client secret to rotate: its managed identity vouches for it"
    );
    let wanted = Wanted {
        az: &az,
        place,
        account: &account,
        name: &name()?,
        credential: &credential,
        admin: arguments.admin.as_deref(),
        rotate_secret: arguments.rotate_secret,
    };
    let steps = wanted.plan(registration.as_ref())?;
    let mut work = wanted.begin(registration);
    let done = carry_out(&steps, arguments.dry_run, |step| work.make(step))?;
    if !arguments.dry_run && !steps.is_empty() {
        println!("{}", next(place));
    }
    Ok(done)
}

/// The registration that the settings name, else the one of this name. After `azd down` a site has only the former.
fn find(
    az: &Az,
    place: &Place,
    name: impl FnOnce() -> Result<String>,
    remove: bool,
) -> Result<Option<Registration>> {
    let setting = place.client_id_setting();
    let Some(client_id) = place.setting(setting)? else {
        return Registration::with_name(az, &name()?);
    };
    let registration = Registration::with_client_id(az, &client_id)?;
    if registration.is_none() && !remove {
        bail!(
            "{setting} names the registration {client_id}, which is not in this tenant: choose its tenant with --tenant, or clear the setting in {} to make a new one",
            place.store()
        );
    }
    Ok(registration)
}

/// Prints all steps, then takes them one by one unless this is a rehearsal.
fn carry_out<S: Display>(
    steps: &[S],
    dry_run: bool,
    mut make: impl FnMut(&S) -> Result<()>,
) -> Result<ExitCode> {
    if steps.is_empty() {
        println!("Everything is as it should be: nothing to do.");
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "{}",
        if dry_run {
            "This would be done:"
        } else {
            "This will be done:"
        }
    );
    for (number, step) in (1..).zip(steps) {
        println!("  {number}. {step}");
    }
    if dry_run {
        return Ok(ExitCode::SUCCESS);
    }
    for (number, step) in (1..).zip(steps) {
        make(step).with_context(|| {
            format!("step {number} failed; what was done before it stays, and the same command goes on from there")
        })?;
        println!("Done: {number}.");
    }
    Ok(ExitCode::SUCCESS)
}

fn next(place: &Place) -> &'static str {
    match place {
        Place::Home(_) => "`cargo xtask dev` now signs people in at Entra.",
        Place::Site(_) => "`azd provision` tells the site.",
    }
}

fn with_advice(error: anyhow::Error, place: &Place, remove: bool) -> anyhow::Error {
    let advice = match refusal(&error) {
        Some(Refusal::NotInstalled) => "Install it, run `az login`, and try again.",
        Some(Refusal::NotSignedIn) => {
            "Run `az login` (in another directory `az login --tenant ID --allow-no-subscriptions`), and try again."
        }
        Some(Refusal::Forbidden) => {
            "Your account may not do this. It takes the role Application Developer for registrations, Cloud Application Administrator to assign roles, Key Vault Secrets Officer for the vault."
        }
        _ => return error,
    };
    let recipe = if remove {
        recipe::BY_HAND_REMOVAL.to_owned()
    } else {
        recipe::by_hand(place)
    };
    anyhow::anyhow!("{error:#}\n{advice}\n\n{recipe}")
}
