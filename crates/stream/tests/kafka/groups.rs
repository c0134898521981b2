//! Several processes that share the tasks of a stage, each time with every record counted.

use crate::copy::{self, Copying};
use crate::faults::{Copier, Fault, Tally, beside, opened};
use crate::ground::{Ground, declared};
use anyhow::{Result, ensure};
use hark_stream::{Assignment, ErrorKind, Event, KafkaLog, KafkaOptions, Log, Membership, Monitor};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Every test of this file.
pub(crate) const ALL: [Fault; 7] = [
    ("two_members_share_the_partitions_and_inherit_them", shared),
    ("a_rebalance_every_two_seconds_loses_nothing", restless),
    ("who_was_killed_is_missed_and_replaced", replaced),
    ("a_task_that_was_followed_is_taken_over_at_once", followed),
    (
        "a_newcomer_has_the_state_before_it_takes_a_task_over",
        forearmed,
    ),
    ("a_process_that_slept_takes_part_again", woken),
    ("a_topic_that_was_given_partitions_is_refused", grown),
];

/// What a member was told so far.
struct Share {
    member: Box<dyn Membership>,
    ours: Vec<u32>,
}

impl Share {
    fn join(log: &KafkaLog) -> Result<Self> {
        Ok(Self {
            member: log.join(copy::STAGE, &copy::input())?,
            ours: Vec::new(),
        })
    }

    fn listen(&mut self) -> Result<()> {
        for assignment in self.member.poll(Duration::from_millis(20))? {
            match assignment {
                Assignment::Assigned(new) => self.ours.extend(new),
                Assignment::Revoked(gone) | Assignment::Lost(gone) => {
                    self.ours.retain(|partition| !gone.contains(partition));
                    self.member.released(&gone)?;
                }
            }
        }
        Ok(())
    }
}

/// Listens until every member has so many partitions, and every partition one member.
fn until_shared(members: &mut [&mut Share], each: usize) -> Result<()> {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        for member in members.iter_mut() {
            member.listen()?;
        }
        let mut all: Vec<u32> = members.iter().flat_map(|m| m.ours.clone()).collect();
        all.sort_unstable();
        let fair = members.iter().all(|member| member.ours.len() == each);
        if fair && all == [0, 1, 2, 3] {
            return Ok(());
        }
        ensure!(Instant::now() < until, "it never came to that: {all:?}");
    }
}

/// Waits until it is so.
fn until(else_say: &str, is_so: impl Fn() -> bool) -> Result<()> {
    let until = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        ensure!(Instant::now() < until, "{else_say}");
        std::thread::park_timeout(Duration::from_millis(20));
    }
    Ok(())
}

fn shared(ground: &Ground) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let options = ground.options(folder.path().join("first"))?;
    let log = declared(options.clone(), 4)?;
    let other = KafkaLog::connect(beside(&options, "second"))?;
    let mut first = Share::join(&log)?;
    until_shared(&mut [&mut first], 4)?;
    let mut second = Share::join(&other)?;
    until_shared(&mut [&mut first, &mut second], 2)?;
    drop(first);
    until_shared(&mut [&mut second], 4)
}

fn restless(ground: &Ground) -> Result<()> {
    let (_folder, options, watching) = opened(ground, 4)?;
    let steady = Copying::start(options.clone())?;
    let mut published = 0;
    // Somebody comes or goes every two seconds, for a minute, and work goes on.
    for round in 0..15 {
        let guest = Copying::start(beside(&options, &format!("guest{}", round % 3)))?;
        for _ in 0..2 {
            let since = Instant::now();
            while since.elapsed() < Duration::from_secs(2) {
                copy::publish(&*watching, published..published + 100)?;
                published += 100;
                std::thread::park_timeout(Duration::from_millis(400));
            }
        }
        guest.stop()?;
    }
    copy::until_copied(&*watching, published)?;
    steady.stop()?;
    copy::check(&*watching, published)
}

fn replaced(ground: &Ground) -> Result<()> {
    let (_folder, options, watching) = opened(ground, 4)?;
    let killed = Copier::start(&options)?;
    copy::publish(&*watching, 0..200)?;
    copy::until_copied(&*watching, 200)?;
    let heir = Copying::start(beside(&options, "heir"))?;
    copy::publish(&*watching, 200..400)?;
    drop(killed);
    copy::publish(&*watching, 400..600)?;
    copy::until_copied(&*watching, 600)?;
    heir.stop()?;
    copy::check(&*watching, 600)
}

fn followed(ground: &Ground) -> Result<()> {
    const EACH: u64 = 5_000;
    let (_folder, options, watching) = opened(ground, 1)?;
    let killed = Copier::start(&options)?;
    copy::publish(&*watching, 0..EACH)?;
    copy::until_copied(&*watching, EACH)?;
    let restored = Tally::of(|event| match event {
        Event::Restoring(_, records) => records,
        _ => 0,
    });
    let heir = Copying::start(KafkaOptions {
        standby: true,
        monitor: Arc::clone(&restored) as Arc<dyn Monitor>,
        ..beside(&options, "heir")
    })?;
    // Each commit writes three records at least: count, position and marker.
    until("it follows nothing", || restored.sum() >= 3 * EACH / 20)?;
    let before = restored.sum();
    drop(killed);
    copy::publish(&*watching, EACH..EACH + 100)?;
    copy::until_copied(&*watching, EACH + 100)?;
    heir.stop()?;
    let at_once = restored.sum() - before;
    ensure!(
        at_once < before / 4,
        "{before} records, and {at_once} when it was taken over"
    );
    copy::check(&*watching, EACH + 100)
}

/// The longest restore, in records: until the first rebalance, and from then on.
#[derive(Default)]
struct Restores {
    before: AtomicU64,
    after: AtomicU64,
    dealt: AtomicBool,
}

impl Monitor for Restores {
    fn note(&self, event: Event<'_>) {
        match event {
            Event::Rebalanced(copy::STAGE) => self.dealt.store(true, Ordering::Release),
            Event::Restoring(_, records) => {
                let dealt = self.dealt.load(Ordering::Acquire);
                let place = if dealt { &self.after } else { &self.before };
                place.fetch_max(records, Ordering::AcqRel);
            }
            _ => {}
        }
    }
}

fn forearmed(ground: &Ground) -> Result<()> {
    const COUNT: u64 = 10_000;
    let (_folder, options, watching) = opened(ground, 2)?;
    let alone = Copying::start(options.clone())?;
    copy::publish(&*watching, 0..COUNT)?;
    copy::until_copied(&*watching, COUNT)?;
    let restores = Arc::<Restores>::default();
    let newcomer = Copying::start(KafkaOptions {
        standby: true,
        monitor: Arc::clone(&restores) as Arc<dyn Monitor>,
        ..beside(&options, "newcomer")
    })?;
    until("it takes nothing over", || {
        restores.after.load(Ordering::Acquire) > 0
    })?;
    copy::publish(&*watching, COUNT..COUNT + 100)?;
    copy::until_copied(&*watching, COUNT + 100)?;
    newcomer.stop()?;
    alone.stop()?;
    let [before, after] =
        [&restores.before, &restores.after].map(|count| count.load(Ordering::Acquire));
    ensure!(
        after < before / 4,
        "{before} records before it joined, and {after} when it had"
    );
    copy::check(&*watching, COUNT + 100)
}

fn woken(ground: &Ground) -> Result<()> {
    let (_folder, options, watching) = opened(ground, 4)?;
    let sleeper = Copier::start(&options)?;
    copy::publish(&*watching, 0..200)?;
    copy::until_copied(&*watching, 200)?;
    sleeper.signal(rustix::process::Signal::STOP)?;
    let other = Copying::start(beside(&options, "other"))?;
    copy::publish(&*watching, 200..400)?;
    // Past the session timeout.
    copy::until_copied(&*watching, 400)?;
    sleeper.signal(rustix::process::Signal::CONT)?;
    copy::publish(&*watching, 400..600)?;
    copy::until_copied(&*watching, 600)?;
    other.stop()?;
    // Whoever slept is a member like any other again.
    copy::publish(&*watching, 600..800)?;
    copy::until_copied(&*watching, 800)?;
    drop(sleeper);
    copy::check(&*watching, 800)
}

fn grown(ground: &Ground) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut options = ground.options(folder.path().join("state"))?;
    let often = ("topic.metadata.refresh.interval.ms", "500");
    options.settings = vec![(often.0.to_owned(), often.1.to_owned())];
    let log = declared(options.clone(), 2)?;
    let mut share = Share::join(&log)?;
    // Keeps the group's name for what is known of the topic when it was joined.
    let copying = Copying::start(beside(&options, "copying"))?;
    ground.grow(&options, &copy::input(), 4)?;
    let until = Instant::now() + Duration::from_secs(120);
    let error = loop {
        ensure!(Instant::now() < until, "nobody noticed");
        if let Err(error) = share.listen() {
            break error;
        }
    };
    ensure!(error.to_string().contains("another prefix"), "{error:?}");
    // The other one stops with the same error, at its next assignment at the latest.
    drop(share);
    match copying.stop() {
        Ok(()) => {}
        Err(hark_stream::StageError::Log(error)) => {
            ensure!(error.kind() == ErrorKind::Misuse, "{error}");
        }
        Err(other) => return Err(other.into()),
    }
    Ok(())
}
