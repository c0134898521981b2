//! What others do with the same records on the same broker, in Python.

use crate::{Outcome, answer};
use serde_json::Value;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

const PACKAGES: [&str; 4] = [
    "quixstreams==3.28.1",
    "confluent-kafka==2.12.2",
    "protobuf==7.36.2",
    "grpcio-tools==1.85.1",
];
const QUIX: &str = include_str!("peers/quix.py");
const COPY: &str = include_str!("peers/copy.py");

#[derive(Clone, Copy)]
pub(super) enum Peer {
    Quix,
    Copy,
}

/// A Python with their packages, and the classes of our messages.
pub(super) struct Peers {
    folder: PathBuf,
}

impl Peers {
    /// Installs them, once.
    pub(super) fn install(cache: &Path) -> Outcome<Self> {
        let folder = std::path::absolute(cache.join("peers"))?;
        let peers = Self { folder };
        let done = peers.folder.join("done");
        if done.exists() {
            return Ok(peers);
        }
        eprintln!(
            "bench: installing the peers in {} …",
            peers.folder.display()
        );
        fs::create_dir_all(&peers.folder)?;
        finish(
            Command::new("python3")
                .args(["-m", "venv"])
                .arg(&peers.folder),
        )?;
        let install = ["-m", "pip", "install", "--quiet"];
        finish(peers.python().args(install).args(PACKAGES))?;
        let protos = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto");
        let classes = [
            "-m",
            "grpc_tools.protoc",
            "hark/v1/mention.proto",
            "hark/v1/common.proto",
            "hark/v1/item.proto",
        ];
        let mut compile = peers.python();
        compile.args(classes);
        compile
            .arg("-I")
            .arg(protos)
            .arg("--python_out")
            .arg(&peers.folder);
        finish(&mut compile)?;
        File::create(done)?;
        Ok(peers)
    }

    fn python(&self) -> Command {
        let mut command = Command::new(self.folder.join("bin/python"));
        command.env("PYTHONPATH", &self.folder);
        command
    }

    /// Has one of them read the load.
    pub(super) fn run(
        &self,
        peer: Peer,
        servers: &str,
        count: u64,
        round: usize,
        folder: &Path,
    ) -> Outcome<Value> {
        let (script, what) = match peer {
            Peer::Quix => (QUIX, "quixstreams, exactly once"),
            Peer::Copy => (COPY, "confluent-kafka, copying in transactions"),
        };
        let mut command = self.python();
        command.args(["-c", script, servers, "load.mentions", &count.to_string()]);
        command.arg(round.to_string()).arg(folder);
        answer(&mut command, what)
    }
}

fn finish(command: &mut Command) -> Outcome<()> {
    let status = command.status()?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("{:?}: {status}", command.get_program()).into()),
    }
}
