//! The command of `docs/operate.md` that changes the scope of the Bicep to an existing resource group.
#![cfg(unix)]

use std::fs;
use std::path::Path;

use duct::cmd;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

#[test]
fn the_documented_command_leaves_nothing_at_subscription_scope() {
    let guide = fs::read_to_string(Path::new(ROOT).join("docs/operate.md")).unwrap();
    let command = guide.lines().find(|line| line.starts_with("sed -i.bak "));
    let folder = tempfile::tempdir().unwrap();
    let infra = folder.path().join("infra");
    fs::create_dir(&infra).unwrap();
    for file in ["main.bicep", "checks.bicep"] {
        fs::copy(Path::new(ROOT).join("infra").join(file), infra.join(file)).unwrap();
    }
    cmd!("sh", "-c", command.unwrap())
        .dir(folder.path())
        .run()
        .unwrap();

    let main = fs::read_to_string(infra.join("main.bicep")).unwrap();
    let checks = fs::read_to_string(infra.join("checks.bicep")).unwrap();
    for bicep in [&main, &checks] {
        assert!(bicep.contains("targetScope = 'resourceGroup'\n"));
    }
    for leftover in [
        "scope: group",
        "group.name",
        "Microsoft.Resources/resourceGroups",
    ] {
        assert!(!main.contains(leftover), "{leftover}");
    }
    assert!(main.contains("output AZURE_RESOURCE_GROUP string = resourceGroup().name\n"));
}
