//! A Python with the packages that docs/consuming.md asks for.

use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Every package with its version, those included that the page's own need.
const CONSTRAINTS: &str = include_str!("constraints.txt");

/// A virtual environment, made once.
pub(crate) struct Python {
    folder: PathBuf,
}

impl Python {
    /// The packages that `install` (a `pip install …` line) asks for. For a run of tests, which are
    /// skipped without them: says why in one line.
    pub(crate) fn for_tests(cache: &Path, install: &str) -> Option<Self> {
        match Self::get(cache, install) {
            Ok(python) => Some(python),
            Err(missing) => {
                println!("skipped, no Python: {missing}");
                None
            }
        }
    }

    fn get(cache: &Path, install: &str) -> Result<Self, String> {
        let wanted = Sha256::digest(format!("{install}{CONSTRAINTS}"));
        let name: String = wanted[..6]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let said = |error: std::io::Error| error.to_string();
        fs::create_dir_all(cache).map_err(said)?;
        let lock = File::create(cache.join("lock")).map_err(said)?;
        lock.lock().map_err(said)?;
        let python = Self {
            folder: cache.join(name),
        };
        let done = python.folder.join("done");
        if !done.exists() {
            python.fetch(install)?;
            fs::write(done, "").map_err(said)?;
        }
        Ok(python)
    }

    /// What a break left half done is made anew.
    fn fetch(&self, install: &str) -> Result<(), String> {
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder).map_err(|error| error.to_string())?;
        }
        let mut venv = Command::new("python3");
        run(venv.args(["-m", "venv"]).arg(&self.folder))?;
        let constraints = self.folder.join("constraints.txt");
        fs::write(&constraints, CONSTRAINTS).map_err(|error| error.to_string())?;
        let mut pip = Command::new("sh");
        pip.args(["-ec", &format!("{install} --quiet --constraint \"$0\"")]);
        run(pip.arg(constraints).env("PATH", self.path()))
    }

    /// `PATH` with its programs first.
    pub(crate) fn path(&self) -> String {
        let usual = std::env::var("PATH").unwrap_or_default();
        format!("{}:{usual}", self.folder.join("bin").display())
    }
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{:?}: {error}", command.get_program()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().last().unwrap_or_default();
    Err(format!("{:?} failed: {last}", command.get_program()))
}
