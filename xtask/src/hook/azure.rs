//! The Azure CLI, asked for one fact at a time.

use super::programs::Programs;

/// What a check found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Finding {
    Good,
    /// What would fail, and what to do about it.
    Problem(String),
    /// Nothing that stops the deployment, but worth knowing.
    Remark(String),
}

/// az, signed in, and the subscription that azd deploys to.
pub(super) struct Azure<'a> {
    pub(super) programs: &'a dyn Programs,
    pub(super) subscription: &'a str,
}

impl Azure<'_> {
    /// The lines that az prints for a command and its options; `Err` is the reason why it prints none, in one line.
    pub(super) fn lines(&self, command: &str, options: &[&str]) -> Result<Vec<String>, String> {
        let format = ["--output", "tsv", "--only-show-errors"];
        let words = command.split(' ').chain(options.iter().copied());
        let arguments: Vec<&str> = words.chain(format).collect();
        let answer = self.programs.ask("az", &arguments);
        let answer = answer.ok_or_else(|| "az is not installed".to_owned())?;
        if !answer.succeeded {
            let reason = answer.error.lines().find(|line| !line.trim().is_empty());
            return Err(reason.unwrap_or("az failed").trim().to_owned());
        }
        let lines = answer.output.lines().map(|line| line.trim_end().to_owned());
        Ok(lines.filter(|line| !line.is_empty()).collect())
    }

    /// What a GET answers, as `query` picks it out. A path from `/subscriptions` on is one of Azure's own API.
    pub(super) fn get(&self, address: &str, query: &str) -> Result<Vec<String>, String> {
        self.lines("rest --method get", &["--url", address, "--query", query])
    }
}

/// A check that could not be made is no reason to stop.
pub(super) fn unless_unknown(what: &str, finding: Result<Finding, String>) -> Finding {
    finding
        .unwrap_or_else(|reason| Finding::Remark(format!("{what} could not be checked: {reason}")))
}
