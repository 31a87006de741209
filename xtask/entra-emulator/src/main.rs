//! The program `entra-emulator`: sign-in on a development machine without Azure.

use std::io::{Write, stdout};

use clap::Parser;
use entra_emulator::{Emulator, HOME_TENANT_ID, Options};

/// Emulates Microsoft Entra ID, Microsoft Graph and the managed identity of App Service. It signs
/// anyone in as anyone: for development and tests only.
#[derive(Parser)]
struct Arguments {
    /// Port on 127.0.0.1; 0 means any free port.
    #[arg(long, default_value_t = 8400)]
    port: u16,
    /// Origin at which browsers reach the emulator, if not at its own address: that of a forwarded port.
    #[arg(long)]
    browser_origin: Option<String>,
    /// Redirect URI of the app; can be given several times. The port of a localhost URI is not compared.
    #[arg(
        long = "redirect-uri",
        default_value = "http://localhost:8000/auth/callback"
    )]
    redirect_uris: Vec<String>,
    /// Tenant of the app registration.
    #[arg(long, default_value = HOME_TENANT_ID)]
    tenant_id: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let emulator = Emulator::start(Options {
        port: arguments.port,
        browser_origin: arguments.browser_origin,
        tenant_id: arguments.tenant_id,
        redirect_uris: arguments.redirect_uris,
        ..Options::default()
    })
    .await?;
    print_settings(&emulator)?;
    Ok(emulator.run().await?)
}

/// Prints the app's settings in the form of an `.env` file. The secrets are generated at each start.
fn print_settings(emulator: &Emulator) -> anyhow::Result<()> {
    let mut output = stdout().lock();
    for (name, value) in emulator
        .settings()
        .into_iter()
        .chain(emulator.identity_settings())
    {
        writeln!(output, "{name}={value}")?;
    }
    let identity = emulator.managed_identity_client_id();
    writeln!(
        output,
        "# Instead of AZURE_CLIENT_SECRET: AZURE_MANAGED_IDENTITY_CLIENT_ID={identity}"
    )?;
    Ok(output.flush()?)
}
