//! The programs that hooks ask: az, azd and curl.

use duct::cmd;

use crate::programs;

/// What a program said.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) succeeded: bool,
    /// Standard output, trimmed.
    pub(crate) output: String,
    /// Standard error, trimmed.
    pub(crate) error: String,
}

/// Runs programs; the tests have one that only writes down what it was asked.
pub(crate) trait Programs {
    /// `None` where the program is not installed.
    fn ask(&self, program: &str, arguments: &[&str]) -> Option<Answer>;
}

/// The programs of this machine.
pub(super) struct Installed;

impl Programs for Installed {
    fn ask(&self, program: &str, arguments: &[&str]) -> Option<Answer> {
        let command = cmd(programs::find(program)?, arguments).stdin_null();
        let output = command.stdout_capture().stderr_capture().unchecked().run();
        let output = output.ok()?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        Some(Answer {
            succeeded: output.status.success(),
            output: text(&output.stdout),
            error: text(&output.stderr),
        })
    }
}

#[cfg(test)]
pub(super) mod recorder {
    //! A stand-in for the programs.

    use std::cell::RefCell;

    use super::{Answer, Programs};

    /// Writes down every call and gives the answer of the first rule whose text is in the call.
    #[derive(Default)]
    pub(crate) struct Recorder {
        rules: Vec<(String, Option<Answer>)>,
        pub(crate) calls: RefCell<Vec<String>>,
    }

    impl Recorder {
        pub(crate) fn answers(self, part: &str, output: &str) -> Self {
            let answer = Answer {
                succeeded: true,
                output: output.to_owned(),
                error: String::new(),
            };
            self.rule(part, Some(answer))
        }

        pub(crate) fn refuses(self, part: &str, error: &str) -> Self {
            let answer = Answer {
                succeeded: false,
                output: String::new(),
                error: error.to_owned(),
            };
            self.rule(part, Some(answer))
        }

        pub(crate) fn lacks(self, program: &str) -> Self {
            self.rule(&format!("{program} "), None)
        }

        pub(crate) fn was_asked(&self, part: &str) -> bool {
            self.calls.borrow().iter().any(|call| call.contains(part))
        }

        /// A later rule wins over an earlier one.
        fn rule(mut self, part: &str, answer: Option<Answer>) -> Self {
            self.rules.insert(0, (part.to_owned(), answer));
            self
        }
    }

    impl Programs for Recorder {
        fn ask(&self, program: &str, arguments: &[&str]) -> Option<Answer> {
            let call = format!("{program} {}", arguments.join(" "));
            self.calls.borrow_mut().push(call.clone());
            let rule = self.rules.iter().find(|(part, _)| call.contains(part));
            rule.map_or_else(|| Some(Answer::default()), |(_, answer)| answer.clone())
        }
    }
}
