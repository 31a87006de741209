//! Waits until the site that was just deployed answers, and says where it is.

use std::thread;
use std::time::Duration;

use super::environment::Environment;
use super::programs::Programs;

/// What must answer, and with what: a site that wants everybody signed in sends them on.
const PAGES: [(&str, &[&str]); 2] = [("/readyz", &["200"]), ("/", &["200", "302", "303"])];

/// How long and how often to ask. A first start may have to wait for the database's administrator to be known.
struct Patience {
    attempts: u32,
    pause: Duration,
}

const PATIENCE: Patience = Patience {
    attempts: 60,
    pause: Duration::from_secs(5),
};

/// Succeeds when the site answers.
pub(super) fn run(environment: &Environment, programs: &dyn Programs) -> bool {
    if programs.ask("curl", &["--version"]).is_none() {
        println!(
            "postdeploy: left out the test of the site: curl is not installed\n{}",
            addresses(environment)
        );
        return true;
    }
    match wait(environment, programs, &PATIENCE) {
        Ok(()) => {
            println!("{}", addresses(environment));
            true
        }
        Err(reason) => {
            eprintln!("postdeploy: {reason}\n{}", addresses(environment));
            false
        }
    }
}

fn wait(
    environment: &Environment,
    programs: &dyn Programs,
    patience: &Patience,
) -> Result<(), String> {
    let site = environment.web_uri.trim_end_matches('/');
    if site.is_empty() {
        return Err("azd does not know the site's address, WEB_URI: run azd provision".to_owned());
    }
    for (page, good) in PAGES {
        wait_for(&format!("{site}{page}"), good, programs, patience)?;
    }
    Ok(())
}

fn wait_for(
    address: &str,
    good: &[&str],
    programs: &dyn Programs,
    patience: &Patience,
) -> Result<(), String> {
    let mut last = String::new();
    for attempt in 0..patience.attempts {
        if attempt == 1 {
            println!("Waiting for {address}.");
        }
        if attempt > 0 {
            thread::sleep(patience.pause);
        }
        match status(address, programs) {
            Ok(status) if good.contains(&status.as_str()) => return Ok(()),
            Ok(status) => last = format!("answers {status}"),
            Err(reason) => last = reason,
        }
    }
    Err(format!("{address} {last}: the log stream says why"))
}

/// The status that the address answers with, or why it does not answer.
fn status(address: &str, programs: &dyn Programs) -> Result<String, String> {
    let options = [
        "--silent",
        "--show-error",
        "--max-time",
        "20",
        "--write-out",
        "\n%{http_code}",
    ];
    let answer = programs.ask("curl", &[&options[..], &[address]].concat());
    let answer = answer.unwrap_or_default();
    if !answer.succeeded {
        return Err(format!("does not answer ({})", answer.error));
    }
    let status = answer.output.lines().next_back().unwrap_or_default();
    Ok(status.to_owned())
}

fn addresses(environment: &Environment) -> String {
    let rows = [
        ("Site", &environment.web_uri),
        ("Log stream", &environment.web_app_log_stream),
        ("SSH", &environment.web_app_ssh),
    ];
    let row = |(name, address): &(&str, &String)| format!("    {name:<12}{address}");
    let known = rows.iter().filter(|(_, address)| !address.is_empty());
    known.map(row).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::environment::Environment;
    use super::super::programs::recorder::Recorder;
    use super::{Patience, addresses, run, wait};

    const PATIENCE: Patience = Patience {
        attempts: 3,
        pause: Duration::ZERO,
    };

    fn environment() -> Environment {
        Environment {
            web_uri: "https://site.example/".to_owned(),
            ..Environment::default()
        }
    }

    fn programs() -> Recorder {
        Recorder::default().answers("https://site.example/", "<!doctype html>\n200")
    }

    #[test]
    fn a_site_that_answers_is_asked_once_for_each_page() {
        let programs = programs().answers("/readyz", "ready\n200");
        assert_eq!(wait(&environment(), &programs, &PATIENCE), Ok(()));
        let calls = programs.calls.borrow();
        assert_eq!(calls.len(), 2, "{calls:?}");
        assert!(calls[0].ends_with(" https://site.example/readyz"));
    }

    #[test]
    fn a_site_that_wants_everybody_signed_in_is_good() {
        let programs = Recorder::default()
            .answers("https", "\n303")
            .answers("/readyz", "200");
        assert_eq!(wait(&environment(), &programs, &PATIENCE), Ok(()));
    }

    #[test]
    fn a_site_that_stays_unready_fails_with_what_it_said() {
        let programs = programs().answers("/readyz", "not ready\n503");
        let reason = wait(&environment(), &programs, &PATIENCE).unwrap_err();
        assert!(reason.contains("/readyz answers 503"), "{reason}");
        assert_eq!(programs.calls.borrow().len(), 3);
    }

    #[test]
    fn a_site_that_cannot_be_reached_fails() {
        let programs = Recorder::default().refuses("curl", "Could not resolve host");
        let reason = wait(&environment(), &programs, &PATIENCE).unwrap_err();
        assert!(reason.contains("Could not resolve host"), "{reason}");
    }

    #[test]
    fn a_missing_address_says_what_to_run() {
        let reason = wait(&Environment::default(), &programs(), &PATIENCE).unwrap_err();
        assert!(reason.contains("azd provision"), "{reason}");
    }

    #[test]
    fn without_curl_the_test_is_left_out() {
        assert!(run(&environment(), &programs().lacks("curl")));
    }

    #[test]
    fn a_container_has_no_ssh_address() {
        assert_eq!(
            addresses(&environment()),
            "    Site        https://site.example/"
        );
    }
}
