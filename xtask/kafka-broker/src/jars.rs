//! Kafka's jars: fetched once by Maven, held against their hashes.

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const POM: &str = include_str!("../pom.xml");
const HASHES: &str = include_str!("../jars.sha256");
/// The oldest Java that runs the broker.
const JAVA: u32 = 17;

/// A folder with all jars of the pinned version, and a Java that can run them.
#[derive(Clone, Debug)]
pub struct Jars {
    folder: PathBuf,
}

impl Jars {
    /// As [`Jars::get`], for a run of tests, which are skipped without them: says why in one line.
    pub fn for_tests(folder: &Path) -> Option<Self> {
        match Self::get(folder) {
            Ok(jars) => Some(jars),
            Err(missing) => {
                #[allow(
                    clippy::print_stdout,
                    reason = "why tests are skipped belongs on the terminal"
                )]
                {
                    println!("skipped, no broker: {missing:#}");
                }
                None
            }
        }
    }

    /// The jars in `cache`, fetched if they are not there. Several processes may ask at once.
    ///
    /// # Errors
    ///
    /// There is no Java of version 17 or later, no Maven, no way to the registry, or what came is
    /// not what was pinned. The message is for a person who may want to install something.
    pub fn get(cache: &Path) -> Result<Self> {
        java()?;
        fs::create_dir_all(cache).with_context(|| format!("cannot create {}", cache.display()))?;
        let lock = File::create(cache.join("lock")).context("cannot create a lock file")?;
        lock.lock().context("cannot lock the jars")?;
        let folder = cache.join(short(&hex(&Sha256::digest(HASHES))));
        if !folder.exists() {
            fetch(cache, &folder)?;
        }
        Ok(Self { folder })
    }

    /// A command that runs a class of theirs.
    pub(crate) fn java(&self, options: &[&str], class: &str) -> Command {
        let mut command = Command::new("java");
        let path = self.folder.join("*");
        command.args(options).arg("-cp").arg(path).arg(class);
        command
    }
}

fn java() -> Result<()> {
    let output = Command::new("java")
        .arg("-version")
        .stdin(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success());
    let Some(output) = output else {
        bail!("there is no Java; on Debian: apt-get install openjdk-17-jre-headless maven");
    };
    let said = String::from_utf8_lossy(&output.stderr);
    let version = said.split('"').nth(1).unwrap_or_default();
    let major = version
        .split('.')
        .next()
        .and_then(|major| major.parse().ok());
    ensure!(
        major.is_some_and(|major: u32| major >= JAVA),
        "Java {version} is too old for a broker: {JAVA} or later is needed"
    );
    Ok(())
}

/// Into a folder beside the final one, which then gets its name: half a set of jars is never used.
fn fetch(cache: &Path, folder: &Path) -> Result<()> {
    let half = cache.join("fetching");
    if half.exists() {
        fs::remove_dir_all(&half)?;
    }
    fs::create_dir_all(&half)?;
    fs::write(cache.join("pom.xml"), POM)?;
    let output = Command::new("mvn")
        .args(["-q", "-B", "dependency:copy-dependencies"])
        .arg(format!("-DoutputDirectory={}", half.display()))
        .current_dir(cache)
        .stdin(Stdio::null())
        .output()
        .context("there is no Maven; on Debian: apt-get install maven")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stdout);
        let why: Vec<&str> = said
            .lines()
            .filter(|line| line.contains("ERROR"))
            .take(3)
            .collect();
        bail!("Maven cannot fetch the broker's jars: {}", why.join(" "));
    }
    verify(&half)?;
    fs::rename(&half, folder).context("cannot keep the jars")
}

/// Every jar that is pinned is there, whole, and no other.
fn verify(folder: &Path) -> Result<()> {
    let mut pinned = 0;
    for line in HASHES.lines() {
        let (hash, name) = line.split_once("  ").context("jars.sha256 is damaged")?;
        let bytes = fs::read(folder.join(name)).with_context(|| format!("{name} did not come"))?;
        ensure!(
            hex(&Sha256::digest(bytes)) == hash,
            "{name} is not the file whose hash is in jars.sha256"
        );
        pinned += 1;
    }
    let came = fs::read_dir(folder)?.count();
    ensure!(
        came == pinned,
        "{came} jars came, {pinned} are in jars.sha256"
    );
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn short(hash: &str) -> &str {
    &hash[..12]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jar_that_is_not_what_was_pinned_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let first = HASHES.lines().next().unwrap().split_once("  ").unwrap().1;
        let error = verify(folder.path()).unwrap_err().to_string();
        assert_eq!(error, format!("{first} did not come"));
        fs::write(folder.path().join(first), "something else").unwrap();
        let error = verify(folder.path()).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("{first} is not the file whose hash is in jars.sha256")
        );
    }
}
