//! One broker or several, with what they need to be found and stopped again later.

use crate::certificates::{self, Validity};
use crate::configuration::{Place, properties};
use crate::jars::Jars;
use crate::process;
use anyhow::{Context, Result, ensure};
use rustix::process::Signal;
use serde::{Deserialize, Serialize};
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const DESCRIPTION: &str = "cluster.json";
/// Ports are free when they are looked for; by the time a broker binds them somebody else may
/// have come.
const ATTEMPTS: usize = 3;
/// How long a broker may take to leave in order.
const FAREWELL: Duration = Duration::from_secs(30);

/// How clients come to a cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Security {
    /// Anybody may do everything.
    #[default]
    Plaintext,
    /// By TLS and SCRAM-SHA-512; see [`USER`](crate::USER) and [`GUEST`](crate::GUEST).
    SaslSsl(Validity),
}

/// What a new cluster is to be.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How many brokers; every topic has as many copies.
    pub brokers: u32,
    /// How clients come.
    pub security: Security,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            brokers: 1,
            security: Security::Plaintext,
        }
    }
}

/// How a broker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It answers.
    Up,
    /// Its process is there and does not answer: paused, or not yet up.
    Silent,
    /// It has no process.
    Down,
}

/// A cluster in a folder. Dropping it stops nothing.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    jars: Jars,
    description: Description,
    /// Those that this very process started, to be waited for when they end.
    children: Vec<Child>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Description {
    secure: bool,
    brokers: Vec<Broker>,
    /// The process whose tests it serves; none for a developer's.
    owner: Option<u32>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Broker {
    #[serde(flatten)]
    place: Place,
    pid: Option<u32>,
}

impl Cluster {
    /// Starts a new cluster in a folder that does not exist yet, and returns once it is up.
    ///
    /// # Errors
    ///
    /// The folder exists, or a broker does not come up; the message has the end of its log.
    pub fn create(jars: &Jars, folder: &Path, options: Options) -> Result<Self> {
        Self::created(jars, folder, options, None)
    }

    fn created(jars: &Jars, folder: &Path, options: Options, owner: Option<u32>) -> Result<Self> {
        ensure!(options.brokers > 0, "a cluster has one broker at least");
        ensure!(
            !folder.exists(),
            "there is a cluster already in {}",
            folder.display()
        );
        let mut attempt = 1;
        loop {
            let started = Self::attempt(jars, folder, options, owner);
            match started {
                Err(error)
                    if attempt < ATTEMPTS && format!("{error:#}").contains("already in use") =>
                {
                    attempt += 1;
                    fs::remove_dir_all(folder)?;
                }
                result => return result,
            }
        }
    }

    fn attempt(jars: &Jars, folder: &Path, options: Options, owner: Option<u32>) -> Result<Self> {
        let places = places(options.brokers)?;
        let secure = options.security != Security::Plaintext;
        // Kafka wants sixteen bytes in base64; which ones does not matter, each cluster has its folder.
        let identity = format!("hark-test-cluster-{:04}", places[0].client % 10_000);
        for place in &places {
            let home = home(folder, place.id);
            let text = properties(*place, &places, options.security, &home);
            process::write_properties(&home, &text)?;
            if let Security::SaslSsl(validity) = options.security {
                certificates::write(&home, validity)?;
            }
            process::format(jars, &home, &identity[..22], options.security)?;
        }
        let brokers = places.iter().map(|place| Broker {
            place: *place,
            pid: None,
        });
        let mut cluster = Self {
            folder: folder.to_owned(),
            jars: jars.clone(),
            description: Description {
                secure,
                brokers: brokers.collect(),
                owner,
            },
            children: Vec::new(),
        };
        if let Err(error) = cluster.start() {
            let _ = cluster.kill_all();
            return Err(error);
        }
        Ok(cluster)
    }

    /// The cluster that an earlier process started in a folder.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn open(jars: &Jars, folder: &Path) -> Result<Self> {
        let path = folder.join(DESCRIPTION);
        let text = fs::read_to_string(&path)
            .with_context(|| format!("there is no cluster in {}", folder.display()))?;
        Ok(Self {
            folder: folder.to_owned(),
            jars: jars.clone(),
            description: serde_json::from_str(&text)
                .with_context(|| format!("{} is damaged", path.display()))?,
            children: Vec::new(),
        })
    }

    /// Where clients find it: `bootstrap.servers`.
    pub fn bootstrap(&self) -> String {
        let brokers = self.description.brokers.iter();
        let addresses: Vec<String> = brokers
            .map(|one| format!("127.0.0.1:{}", one.place.client))
            .collect();
        addresses.join(",")
    }

    /// The certificate authority that clients must trust, if they come by TLS. Each broker has
    /// its own; with several, this is the first one's.
    pub fn authority(&self) -> Option<PathBuf> {
        let first = self.description.brokers.first()?.place.id;
        self.description
            .secure
            .then(|| home(&self.folder, first).join("ca.pem"))
    }

    /// The numbers of its brokers.
    pub fn ids(&self) -> Vec<u32> {
        self.description
            .brokers
            .iter()
            .map(|broker| broker.place.id)
            .collect()
    }

    /// How a broker does.
    pub fn state(&self, id: u32) -> Result<State> {
        let broker = self.broker(id)?;
        let lives = broker
            .pid
            .is_some_and(|pid| process::is_ours(pid, &home(&self.folder, id)));
        Ok(match lives {
            false => State::Down,
            true if process::answers(broker.place, Duration::from_secs(1)) => State::Up,
            true => State::Silent,
        })
    }

    /// Starts the brokers that are down, with the data and the ports they had, and returns once
    /// they are up.
    pub fn start(&mut self) -> Result<()> {
        let mut started = Vec::new();
        for place in 0..self.description.brokers.len() {
            let id = self.description.brokers[place].place.id;
            if self.state(id)? == State::Down {
                let folder = home(&self.folder, id);
                let child = process::start(&self.jars, &folder)?;
                self.description.brokers[place].pid = Some(child.id());
                started.push((folder, child));
            }
        }
        self.remember()?;
        // Several wait for each other: all are started before the first is waited for.
        let mut outcome = Ok(());
        for (folder, mut child) in started {
            if outcome.is_ok() {
                outcome = process::await_start(&folder, &mut child);
            }
            self.children.push(child);
        }
        outcome
    }

    /// Takes a broker's life at once, as a power cut does.
    pub fn kill(&mut self, id: u32) -> Result<()> {
        self.end(id, Signal::KILL)
    }

    /// Asks a broker to leave in order, and waits until it has.
    pub fn stop(&mut self, id: u32) -> Result<()> {
        self.end(id, Signal::TERM)
    }

    /// Freezes a broker: it keeps its connections and answers nothing.
    pub fn pause(&self, id: u32) -> Result<()> {
        self.signal(id, Signal::STOP)
    }

    /// Lets a frozen broker go on.
    pub fn resume(&self, id: u32) -> Result<()> {
        self.signal(id, Signal::CONT)
    }

    /// Ends every broker and removes the folder.
    pub fn remove(mut self) -> Result<()> {
        self.kill_all()?;
        fs::remove_dir_all(&self.folder).context("cannot remove the cluster's folder")
    }

    fn kill_all(&mut self) -> Result<()> {
        self.ids().into_iter().try_for_each(|id| self.kill(id))
    }

    fn signal(&self, id: u32, signal: Signal) -> Result<()> {
        let Some(pid) = self.broker(id)?.pid else {
            return Ok(());
        };
        process::signal(pid, &home(&self.folder, id), signal)
    }

    fn end(&mut self, id: u32, signal: Signal) -> Result<()> {
        self.signal(id, signal)?;
        let folder = home(&self.folder, id);
        if let Some(pid) = self.broker(id)?.pid {
            if !process::gone(pid, &folder, FAREWELL) {
                process::signal(pid, &folder, Signal::KILL)?;
                ensure!(
                    process::gone(pid, &folder, FAREWELL),
                    "broker {id} cannot be killed"
                );
            }
            // It would stay in the table of processes until it is asked how it ended.
            if let Some(place) = self.children.iter().position(|child| child.id() == pid) {
                self.children.swap_remove(place).wait()?;
            }
        }
        for broker in &mut self.description.brokers {
            if broker.place.id == id {
                broker.pid = None;
            }
        }
        self.remember()
    }

    fn broker(&self, id: u32) -> Result<&Broker> {
        let mut brokers = self.description.brokers.iter();
        let found = brokers.find(|broker| broker.place.id == id);
        found.with_context(|| format!("there is no broker {id}; there are {:?}", self.ids()))
    }

    fn remember(&self) -> Result<()> {
        let text = serde_json::to_string_pretty(&self.description)?;
        fs::write(self.folder.join(DESCRIPTION), text).context("cannot write cluster.json")
    }
}

/// A cluster for the time of a test: dropped, it is gone. One whose process was killed before it
/// could drop it is removed when the next is started beside it.
#[derive(Debug)]
pub struct Running(Option<Cluster>);

impl Running {
    /// Starts one in a new folder of `parent`.
    ///
    /// # Errors
    ///
    /// As [`Cluster::create`].
    pub fn start(jars: &Jars, parent: &Path, options: Options) -> Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        remove_orphans(jars, parent)?;
        let owner = std::process::id();
        let folder = parent.join(format!(
            "{owner}-{}",
            NUMBER.fetch_add(1, Ordering::Relaxed)
        ));
        Ok(Self(Some(Cluster::created(
            jars,
            &folder,
            options,
            Some(owner),
        )?)))
    }
}

impl std::ops::Deref for Running {
    type Target = Cluster;

    fn deref(&self) -> &Cluster {
        self.0.as_ref().expect("there until it is dropped")
    }
}

impl std::ops::DerefMut for Running {
    fn deref_mut(&mut self) -> &mut Cluster {
        self.0.as_mut().expect("there until it is dropped")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(Err(error)) = self.0.take().map(Cluster::remove) {
            #[allow(clippy::print_stderr, reason = "a test's terminal")]
            {
                eprintln!("a broker may be left over: {error:#}");
            }
        }
    }
}

fn remove_orphans(jars: &Jars, parent: &Path) -> Result<()> {
    fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
    for entry in fs::read_dir(parent)?.flatten() {
        let Ok(cluster) = Cluster::open(jars, &entry.path()) else {
            continue;
        };
        let owner = cluster.description.owner;
        if owner.is_some_and(|owner| !Path::new(&format!("/proc/{owner}")).exists()) {
            // Another test may be about the same.
            let _ = cluster.remove();
        }
    }
    Ok(())
}

fn home(folder: &Path, id: u32) -> PathBuf {
    folder.join(format!("broker-{id}"))
}

/// Ports that are free now, all of them different.
fn places(brokers: u32) -> Result<Vec<Place>> {
    let mut held = Vec::new();
    let mut port = || -> Result<u16> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
        let port = listener.local_addr()?.port();
        held.push(listener);
        Ok(port)
    };
    (1..=brokers)
        .map(|id| {
            Ok(Place {
                id,
                client: port()?,
                internal: port()?,
                controller: port()?,
            })
        })
        .collect()
}
