//! A second zip deployment over the running site.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::fs;

use support::{Deployment, Visitor, kudusync};

/// Kudu copies the files with kudusync when `SCM_DO_BUILD_DURING_DEPLOYMENT` is `false`.
#[test]
fn a_redeployment_with_kudusync_succeeds_and_the_restarted_site_is_the_new_version() {
    match kudusync() {
        Some(kudusync) => redeploy(&kudusync),
        None => eprintln!("skipped: `npm exec` cannot run kudusync on this machine"),
    }
}

/// Writes each file in place, as kudusync does, so that a machine without npm tests this too.
#[test]
fn a_redeployment_in_place_succeeds_and_the_restarted_site_is_the_new_version() {
    redeploy(&|deployment: &Deployment, version| {
        let package = deployment.package(version);
        for entry in fs::read_dir(&package).unwrap() {
            let name = entry.unwrap().file_name();
            let copied = fs::copy(package.join(&name), deployment.wwwroot().join(&name));
            copied.map_err(|error| format!("{}: {error}", name.display()))?;
        }
        Ok(())
    });
}

fn redeploy(copy: &dyn Fn(&Deployment, &str) -> Result<(), String>) {
    let deployment = Deployment::new(&["1", "2"]);
    copy(&deployment, "1").unwrap();
    let site = deployment.start();
    assert_eq!(site.wait(), "1");

    let visitor = Visitor::start(site.port);
    assert_eq!(copy(&deployment, "2"), Ok(()));
    let responses = visitor.stop();
    assert!(responses.len() > 10, "{responses:?}");
    assert!(
        responses.iter().all(|response| response == "1"),
        "{responses:?}"
    );
    assert!(site.stop().contains("starting version 1\n"));

    let site = deployment.start();
    assert_eq!(site.wait(), "2");
    assert!(site.stop().contains("starting version 2\n"));
}
