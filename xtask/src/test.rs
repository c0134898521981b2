//! Every test, and their sum on the last line.

use crate::cargo::cargo;
use crate::{SHARED, needs, shared};
use anyhow::{Context, Result, bail};
use std::fmt;
use std::io;
use std::io::{BufRead, BufReader, Write};
use std::process::{ExitCode, Stdio};

/// Runs unit, integration and documentation tests of every crate (and compiles the examples),
/// all of them even when some fail.
pub(crate) fn run() -> Result<ExitCode> {
    needs::check(&needs::TO_BUILD)?;
    let mut child = cargo()
        .args(["test", "--workspace", "--no-fail-fast"])
        .env(SHARED, shared()?)
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start cargo")?;
    let output = child.stdout.take().context("cargo's output is piped")?;
    let mut tally = Tally::default();
    let mut terminal = io::stdout();
    for line in BufReader::new(output).split(b'\n') {
        let line = line?;
        terminal.write_all(&line)?;
        terminal.write_all(b"\n")?;
        tally.add(&String::from_utf8_lossy(&line));
    }
    let succeeded = child.wait()?.success();
    let tally = tally.concluded(succeeded)?;
    println!("\n{tally}");
    Ok(if succeeded && tally.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The sum of the test programs' results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    programs: u64,
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl Tally {
    /// Adds what a line of the test runner's says, if it is one of those that end a program:
    /// `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; …`.
    fn add(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else {
            return;
        };
        self.programs += 1;
        let counts = result.split_once(". ").map_or("", |(_, counts)| counts);
        for (count, what) in counts.split("; ").filter_map(|part| part.split_once(' ')) {
            let Ok(count) = count.parse::<u64>() else {
                continue;
            };
            match what {
                "passed" => self.passed += count,
                "failed" => self.failed += count,
                "ignored" => self.skipped += count,
                _ => {}
            }
        }
    }

    /// The sum, once cargo has ended. A program that crashed printed no result: it must not look
    /// like one in which nothing failed.
    fn concluded(mut self, succeeded: bool) -> Result<Self> {
        if self.programs == 0 {
            bail!("no test ran; what cargo said is above");
        }
        if !succeeded && self.failed == 0 {
            eprintln!(
                "xtask: a test program ended without a result, see above; it counts as one failure"
            );
            self.failed = 1;
        }
        Ok(self)
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        match self.skipped {
            0 => Ok(()),
            skipped => write!(f, ", {skipped} skipped"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(output: &str) -> Tally {
        let mut tally = Tally::default();
        output.lines().for_each(|line| tally.add(line));
        tally
    }

    #[test]
    fn the_results_of_all_programs_are_added_up() {
        let tally = tally(
            "running 3 tests\n\
             test a ... ok\n\
             test result: FAILED. 40 passed; 1 failed; 0 ignored; 0 measured; 2 filtered out; finished in 0.01s\n\
             \n\
             test result: ok. 2 passed; 0 failed; 3 ignored; 7 measured; 0 filtered out; finished in 1.20s\n",
        );
        assert_eq!(tally.to_string(), "42 passed, 1 failed, 3 skipped");
        assert_eq!(tally.programs, 2);
    }

    #[test]
    fn without_skipped_tests_the_sum_names_none() {
        let tally = tally(
            "test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        );
        assert_eq!(tally.to_string(), "5 passed, 0 failed");
        assert_eq!(tally.concluded(true).unwrap(), tally);
    }

    #[test]
    fn a_program_that_crashed_counts_as_a_failure() {
        let tally = tally(
            "test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        );
        assert_eq!(
            tally.concluded(false).unwrap().to_string(),
            "5 passed, 1 failed"
        );
    }

    #[test]
    fn when_no_test_ran_there_is_no_sum() {
        assert!(Tally::default().concluded(false).is_err());
        assert!(Tally::default().concluded(true).is_err());
    }
}
