//! What the commands take from the machine, asked for before the work begins: a missing compiler
//! is then one clear line, and not a page from some build script.

use crate::cargo::cargo;
use anyhow::{Result, bail};
use std::env;
use std::process::{Command, Stdio};

/// Something that must be installed.
pub(crate) struct Need {
    /// What is missing, and what for.
    missing: &'static str,
    /// How to get it.
    remedy: &'static str,
    present: fn() -> bool,
}

/// For building and testing. There is nothing else: no protoc, no cmake, no Python.
pub(crate) const TO_BUILD: [Need; 6] = [
    Need {
        missing: "a C compiler (`cc`, or what CC names); SQLite, zstd and ring are compiled with it",
        remedy: "on Debian: apt-get install gcc; on Fedora: dnf install gcc; on macOS: xcode-select --install",
        present: || answers(tool("CC", "cc").arg("--version")),
    },
    Need {
        missing: "the C library's headers",
        remedy: "on Debian: apt-get install libc6-dev; on Fedora: dnf install glibc-devel; on macOS: xcode-select --install",
        present: || {
            answers(tool("CC", "cc").args(["-E", "-include", "stdlib.h", "-x", "c", "/dev/null"]))
        },
    },
    Need {
        missing: "an archiver (`ar`, or what AR names)",
        remedy: "on Debian: apt-get install binutils; on Fedora: dnf install binutils; on macOS: xcode-select --install",
        // Apple's prints its usage and fails, but it is there.
        present: || starts(tool("AR", "ar").arg("--version")),
    },
    Need {
        missing: "a C++ compiler (`c++`, or what CXX names), for librdkafka",
        remedy: "on Debian: apt-get install g++; on Fedora: dnf install gcc-c++; on macOS: xcode-select --install",
        present: || answers(tool("CXX", "c++").arg("--version")),
    },
    Need {
        missing: "make, for librdkafka",
        remedy: "on Debian: apt-get install make; on Fedora: dnf install make; on macOS: xcode-select --install",
        present: || answers(Command::new("make").arg("--version")),
    },
    Need {
        missing: "OpenSSL's headers, or pkg-config to find them; librdkafka comes to brokers with them",
        remedy: "on Debian: apt-get install pkg-config libssl-dev; on Fedora: dnf install pkgconf openssl-devel; \
                 on macOS: brew install pkgconf openssl",
        present: || answers(Command::new("pkg-config").args(["--exists", "openssl"])),
    },
];

/// For `lint`, besides.
pub(crate) const TO_LINT: [Need; 2] = [
    Need {
        missing: "rustfmt",
        remedy: "rustup component add rustfmt",
        present: || answers(cargo().args(["fmt", "--version"])),
    },
    Need {
        missing: "Clippy",
        remedy: "rustup component add clippy",
        present: || answers(cargo().args(["clippy", "--version"])),
    },
];

/// Fails with a line for each need that is not met.
pub(crate) fn check(needs: &[Need]) -> Result<()> {
    let missing: Vec<String> = needs
        .iter()
        .filter(|need| !(need.present)())
        .map(|need| format!("  {}\n    {}", need.missing, need.remedy))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    bail!("this machine lacks\n{}", missing.join("\n"))
}

/// Whether a command runs and succeeds.
pub(crate) fn answers(command: &mut Command) -> bool {
    silent(command)
        .status()
        .is_ok_and(|status| status.success())
}

fn starts(command: &mut Command) -> bool {
    silent(command).status().is_ok()
}

fn silent(command: &mut Command) -> &mut Command {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
}

/// A tool of the C toolchain; the variable may carry arguments, as in `CC="ccache gcc"`.
fn tool(variable: &str, usual: &str) -> Command {
    let value = env::var(variable).unwrap_or_default();
    let mut words = value.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or(usual));
    command.args(words);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_missing_need_is_named_with_its_remedy() {
        let need = |missing, present| Need {
            missing,
            remedy: "get it",
            present,
        };
        let needs = [
            need("a hammer", || false),
            need("a nail", || true),
            need("a saw", || false),
        ];
        assert_eq!(
            check(&needs).unwrap_err().to_string(),
            "this machine lacks\n  a hammer\n    get it\n  a saw\n    get it"
        );
        assert!(check(&needs[1..2]).is_ok());
    }

    #[test]
    fn a_program_that_does_not_exist_neither_answers_nor_starts() {
        let absent = || Command::new("hark-no-such-program");
        assert!(!answers(&mut absent()));
        assert!(!starts(&mut absent()));
    }
}
