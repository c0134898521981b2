//! What a change must pass.

use crate::cargo::{cargo, root};
use crate::{needs, test};
use anyhow::{Context, Result, bail};
use std::process::{Command, ExitCode};

const RULES: &str = "deploy/prometheus/hark-rules.yaml";
const RULES_TEST: &str = "deploy/prometheus/hark-rules-test.yaml";

/// Everything; the tests come last, so that their counts are what one reads.
pub(crate) fn run() -> Result<ExitCode> {
    lint()?;
    test::run()
}

/// Formatting, Clippy, documentation, alerting rules: stops at the first that fails.
pub(crate) fn lint() -> Result<()> {
    needs::check(&needs::TO_BUILD)?;
    needs::check(&needs::TO_LINT)?;
    step(
        "formatting (cargo fmt --all mends it)",
        cargo().args(["fmt", "--all", "--check"]),
    )?;
    // Warnings are denied by arguments, not by RUSTFLAGS: those would build every dependency anew.
    step(
        "Clippy",
        cargo().args([
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]),
    )?;
    step(
        "documentation",
        cargo()
            .args(["doc", "--workspace", "--no-deps"])
            .env("RUSTDOCFLAGS", "-D warnings"),
    )?;
    rules()
}

/// The alerting rules, when Prometheus's own tool is there to judge them.
fn rules() -> Result<()> {
    let promtool = || {
        let mut command = Command::new("promtool");
        command.current_dir(root());
        command
    };
    if !needs::answers(promtool().arg("--version")) {
        println!("==> alerting rules: skipped, there is no promtool (it comes with Prometheus)");
        return Ok(());
    }
    step("alerting rules", promtool().args(["check", "rules", RULES]))?;
    step(
        "tests of the alerting rules",
        promtool().args(["test", "rules", RULES_TEST]),
    )
}

fn step(what: &str, command: &mut Command) -> Result<()> {
    println!("==> {what}");
    let status = command
        .status()
        .with_context(|| format!("{what}: cannot start"))?;
    if !status.success() {
        bail!("{what}: {status}");
    }
    Ok(())
}
