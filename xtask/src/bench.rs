//! What hark can do on this machine, measured in a release build.

use crate::cargo::cargo;
use crate::needs;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

/// The programs that measure: one runs the whole system, one matches brands.
const EXAMPLES: [&str; 2] = ["bench", "match_speed"];

/// Builds the programs and runs them with what else was given.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    needs::check(&needs::TO_BUILD)?;
    let [bench, match_speed] = build()?;
    let mut command = Command::new(bench);
    // What else can be measured needs no brands.
    if arguments.first().is_none_or(|first| first.starts_with('-')) {
        command.arg("--match-speed").arg(match_speed);
    }
    let status = command
        .args(arguments)
        .status()
        .context("cannot start the program that measures")?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Where cargo put the programs: it says so itself, whatever the target folder.
fn build() -> Result<[PathBuf; 2]> {
    let mut command = cargo();
    command.args([
        "build",
        "--release",
        "--message-format=json-render-diagnostics",
    ]);
    command.args(["-p", "hark", "-p", "hark-ingest"]);
    for example in EXAMPLES {
        command.args(["--example", example]);
    }
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    if !output.status.success() {
        bail!("the programs that measure cannot be built; what cargo said is above");
    }
    let messages = String::from_utf8(output.stdout)?;
    let of = |name: &str| {
        executable(&messages, name).with_context(|| format!("cargo built no example {name}"))
    };
    Ok([of(EXAMPLES[0])?, of(EXAMPLES[1])?])
}

/// The executable of an example in cargo's messages, one in JSON a line.
fn executable(messages: &str, example: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| {
            message["target"]["name"] == example && message["target"]["kind"][0] == "example"
        })
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_is_found_among_what_else_was_built() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"kind":["bin"],"name":"bench"},"executable":"/t/no"}"#,
            "\nwarning: not JSON\n",
            r#"{"reason":"compiler-artifact","target":{"kind":["example"],"name":"bench"},"executable":"/t/yes"}"#,
        );
        assert_eq!(executable(messages, "bench"), Some("/t/yes".into()));
        assert_eq!(executable(messages, "match_speed"), None);
    }
}
