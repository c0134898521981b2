//! What goes wrong with processes, records and the broker, each time with every mention counted.

use crate::support::{Folder, Running, eventually, get, post};
use crate::{Ground, counts, process, report, until_reported, without};
use hark_proto::topics;
use hark_stream::{
    Commit, KafkaLog, KafkaOptions, Log, NewRecord, Partitioning, TaskId, TopicName,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The processes that are killed: two that judge, one that counts, one that tells.
const PROCESSES: [(&str, &str); 4] = [
    ("classify", "first"),
    ("classify", "second"),
    ("aggregate", "counting"),
    ("care", "telling"),
];
const KILLS: usize = 30;

pub(crate) fn killed(ground: &Ground) {
    const ROWS: u32 = 600;
    let folder = ground.folder("killed", ROWS);
    let start = |(role, name): (&str, &str)| {
        let mut command = folder.command(&["run", "--role", role, "--log-json"]);
        command.env("HARK_DATA_DIR", format!("data-{name}"));
        Running::start(command)
    };
    let mut running: Vec<Option<Running>> = PROCESSES.map(|each| Some(start(each))).into();
    let import = || {
        let mut command = folder.command(&["import", "reviews.csv", "--role", "ingest"]);
        command.spawn().unwrap()
    };
    let mut ingest = import();
    let mut random = ChaCha8Rng::seed_from_u64(31);
    for _ in 0..KILLS {
        // Anywhere: while it starts, while it takes over, while it works.
        std::thread::sleep(Duration::from_millis(random.random_range(100..2_500)));
        let victim = random.random_range(0..=PROCESSES.len());
        if victim == PROCESSES.len() {
            // It may have read everything by then.
            let _ = ingest.kill();
            ingest.wait().unwrap();
            ingest = import();
        } else {
            running[victim].take().unwrap().kill();
            running[victim] = Some(start(PROCESSES[victim]));
        }
    }
    let _ = ingest.kill();
    ingest.wait().unwrap();
    folder.hark(&["import", "reviews.csv", "--role", "ingest"]);
    until_reported(&folder, &without(ROWS));
    no_alert_twice(&folder);
}

/// Every revision of every alert is there once.
fn no_alert_twice(folder: &Folder) {
    let mut revisions: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for alert in folder.topic("alerts") {
        let id = alert["value"]["id"].as_str().unwrap().to_owned();
        // The first revision of what counts from 0 in JSON is left out, as it is 0.
        let revision = alert["value"]["revision"].as_u64().unwrap_or(0);
        revisions.entry(id).or_default().push(revision);
    }
    assert!(!revisions.is_empty());
    for (id, found) in revisions {
        let different: BTreeSet<u64> = found.iter().copied().collect();
        assert_eq!(different.len(), found.len(), "alert {id}: {found:?}");
    }
}

/// The log of a folder's hark, as somebody else sees it.
pub(crate) fn beside(servers: &str, prefix: &str, folder: &Folder) -> Arc<KafkaLog> {
    KafkaLog::connect(KafkaOptions {
        namespace: format!("{prefix}."),
        ..KafkaOptions::new(servers, folder.path("beside"))
    })
    .unwrap()
}

pub(crate) fn poisoned(ground: &Ground) {
    let folder = ground.folder_with("poisoned", 2, 100);
    let _parts = [
        ("classify", "classify"),
        ("aggregate", "aggregate"),
        ("care", "care"),
    ]
    .map(|(role, name)| process(&folder, role, name));
    let log = beside(&ground.servers(), "poisoned", &folder);
    let mut stranger = log.task(&TaskId::new("stranger", 0), &[]).unwrap();
    let read = [
        topics::ITEMS,
        topics::MENTIONS,
        topics::PANES,
        topics::ALERTS,
    ];
    let poison = |topic: topics::Topic| NewRecord {
        topic: TopicName::new(topic.under("poisoned")),
        partitioning: Partitioning::Broadcast,
        timestamp: 0,
        key: b"nobody".to_vec(),
        value: Some(b"\xffthis is no message of hark's".to_vec()),
        headers: Vec::new(),
    };
    let commit = Commit {
        records: read.map(poison).into(),
        ..Commit::default()
    };
    stranger.commit(&commit).unwrap();
    folder.hark(&["import", "reviews.csv", "--role", "ingest"]);
    let expected = counts(without(100));
    eventually("the counts without the poison", || {
        let found: Value = serde_json::from_str(&folder.report()).ok()?;
        (counts(found) == expected).then_some(())
    });
    // Two partitions each of three topics, and one of the alerts.
    eventually("the dead letters", || {
        (folder.topic("dead-letters").len() == 7).then_some(())
    });
}

/// How long the broker is gone; `HARK_TEST_LONG` for the five minutes that are promised.
fn outage() -> Duration {
    let long = std::env::var_os("HARK_TEST_LONG").is_some();
    Duration::from_secs(if long { 300 } else { 45 })
}

const TOKEN: &str = "whoever-knows-this-may-push-0123456789";
/// Items of a request.
const EACH: usize = 10;
/// More than a process that holds back nothing would grow by, in KiB.
const TOO_MUCH: u64 = 300 * 1024;

pub(crate) fn away(ground: &Ground) {
    let mut broker = ground.start();
    let folder = ground.folder_on(&broker.bootstrap(), "away", 2, 1);
    let source = "[[source]]\nid = \"push\"\nkind = \"http\"\nlisten = \"127.0.0.1:0\"\n\
                  token_file = \"token\"\n";
    let config = std::fs::read_to_string(folder.path("hark.toml")).unwrap();
    folder.write("hark.toml", config + source);
    folder.write("token", TOKEN);
    let mut hark = folder.run();
    let metrics = hark.address("serving /metrics, /healthz and /readyz");
    let address = hark.address("listening for pushed items");
    let mut pushed = Pushed::new(&address);
    for _ in 0..20 {
        assert_eq!(pushed.push(), 202);
    }
    let before = resident_kib(&hark);
    broker.kill(1).unwrap();
    let (gone, mut refused) = (Instant::now(), 0_u32);
    while gone.elapsed() < outage() {
        let answer = pushed.push();
        assert_eq!(
            answer, 503,
            "nothing is taken, and nobody is left without an answer"
        );
        refused += 1;
    }
    assert!(refused > 2, "who pushed was told to wait {refused} times");
    assert_eq!(get(&metrics, "/readyz").status, 503, "nothing gets on");
    let grown = resident_kib(&hark).saturating_sub(before);
    assert!(grown < TOO_MUCH, "it grew by {grown} KiB meanwhile");
    broker.start().unwrap();
    eventually("a push that is taken", || {
        (pushed.push() == 202).then_some(())
    });
    // What was answered 503 nobody knows of, so it is pushed again, as whoever pushes does.
    pushed.all_again();
    let all = pushed.sent as u64;
    eventually("all of them in the report", || {
        (folder.mentions().get("acme") == Some(&all)).then_some(())
    });
    for topic in ["items", "mentions"] {
        let records = folder.topic(topic);
        assert_eq!(
            records.len() as u64,
            all,
            "{topic} has every one once: {records:?}"
        );
    }
    eventually("readiness", || {
        (get(&metrics, "/readyz").status == 200).then_some(())
    });
    assert!(hark.stop().success());
    assert_eq!(report(&folder)["markets"][0]["brands"][0]["mentions"], all);
}

/// Memory that a process has.
fn resident_kib(hark: &Running) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", hark.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.unwrap().trim().trim_end_matches(" kB");
    number.parse().unwrap()
}

/// Who pushes, and what.
struct Pushed<'a> {
    address: &'a str,
    sent: usize,
}

impl<'a> Pushed<'a> {
    fn new(address: &'a str) -> Self {
        Self { address, sent: 0 }
    }

    /// Pushes some more, and says what was answered; 0: the connection broke.
    fn push(&mut self) -> u16 {
        self.sent += EACH;
        self.request(self.sent - EACH)
    }

    fn request(&self, from: usize) -> u16 {
        let items: Vec<Value> = (from..from + EACH)
            .map(|id| {
                json!({
                    "id": id.to_string(), "text": format!("Acme, visit {id}"),
                    "created_at": "2026-03-01T10:00:00Z",
                    "author": { "id": format!("author {}", id % 97) },
                })
            })
            .collect();
        let body = json!(items).to_string();
        post(self.address, TOKEN, "application/json", &body).map_or(0, |answer| answer.status)
    }

    fn all_again(&self) {
        for from in (0..self.sent).step_by(EACH) {
            eventually("a push that is taken", || {
                (self.request(from) == 202).then_some(())
            });
        }
    }
}
