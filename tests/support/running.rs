//! A hark at work, and waiting for what it does.

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Nothing in these tests takes as long as this, unless it is broken.
const PATIENCE: Duration = Duration::from_secs(90);

/// Asks again and again until there is an answer.
pub(crate) fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(
            started.elapsed() < PATIENCE,
            "{what} did not happen in {PATIENCE:?}"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Waits until a process has written so often to a file, and then so much longer. Returns whether
/// it is still at work.
pub(crate) fn works_until(child: &mut Child, file: &Path, writes: u32, later: Duration) -> bool {
    let stamp = || {
        std::fs::metadata(file)
            .and_then(|found| found.modified())
            .ok()
    };
    let (mut known, mut left, mut reached) = (stamp(), writes, None);
    while child.try_wait().unwrap().is_none() {
        let now = stamp();
        left = left.saturating_sub(u32::from(now != known));
        known = now;
        if left == 0 && reached.get_or_insert_with(Instant::now).elapsed() >= later {
            return true;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    false
}

/// A `hark run` that ends with the test.
pub(crate) struct Running {
    child: Child,
    logs: Receiver<String>,
    seen: Vec<String>,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, logs) = channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                // A test that has heard enough has dropped the receiver.
                let _ = sender.send(line);
            }
        });
        Self {
            child,
            logs,
            seen: Vec::new(),
        }
    }

    /// Waits for a line of the log.
    pub(crate) fn logged(&mut self, message: &str) -> Value {
        loop {
            let Ok(line) = self.logs.recv_timeout(PATIENCE) else {
                panic!("no {message:?} in the log: {:#?}", self.seen);
            };
            let event: Value = serde_json::from_str(&line).unwrap_or_default();
            self.seen.push(line);
            if event["message"] == message {
                return event;
            }
        }
    }

    /// The address that such a line tells.
    pub(crate) fn address(&mut self, message: &str) -> String {
        self.logged(message)["address"].as_str().unwrap().to_owned()
    }

    /// Its number among the machine's processes.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// kill -9.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop, as an init system does, and waits.
    pub(crate) fn stop(mut self) -> ExitStatus {
        let pid = self.pid().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
        eventually("the end of hark", || self.child.try_wait().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
