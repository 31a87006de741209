//! HTML validation of the pages that the tests have received.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use anyhow::Result;

use crate::checks::{self, Check, Counts, Outcome, Step, missing, run_command};
use crate::{programs, workspace};

/// With fewer kinds of pages the harness of the tests has not written them all down. A kind is a status and a route.
const MIN_KINDS: usize = 40;

/// The folder is named in `FOLDER` too.
#[rustfmt::skip]
const CHECKS: [Check; 3] = [
    Check { name: "Pages that the tests have received", step: Step::Function(count_kinds) },
    Check { name: "HTML of the pages (vnu)", step: Step::Function(run_vnu) },
    Check { name: "HTML of the pages (html-validate)", step: Step::Command("html-validate --config .ci/html-validate.json --max-warnings 0 target/pages") },
];
const FOLDER: &str = "target/pages";

/// Removes the pages of the last run; returns the folder for those of the next one.
pub(crate) fn clear() -> Result<PathBuf> {
    let folder = workspace::root().join(FOLDER);
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(folder),
    }
}

/// Validates the pages of a run of all tests. Each check counts as one.
pub(crate) fn validate() -> Result<Counts> {
    checks::run(&CHECKS)
}

fn count_kinds() -> Result<Outcome> {
    let (mut pages, mut kinds) = (0, BTreeSet::new());
    for page in fs::read_dir(workspace::root().join(FOLDER))? {
        let name = page?.file_name().to_string_lossy().into_owned();
        kinds.extend(name.split('.').next().map(str::to_owned));
        pages += 1;
    }
    println!("{pages} pages of {} kinds in {FOLDER}", kinds.len());
    Ok((kinds.len() >= MIN_KINDS).into())
}

/// What vnu says of characters that the tests have typed: a page gives them back as they are. The rule `long-title` of
/// html-validate is off for the same reason.
const TYPED: &str = "(?s).*(Normalization|composing|code.point|U\\+000|appears.to.be.written|dt..name|attribute..(value|datetime)..on).*";

fn run_vnu() -> Result<Outcome> {
    if !programs::is_installed("java") {
        return Ok(missing("java"));
    }
    let vnu = format!("vnu --stdout --Werror --filterpattern {TYPED} target/pages");
    run_command(&vnu, None)
}
