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
    /// The lines that az prints; `Err` is the reason why it prints none, in one line.
    pub(super) fn lines(&self, arguments: &[&str]) -> Result<Vec<String>, String> {
        let arguments = [arguments, &["--output", "tsv", "--only-show-errors"]].concat();
        let answer = self.programs.ask("az", &arguments);
        let answer = answer.ok_or_else(|| "az is not installed".to_owned())?;
        if !answer.succeeded {
            let reason = answer.error.lines().find(|line| !line.trim().is_empty());
            return Err(reason.unwrap_or("az failed").trim().to_owned());
        }
        let lines = answer.output.lines().map(|line| line.trim_end().to_owned());
        Ok(lines.filter(|line| !line.is_empty()).collect())
    }

    /// What a GET of Azure's own API answers, as `query` picks it out.
    pub(super) fn get(&self, path: &str, query: &str) -> Result<Vec<String>, String> {
        let address = format!("/subscriptions/{}/{path}", self.subscription);
        self.lines(&[
            "rest", "--method", "get", "--url", &address, "--query", query,
        ])
    }
}

/// A check that could not be made is no reason to stop.
pub(super) fn unless_unknown(what: &str, finding: Result<Finding, String>) -> Finding {
    finding
        .unwrap_or_else(|reason| Finding::Remark(format!("{what} could not be checked: {reason}")))
}
