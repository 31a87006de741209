//! The registration of a developer's own machine.

use std::fs;

use crate::support::World;

#[test]
fn the_settings_go_into_the_env_file_and_stay_there() {
    let world = World::at_home();
    fs::write(
        world.env_file(),
        "PORT=8000\n#AZURE_CLIENT_ID=\n# the end\n",
    )
    .unwrap();
    let run = world.succeed(&["--client-secret"]);
    let text = world.env_text();
    assert!(
        text.starts_with("PORT=8000\nAZURE_CLIENT_ID=client-1\n# the end\n"),
        "{text}"
    );
    for line in [
        "AZURE_TENANT_ID=tenant-1",
        "AZURE_CLIENT_SECRET=001~s3cret",
        "SESSION_SECRET_KEY=",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!text.contains("AZURE_AUTHORITY_HOST"), "{text}");
    assert!(!run.text.contains("s3cret"), "{}", run.text);
    let tenant = world.tenant();
    assert_eq!(
        tenant["applications"][0]["displayName"],
        "rust-salvo-postgres-azd (dev@example.com)"
    );
    assert_eq!(
        tenant["applications"][0]["web"]["redirectUris"][0],
        "http://localhost:8000/auth/callback"
    );
    assert_eq!(world.succeed(&[]).changes, [""; 0]);
    assert_eq!(world.env_text(), text);
}

#[cfg(unix)]
#[test]
fn only_its_owner_may_read_the_env_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::at_home();
    fs::write(world.env_file(), "PORT=8000\n").unwrap();
    world.succeed(&["--client-secret"]);
    let mode = fs::metadata(world.env_file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn this_machine_alone_can_be_prepared_although_azd_has_an_environment() {
    let world = World::with_site();
    world.succeed(&["--home", "--client-secret"]);
    assert!(world.env_text().contains("AZURE_CLIENT_ID=client-1"));
    assert!(world.tenant()["azd"]["AUTH_CLIENT_ID"].is_null());
}

#[test]
fn the_redirect_uri_of_an_older_tutorial_is_registered_too() {
    let world = World::at_home();
    fs::write(
        world.env_file(),
        "AZURE_REDIRECT_URI=http://localhost:5001/callback\n",
    )
    .unwrap();
    world.succeed(&["--client-secret"]);
    let uris = world.tenant()["applications"][0]["web"]["redirectUris"].clone();
    assert_eq!(uris[2], "http://localhost:5001/callback");
}

#[test]
fn another_cloud_is_written_down() {
    let world = World::at_home();
    world.change(|tenant| {
        tenant["cloud"]["name"] = "AzureChinaCloud".into();
        tenant["cloud"]["endpoints"]["microsoftGraphResourceId"] =
            "https://microsoftgraph.chinacloudapi.cn".into();
    });
    world.succeed(&["--client-secret"]);
    let text = world.env_text();
    assert!(
        text.contains("AZURE_AUTHORITY_HOST=https://login.partner.microsoftonline.cn\n"),
        "{text}"
    );
    assert!(
        text.contains("AZURE_GRAPH_URL=https://microsoftgraph.chinacloudapi.cn\n"),
        "{text}"
    );
}

#[test]
fn removing_leaves_the_other_settings() {
    let world = World::at_home();
    fs::write(world.env_file(), "PORT=8000\n").unwrap();
    world.succeed(&["--client-secret"]);
    world.succeed(&["--remove"]);
    assert_eq!(world.env_text(), "PORT=8000\n");
    assert_eq!(world.tenant()["applications"].as_array().unwrap().len(), 0);
}
