//! The numbers of tests that passed, failed and were skipped.

use std::fmt;
use std::ops::AddAssign;

use crate::workspace::regex;

/// The numbers in the last line that `test` and `ci` print.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
    pub(crate) skipped: u32,
}

impl Counts {
    /// Parses the result line of a test binary; `None` for any other line. Ignored tests count as skipped.
    pub(crate) fn from_result_line(line: &str) -> Option<Self> {
        let pattern = r"^test result: .*?(\d+) passed; (\d+) failed; (\d+) ignored";
        let (_, counts) = regex(pattern).captures(line)?.extract();
        let [passed, failed, skipped] = counts.map(|count| count.parse().unwrap_or_default());
        Some(Self {
            passed,
            failed,
            skipped,
        })
    }

    pub(crate) fn is_good(self) -> bool {
        self.failed == 0
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn the_result_line_of_a_test_binary_is_parsed() {
        let line = "test result: FAILED. 12 passed; 3 failed; 4 ignored; 0 measured; 5 filtered out; finished in 0.42s";
        assert_eq!(
            Counts::from_result_line(line),
            Some(Counts {
                passed: 12,
                failed: 3,
                skipped: 4
            })
        );
    }

    #[test]
    fn other_lines_have_no_counts() {
        assert_eq!(
            Counts::from_result_line("test counts::it_works ... ok"),
            None
        );
        assert_eq!(Counts::from_result_line("test result: nonsense"), None);
    }
}
