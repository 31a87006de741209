//! GitHub Codespaces: the addresses at which a browser reaches the ports of a codespace
//! (<https://docs.github.com/codespaces/developing-in-a-codespace/forwarding-ports-in-your-codespace>).

use crate::settings::environment_variable;

/// The domain of forwarded ports, unless the environment names another.
const FORWARDING_DOMAIN: &str = "app.github.dev";

/// The origin at which a browser reaches this port; `None` outside a codespace.
///
/// Programs in the codespace cannot use it: for a private port it answers GitHub's sign-in page.
pub(crate) fn forwarded_origin(port: u16) -> Option<String> {
    forwarded_origin_in(environment_variable, port)
}

fn forwarded_origin_in(variable: impl Fn(&str) -> Option<String>, port: u16) -> Option<String> {
    let variable = |name| variable(name).filter(|value: &String| !value.is_empty());
    let name = variable("CODESPACE_NAME")?;
    let domain = variable("GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN");
    let domain = domain.as_deref().unwrap_or(FORWARDING_DOMAIN);
    Some(format!("https://{name}-{port}.{domain}"))
}

#[cfg(test)]
mod tests {
    use super::forwarded_origin_in;

    #[test]
    fn a_port_is_forwarded_under_the_name_of_the_codespace() {
        let origin = |variables: &[(&str, &str)]| {
            let find = |name: &str| variables.iter().find(|(other, _)| *other == name);
            forwarded_origin_in(
                |name| find(name).map(|(_, value)| (*value).to_owned()),
                8000,
            )
        };
        let name = ("CODESPACE_NAME", "fluffy-fork-4x7");
        let domain = "GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN";
        let public = Some("https://fluffy-fork-4x7-8000.app.github.dev".to_owned());
        let private = Some("https://fluffy-fork-4x7-8000.example.com".to_owned());
        assert_eq!(origin(&[]), None);
        assert_eq!(origin(&[("CODESPACE_NAME", "")]), None);
        assert_eq!(origin(&[name]), public);
        assert_eq!(origin(&[name, (domain, "")]), public);
        assert_eq!(origin(&[name, (domain, "example.com")]), private);
    }
}
