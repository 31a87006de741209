//! The registration of a developer's own machine.

use std::fs;

use crate::support::FakeAzure;

#[test]
fn the_settings_are_written_to_the_env_file_once() {
    let azure = FakeAzure::at_home();
    fs::write(
        azure.env_file(),
        "PORT=8000\n#AZURE_CLIENT_ID=\n# the end\n",
    )
    .unwrap();
    let run = azure.succeed(&["--client-secret"]);
    let text = azure.env_text();
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
    let tenant = azure.tenant();
    assert_eq!(
        tenant["applications"][0]["displayName"],
        "rust-salvo-postgres-azd (dev@example.com)"
    );
    assert_eq!(
        tenant["applications"][0]["web"]["redirectUris"][0],
        "http://localhost:8000/auth/callback"
    );
    assert_eq!(azure.succeed(&[]).changes, [""; 0]);
    assert_eq!(azure.env_text(), text);
}

#[cfg(unix)]
#[test]
fn only_its_owner_may_read_the_env_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let azure = FakeAzure::at_home();
    fs::write(azure.env_file(), "PORT=8000\n").unwrap();
    azure.succeed(&["--client-secret"]);
    let mode = fs::metadata(azure.env_file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn home_sets_up_this_machine_although_azd_has_an_environment() {
    let azure = FakeAzure::with_site();
    azure.succeed(&["--home", "--client-secret"]);
    assert!(azure.env_text().contains("AZURE_CLIENT_ID=client-1"));
    assert!(azure.tenant()["azd"]["AUTH_CLIENT_ID"].is_null());
}

#[test]
fn the_redirect_uri_of_an_older_tutorial_is_registered_too() {
    let azure = FakeAzure::at_home();
    fs::write(
        azure.env_file(),
        "AZURE_REDIRECT_URI=http://localhost:5001/callback\n",
    )
    .unwrap();
    azure.succeed(&["--client-secret"]);
    let uris = azure.tenant()["applications"][0]["web"]["redirectUris"].clone();
    assert_eq!(uris[2], "http://localhost:5001/callback");
}

#[test]
fn the_addresses_of_another_cloud_are_written_to_the_env_file() {
    let azure = FakeAzure::at_home();
    azure.change(|tenant| {
        tenant["cloud"]["name"] = "AzureChinaCloud".into();
        tenant["cloud"]["endpoints"]["microsoftGraphResourceId"] =
            "https://microsoftgraph.chinacloudapi.cn".into();
    });
    azure.succeed(&["--client-secret"]);
    let text = azure.env_text();
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
fn removing_keeps_the_other_settings() {
    let azure = FakeAzure::at_home();
    fs::write(azure.env_file(), "PORT=8000\n").unwrap();
    azure.succeed(&["--client-secret"]);
    azure.succeed(&["--remove"]);
    assert_eq!(azure.env_text(), "PORT=8000\n");
    assert_eq!(azure.tenant()["applications"].as_array().unwrap().len(), 0);
}
