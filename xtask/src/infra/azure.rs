//! The hooks' calls of az, held against the real az: not signed in, it still reads its arguments.

use std::cell::RefCell;
use std::path::PathBuf;

use anyhow::{Context, Result};
use duct::cmd;

use super::checkers::missing;
use crate::checks::Outcome;
use crate::hook::{self, Answer, Programs};
use crate::process::Supervisor;
use crate::{programs, workspace};

/// The exit code of az for a command, option or query that it does not know.
const MISUSE: i32 = 2;

pub(super) fn calls(_supervisor: &Supervisor) -> Result<Outcome> {
    let Some(az) = programs::find("az") else {
        return Ok(missing("az", "https://aka.ms/azure-cli"));
    };
    let settings = workspace::root().join("target/az");
    std::fs::create_dir_all(&settings).context("cannot create target/az")?;
    let rehearsal = Rehearsal {
        az,
        settings,
        calls: RefCell::default(),
    };
    hook::rehearse(&rehearsal);
    let calls = rehearsal.calls.into_inner();
    for (call, code) in &calls {
        println!(
            "az {call}: {}",
            if *code == Some(MISUSE) {
                "NOT ACCEPTED"
            } else {
                "accepted"
            }
        );
    }
    let are_accepted = calls
        .iter()
        .all(|(_, code)| code.is_some_and(|code| code != MISUSE));
    Ok((are_accepted && !calls.is_empty()).into())
}

/// Passes each call on to az, which is not signed in, and then acts as if it had succeeded.
struct Rehearsal {
    az: PathBuf,
    settings: PathBuf,
    /// Each call with its exit code.
    calls: RefCell<Vec<(String, Option<i32>)>>,
}

impl Rehearsal {
    fn pass_on(&self, arguments: &[&str]) {
        let az = cmd(&self.az, arguments)
            .env("AZURE_CONFIG_DIR", &self.settings)
            .env("AZURE_CORE_COLLECT_TELEMETRY", "no");
        let az = az.stdin_null().stdout_null().stderr_null();
        let output = az.unchecked().run().ok();
        let code = output.and_then(|output| output.status.code());
        self.calls.borrow_mut().push((arguments.join(" "), code));
    }
}

impl Programs for Rehearsal {
    /// Any other program is asked for a value, and has one.
    fn ask(&self, program: &str, arguments: &[&str]) -> Option<Answer> {
        let mut answer = Answer {
            succeeded: true,
            ..Answer::default()
        };
        if program == "az" {
            self.pass_on(arguments);
        } else {
            answer.output.push_str("value");
        }
        Some(answer)
    }
}
