//! What goes wrong with machines, brokers and processes, each time with every record counted.

use crate::copy::{self, Copying};
use crate::ground::{Ground, declared, fails};
use anyhow::{Context, Result, ensure};
use hark_stream::{
    Commit, Event, KafkaLog, KafkaOptions, Limit, Log, Monitor, StateChange, Task, TaskId,
};
use kafka_broker::{GUEST, PASSWORD, Security, USER, Validity};
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Told to the process that is killed.
pub(crate) const CHILD: &str = "HARK_TEST_COPY";

/// A test with its name.
pub(crate) type Fault = (&'static str, fn(&Ground) -> Result<()>);

/// Every test of this file.
pub(crate) const ALL: [Fault; 15] = [
    ("a_task_goes_on_elsewhere_with_all_it_knew", elsewhere),
    ("a_restart_with_its_store_reads_no_changelog", restarted),
    ("a_store_that_is_behind_follows_and_is_written_soon", behind),
    ("a_damaged_store_is_built_anew", damaged),
    ("a_broker_that_is_killed_loses_nothing", broker_killed),
    ("a_broker_that_is_away_for_long_loses_nothing", long_away),
    ("what_a_broker_forgot_is_done_again", forgetful),
    ("a_process_that_is_killed_loses_nothing", killed),
    ("a_store_of_another_version_is_built_anew", outdated),
    ("who_is_told_to_stop_leaves_nothing_to_do_again", stopped),
    ("a_transaction_that_timed_out_is_done_again", stalled),
    ("what_retention_took_too_early_is_said", outrun),
    ("what_comes_close_together_shares_a_transaction", gathered),
    ("who_may_not_come_in_is_told_why", outside),
    ("who_may_do_nothing_is_told_so", guest),
];

/// Options of a log of its own, and who watches it from elsewhere.
pub(crate) fn opened(
    ground: &Ground,
    partitions: u32,
) -> Result<(TempDir, KafkaOptions, Arc<KafkaLog>)> {
    let folder = tempfile::tempdir()?;
    let options = ground.options(folder.path().join("state"))?;
    let watching = declared(beside(&options, "watching"), partitions)?;
    Ok((folder, options, watching))
}

/// The same cluster and names, as seen from another machine: with a folder of its own.
pub(crate) fn beside(options: &KafkaOptions, folder: &str) -> KafkaOptions {
    KafkaOptions {
        folder: options.folder.with_file_name(folder),
        ..options.clone()
    }
}

fn elsewhere(ground: &Ground) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let here = ground.options(folder.path().join("here"))?;
    let there = beside(&here, "there");
    let log = declared(here.clone(), 1)?;
    let copying = Copying::start(there)?;
    copy::publish(&*log, 0..100)?;
    copy::until_copied(&*log, 100)?;
    copying.stop()?;
    copy::publish(&*log, 100..200)?;
    drop(log);
    let copying = Copying::start(here.clone())?;
    let log = KafkaLog::connect(beside(&here, "watching"))?;
    copy::until_copied(&*log, 200)?;
    copying.stop()?;
    copy::check(&*log, 200)
}

fn restarted(ground: &Ground) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let options = ground.options(folder.path().join("state"))?;
    let log = declared(options.clone(), 1)?;
    copy::publish(&*log, 0..100)?;
    drop(log);
    for round in 1..4_u64 {
        let copying = Copying::start(options.clone())?;
        let watching = KafkaLog::connect(beside(&options, "watching"))?;
        copy::until_copied(&*watching, 100 * round)?;
        copying.stop()?;
        copy::publish(&*watching, 100 * round..100 * (round + 1))?;
    }
    let copying = Copying::start(options.clone())?;
    let log = KafkaLog::connect(beside(&options, "watching"))?;
    copy::until_copied(&*log, 400)?;
    copying.stop()?;
    copy::check(&*log, 400)
}

/// Opens a task again and again, each time as if the one before had been killed at that moment.
fn behind(ground: &Ground) -> Result<()> {
    const EACH: u64 = 500;
    let folder = tempfile::tempdir()?;
    let followed = Tally::of(|event| match event {
        Event::Restoring(_, records) => records,
        _ => 0,
    });
    let log = KafkaLog::connect(KafkaOptions {
        monitor: Arc::clone(&followed) as Arc<dyn Monitor>,
        ..ground.options(folder.path().join("state"))?
    })?;
    let filled = |round: &str| -> Result<(Box<dyn Task>, u64)> {
        let before = followed.sum();
        let mut task = log.task(&TaskId::new("behind", 0), &[])?;
        let followed = followed.sum() - before;
        let change = |number: u64| StateChange {
            key: format!("{number:03}").into_bytes(),
            value: Some(round.as_bytes().to_vec()),
        };
        task.commit(&Commit {
            state: (0..EACH).map(change).collect(),
            ..Commit::default()
        })?;
        Ok((task, followed))
    };
    let (killed, _) = filled("first")?;
    let (mut idle, follows) = filled("second")?;
    ensure!(follows >= EACH, "followed {follows} after a kill");
    drop(killed);
    let one = Limit {
        records: 1,
        bytes: 1,
    };
    idle.poll(one, Duration::from_millis(2_500))?;
    let (closed, follows) = filled("third")?;
    ensure!(follows < EACH, "followed {follows} after a rest");
    drop((idle, closed));
    let (task, follows) = filled("fourth")?;
    ensure!(follows < EACH, "followed {follows} after a farewell");
    let mut count = 0;
    task.scan(b"0", b"9", &mut |_, value| {
        count += u64::from(value == b"fourth");
        true
    })?;
    ensure!(count == EACH, "{count} of {EACH} keys");
    Ok(())
}

fn damaged(ground: &Ground) -> Result<()> {
    anew(ground, spoil)
}

fn outdated(ground: &Ground) -> Result<()> {
    anew(ground, |file| {
        let store = rusqlite::Connection::open(file)?;
        Ok(store.pragma_update(None, "user_version", 9_999)?)
    })
}

/// Something happens to the store between two runs.
fn anew(ground: &Ground, happens: fn(&Path) -> Result<()>) -> Result<()> {
    let (_folder, options, watching) = opened(ground, 1)?;
    for round in 0..2 {
        copy::publish(&*watching, 100 * round..100 * (round + 1))?;
        let copying = Copying::start(options.clone())?;
        copy::until_copied(&*watching, 100 * (round + 1))?;
        copying.stop()?;
        happens(&options.folder.join("hark.db"))?;
    }
    copy::check(&*watching, 200)
}

/// Overwrites the middle of a file.
fn spoil(file: &Path) -> Result<()> {
    let mut bytes = std::fs::read(file)?;
    let half = bytes.len() / 2;
    bytes[half - 2000..half + 2000].fill(0xa5);
    std::fs::write(file, bytes)?;
    Ok(())
}

fn stopped(ground: &Ground) -> Result<()> {
    let (_folder, options, watching) = opened(ground, 4)?;
    let publisher = Arc::clone(&watching);
    let publishing = std::thread::spawn(move || copy::publish(&*publisher, 0..2000));
    let mut steps = 0;
    for stop in 1..=5 {
        let copying = Copying::start(options.clone())?;
        copy::until_copied(&*watching, 300 * stop)?;
        steps += copying.stop_and_count()?;
    }
    publishing.join().unwrap()?;
    let copying = Copying::start(options)?;
    copy::until_copied(&*watching, 2000)?;
    steps += copying.stop_and_count()?;
    ensure!(
        steps == 2000,
        "{steps} records were stepped over for 2000 that there are"
    );
    copy::check(&*watching, 2000)
}

fn stalled(ground: &Ground) -> Result<()> {
    let (_folder, options, watching) = opened(ground, 1)?;
    let copier = Copier::start(&options)?;
    let publisher = Arc::clone(&watching);
    let publishing = std::thread::spawn(move || copy::publish(&*publisher, 0..4000));
    copy::until_copied(&*watching, 500)?;
    copier.signal(rustix::process::Signal::STOP)?;
    // Longer than a transaction may take, and than the broker takes to look for such.
    std::thread::park_timeout(Duration::from_secs(45));
    copier.signal(rustix::process::Signal::CONT)?;
    publishing.join().unwrap()?;
    copy::until_copied(&*watching, 4000)?;
    drop(copier);
    copy::check(&*watching, 4000)
}

/// Adds up what a log says of some of its events.
pub(crate) struct Tally {
    of: fn(Event<'_>) -> u64,
    sum: AtomicU64,
}

impl Tally {
    pub(crate) fn of(of: fn(Event<'_>) -> u64) -> Arc<Self> {
        let sum = AtomicU64::new(0);
        Arc::new(Self { of, sum })
    }

    pub(crate) fn sum(&self) -> u64 {
        self.sum.load(Ordering::Acquire)
    }
}

impl Monitor for Tally {
    fn note(&self, event: Event<'_>) {
        self.sum.fetch_add((self.of)(event), Ordering::AcqRel);
    }
}

fn gathered(ground: &Ground) -> Result<()> {
    const INTERVAL: Duration = Duration::from_millis(500);
    let commits = Tally::of(|event| match event {
        Event::Committed(copy::STAGE, _) => 1,
        _ => 0,
    });
    let (_folder, options, watching) = opened(ground, 1)?;
    let options = KafkaOptions {
        commit_interval: INTERVAL,
        monitor: Arc::clone(&commits) as Arc<dyn Monitor>,
        ..options
    };
    let begun = Instant::now();
    let copying = Copying::start(options)?;
    // A few at a time, each of which would be a transaction.
    for number in 0..25 {
        copy::publish(&*watching, number..number + 1)?;
    }
    copy::until_copied(&*watching, 25)?;
    let intervals = begun.elapsed().as_millis() / INTERVAL.as_millis();
    copying.stop()?;
    copy::check(&*watching, 25)?;
    // Besides, the one that takes the task over, and the last, which waits for nobody.
    let most = u64::try_from(intervals)? + 3;
    let commits = commits.sum();
    ensure!(
        commits <= most,
        "{commits} commits in {intervals} intervals"
    );
    Ok(())
}

fn outrun(ground: &Ground) -> Result<()> {
    let missed = Tally::of(|event| match event {
        Event::Missed(_, records) => records,
        _ => 0,
    });
    let (_folder, options, watching) = opened(ground, 1)?;
    let options = KafkaOptions {
        monitor: Arc::clone(&missed) as Arc<dyn Monitor>,
        ..options
    };
    copy::publish(&*watching, 0..100)?;
    let copying = Copying::start(options.clone())?;
    copy::until_copied(&*watching, 100)?;
    copying.stop()?;
    copy::publish(&*watching, 100..200)?;
    let kept = watching.read(&copy::input(), 0, 0, crate::ground::ALL)?[150].offset;
    ground.forget(&options, &copy::input(), kept)?;
    let copying = Copying::start(options)?;
    copy::until_copied(&*watching, 150)?;
    copying.stop()?;
    let missed = missed.sum();
    ensure!(missed >= 50, "{missed} offsets were said to be missed");
    let copied = watching.read(&copy::output(), 0, 0, crate::ground::ALL)?;
    let last = copied.last().and_then(|record| record.value.as_deref());
    ensure!(last == Some(b"199"), "the newest one was copied last");
    Ok(())
}

fn broker_killed(ground: &Ground) -> Result<()> {
    under_load(ground, 1, 3000, &[300, 1200], Duration::ZERO)
}

fn long_away(ground: &Ground) -> Result<()> {
    // Longer than a session, and than one attempt to commit.
    let outage = Duration::from_secs(25);
    under_load(ground, 2, 6000, &[500, 2000, 3500], outage)
}

/// The broker is killed each time that so many are copied, and is away for so long.
fn under_load(
    ground: &Ground,
    partitions: u32,
    all: u64,
    kills: &[u64],
    outage: Duration,
) -> Result<()> {
    let mut broker = ground.broker(Security::Plaintext)?;
    let folder = tempfile::tempdir()?;
    let options = KafkaOptions {
        servers: broker.bootstrap(),
        ..ground.options(folder.path().join("state"))?
    };
    let watching = declared(beside(&options, "watching"), partitions)?;
    let copying = Copying::start(options)?;
    let publisher = Arc::clone(&watching);
    let publishing = std::thread::spawn(move || copy::publish(&*publisher, 0..all));
    for at in kills {
        copy::until_copied(&*watching, *at)?;
        broker.kill(1)?;
        std::thread::park_timeout(outage);
        broker.start()?;
    }
    publishing.join().unwrap()?;
    copy::until_copied(&*watching, all)?;
    copying.stop()?;
    copy::check(&*watching, all)
}

/// The broker dies the moment it has acknowledged a commit, before it has told the partitions: the
/// one moment at which it may forget what it said.
fn forgetful(ground: &Ground) -> Result<()> {
    let mut broker = ground.broker(Security::Plaintext)?;
    let folder = tempfile::tempdir()?;
    let options = KafkaOptions {
        servers: broker.bootstrap(),
        ..ground.options(folder.path().join("state"))?
    };
    let log = declared(options, 2)?;
    let id = TaskId::new("counts", 0);
    let mut task = log.task(&id, &[])?;
    for round in 0..4 {
        // Whoever had the task goes on with it, or somebody else does.
        if round % 2 == 0 {
            task = log.task(&id, &[])?;
        }
        for _ in 0..3 {
            copy::count_on(&*log, &mut *task)?;
        }
        broker.kill(1)?;
        let starting = std::thread::spawn(move || {
            // Longer than one attempt to commit.
            std::thread::park_timeout(Duration::from_secs(17));
            broker.start().map(|()| broker)
        });
        if round % 2 == 0 {
            copy::count_on(&*log, &mut *task)?;
        }
        broker = starting.join().unwrap()?;
    }
    task = log.task(&id, &[])?;
    copy::count_on(&*log, &mut *task)?;
    let counted = copy::counted(&*task)?;
    for partition in 0..2 {
        let found = log.read(&copy::input(), partition, 0, crate::ground::ALL)?;
        let found: Vec<_> = found
            .iter()
            .map(|record| String::from_utf8_lossy(record.value.as_deref().unwrap_or_default()))
            .collect();
        let expected: Vec<_> = (1..=counted).map(|number| number.to_string()).collect();
        ensure!(
            found == expected,
            "partition {partition} has {found:?}, counted were {counted}"
        );
    }
    Ok(())
}

/// A process of its own that copies until somebody ends it.
pub(crate) struct Copier(Child);

impl Copier {
    pub(crate) fn start(options: &KafkaOptions) -> Result<Self> {
        let told = format!(
            "{}\n{}\n{}",
            options.servers,
            options.namespace,
            options.folder.display()
        );
        let child = Command::new(std::env::current_exe()?)
            .env(CHILD, told)
            .spawn()?;
        Ok(Self(child))
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) -> Result<()> {
        let pid = i32::try_from(self.0.id())?;
        let pid = rustix::process::Pid::from_raw(pid).context("a process has a number")?;
        Ok(rustix::process::kill_process(pid, signal)?)
    }
}

impl Drop for Copier {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn killed(ground: &Ground) -> Result<()> {
    let (_folder, options, watching) = opened(ground, 1)?;
    let publisher = Arc::clone(&watching);
    let publishing = std::thread::spawn(move || copy::publish(&*publisher, 0..2500));
    let mut random = 20_261_123_u64;
    for kill in 0..10 {
        let copier = Copier::start(&options)?;
        copy::until_copied(&*watching, 200 * kill + 1)?;
        // Anywhere in the next fifty milliseconds.
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        std::thread::park_timeout(Duration::from_millis(random >> 33 & 63));
        drop(copier);
    }
    publishing.join().unwrap()?;
    let copier = Copier::start(&options)?;
    copy::until_copied(&*watching, 2500)?;
    drop(copier);
    copy::check(&*watching, 2500)
}

/// How one comes to a broker that asks for passwords.
fn credentials(user: &str, password: &str, authority: &Path) -> Vec<(String, String)> {
    [
        ("security.protocol", "SASL_SSL"),
        ("sasl.mechanism", "SCRAM-SHA-512"),
        ("sasl.username", user),
        ("sasl.password", password),
        ("ssl.ca.location", &authority.to_string_lossy()),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

fn outside(ground: &Ground) -> Result<()> {
    let folder = tempfile::tempdir()?;
    for validity in [Validity::Valid, Validity::Expired] {
        let broker = ground.broker(Security::SaslSsl(validity))?;
        let authority = broker.authority().context("a certificate")?;
        let come = |password: &str, name: &str| -> Result<_> {
            Ok(KafkaLog::connect(KafkaOptions {
                servers: broker.bootstrap(),
                settings: credentials(USER, password, &authority),
                ..ground.options(folder.path().join(format!("{name}-{validity:?}")))?
            })?)
        };
        let log = come(PASSWORD, "right")?;
        match validity {
            Validity::Valid => {
                copy::prepare(&*log, 1);
                fails(come("wrong", "wrong")?.topics(), "the password")?;
            }
            Validity::Expired => fails(log.topics(), "the certificate")?,
        }
    }
    Ok(())
}

fn guest(ground: &Ground) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let broker = ground.broker(Security::SaslSsl(Validity::Valid))?;
    let authority = broker.authority().context("a certificate")?;
    let options = KafkaOptions {
        servers: broker.bootstrap(),
        settings: credentials(USER, PASSWORD, &authority),
        ..ground.options(folder.path().join("host"))?
    };
    let host = declared(options.clone(), 1)?;
    copy::publish(&*host, 0..10)?;
    let log = KafkaLog::connect(KafkaOptions {
        settings: credentials(GUEST, PASSWORD, &authority),
        folder: folder.path().join("guest"),
        ..options
    })?;
    let task = log.task(&TaskId::new(copy::STAGE, 0), &[copy::input()]);
    fails(task.map(drop), "may not")
}
