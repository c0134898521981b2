//! One broker's process.

use crate::cluster::Security;
use crate::configuration::{Place, scram};
use crate::jars::Jars;
use crate::{GUEST, USER};
use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const STARTED: &str = "Kafka Server started";
const LOG: &str = "broker.log";
const PROPERTIES: &str = "server.properties";
/// A broker answers a second or two after its start; a machine under load may take its time.
const PATIENCE: Duration = Duration::from_secs(90);

/// Prepares a broker's empty data folder.
pub(crate) fn format(jars: &Jars, folder: &Path, cluster: &str, security: Security) -> Result<()> {
    let mut command = jars.java(&["-Xmx256m"], "kafka.tools.StorageTool");
    command
        .args(["format", "-t", cluster, "-c"])
        .arg(folder.join(PROPERTIES));
    if let Security::SaslSsl(_) = security {
        for user in [USER, GUEST] {
            command.args(["--add-scram", &scram(user)]);
        }
    }
    let output = command
        .stdin(Stdio::null())
        .output()
        .context("cannot start Java")?;
    if output.status.success() {
        return Ok(());
    }
    bail!(
        "the broker's folder cannot be formatted: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Starts a broker in its folder, and leaves it to come up.
pub(crate) fn start(jars: &Jars, folder: &Path) -> Result<Child> {
    let log = File::create(folder.join(LOG)).context("cannot write the broker's log")?;
    let options = [
        "-Xms256m",
        "-Xmx512m",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info",
    ];
    jars.java(&options, "kafka.Kafka")
        .arg(folder.join(PROPERTIES))
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        // A Ctrl-C is meant for who started it.
        .process_group(0)
        .spawn()
        .context("cannot start Java")
}

/// Waits until a broker that was started has come up.
pub(crate) fn await_start(folder: &Path, child: &mut Child) -> Result<()> {
    let begun = Instant::now();
    loop {
        let log = fs::read_to_string(folder.join(LOG)).unwrap_or_default();
        if log.contains(STARTED) {
            return Ok(());
        }
        if let Some(status) = child.try_wait()? {
            let lines: Vec<&str> = log.lines().rev().take(12).collect();
            let lines: Vec<&str> = lines.into_iter().rev().collect();
            bail!(
                "the broker ended ({status}) while it started:\n{}",
                lines.join("\n")
            );
        }
        if begun.elapsed() > PATIENCE {
            bail!(
                "the broker did not come up in {} s; its log is {}",
                PATIENCE.as_secs(),
                folder.join(LOG).display()
            );
        }
        sleep(Duration::from_millis(50));
    }
}

/// Whether this process is the broker of this folder: another program may have got its number.
pub(crate) fn is_ours(pid: u32, folder: &Path) -> bool {
    let ours = folder.join(PROPERTIES);
    let command_line = fs::read(format!("/proc/{pid}/cmdline")).or_else(|_| {
        let number = pid.to_string();
        let ps = Command::new("ps")
            .args(["-o", "command=", "-p", &number])
            .output();
        ps.map(|output| output.stdout)
    });
    command_line.is_ok_and(|line| String::from_utf8_lossy(&line).contains(&*ours.to_string_lossy()))
}

/// Sends a signal to the broker of this folder, if it lives.
pub(crate) fn signal(pid: u32, folder: &Path, signal: Signal) -> Result<()> {
    if !is_ours(pid, folder) {
        return Ok(());
    }
    let number = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let number = number.context("a process number out of range")?;
    kill_process(number, signal).with_context(|| format!("cannot signal process {pid}"))
}

/// Waits until the broker of this folder is gone; `false` if it is still there.
pub(crate) fn gone(pid: u32, folder: &Path, wait: Duration) -> bool {
    let begun = Instant::now();
    while is_ours(pid, folder) {
        if begun.elapsed() > wait {
            return false;
        }
        sleep(Duration::from_millis(20));
    }
    true
}

/// Asks a broker which requests it knows, the one question that needs no client library
/// (ApiVersions, version 0, of Kafka's protocol guide), and waits so long for the answer.
pub(crate) fn answers(place: Place, wait: Duration) -> bool {
    let ask = || -> Option<bool> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, place.internal));
        let mut stream = TcpStream::connect_timeout(&address, wait).ok()?;
        stream.set_read_timeout(Some(wait)).ok()?;
        // Length; request 18, version 0, correlation 7; no client id.
        stream
            .write_all(&[0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 7, 0xff, 0xff])
            .ok()?;
        let mut answer = [0; 10];
        stream.read_exact(&mut answer).ok()?;
        // Length; correlation 7, error 0.
        Some(answer[4..] == [0, 0, 0, 7, 0, 0])
    };
    ask().unwrap_or(false)
}

/// Writes a broker's properties into its folder, which is made.
pub(crate) fn write_properties(folder: &Path, properties: &str) -> Result<PathBuf> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let path = folder.join(PROPERTIES);
    let mut file = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(true)
        .open(&path)?;
    file.write_all(properties.as_bytes())?;
    Ok(path)
}
