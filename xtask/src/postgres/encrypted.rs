//! A server that speaks TLS, with an authority of its own.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use duct::cmd;

use super::PostgresServer;
use crate::programs::{self, PostgresPrograms};

/// Names of the files in the data folder; those of the server are PostgreSQL's defaults.
const AUTHORITY: &str = "authority.crt";
const AUTHORITY_KEY: &str = "authority.key";
const CERTIFICATE: &str = "server.crt";
const KEY: &str = "server.key";

impl PostgresServer {
    /// An empty server whose certificate is for `host` and whose superuser has this password, removed in the end.
    pub(crate) fn encrypted(
        programs: PostgresPrograms,
        host: &str,
        password: &str,
    ) -> Result<Self> {
        let mut server = Self::claim_throw_away(programs)?;
        server.folder.set_password(password)?;
        let data = server.folder.data();
        server.initialise(&data)?;
        make_certificates(Path::new(&data), host)?;
        for file in [CERTIFICATE, KEY] {
            server.folder.account.own(&Path::new(&data).join(file))?;
        }
        server.start("-c ssl=on")
    }

    /// The certificate of the authority that vouches for an encrypted server.
    pub(crate) fn authority(&self) -> PathBuf {
        Path::new(&self.folder.data()).join(AUTHORITY)
    }
}

fn make_certificates(folder: &Path, host: &str) -> Result<()> {
    let name = format!("subjectAltName=DNS:{host}");
    let subject = format!("/CN={host}");
    let authority = [
        "-subj",
        "/CN=Authority",
        "-keyout",
        AUTHORITY_KEY,
        "-out",
        AUTHORITY,
    ];
    make_certificate(folder, &authority)?;
    let issuer = ["-CA", AUTHORITY, "-CAkey", AUTHORITY_KEY];
    let extensions = [
        "-addext",
        &name,
        "-addext",
        "basicConstraints=critical,CA:FALSE",
    ];
    let server = ["-subj", &subject, "-keyout", KEY, "-out", CERTIFICATE];
    make_certificate(folder, &[&issuer[..], &extensions, &server].concat())
}

fn make_certificate(folder: &Path, arguments: &[&str]) -> Result<()> {
    let openssl = programs::find("openssl");
    let openssl = openssl.context("openssl is missing (Debian: `apt-get install openssl`)")?;
    let options = ["req", "-x509", "-nodes", "-days", "2", "-newkey", "ec"];
    let curve = ["-pkeyopt", "ec_paramgen_curve:prime256v1"];
    let arguments = [&options[..], &curve, arguments].concat();
    let openssl = cmd(openssl, arguments).dir(folder).stdin_null();
    let output = openssl.stderr_capture().unchecked().run()?;
    let message = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "openssl: {}", message.trim());
    Ok(())
}
