//! What a source's writer puts on the items topic.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use hark_ingest::query::{Query, QuerySet};
use hark_ingest::{
    Around, Config, Delivery, IngestMetrics, Intake, Pipeline, Pseudonyms, RawAuthor, RawEvent,
    RawItem, Receipt, Topics, Worker,
};
use hark_model::{AuthorKey, BrandId, ItemEvent, Timestamp, Version};
use hark_proto::{Encoding, Wire};
use hark_stream::{
    Cleanup, EmbeddedLog, EmbeddedOptions, Error, ErrorKind, Limit, Log, SystemClock, TopicName,
    TopicSpec,
};
use std::sync::Arc;
use std::thread::JoinHandle;

/// A source called `web` with its writer at work.
struct Scene {
    _folder: tempfile::TempDir,
    log: Arc<dyn Log>,
    intake: Intake,
    writer: JoinHandle<()>,
    runtime: tokio::runtime::Runtime,
}

const PEPPER: [u8; 32] = [7; 32];

fn open(
    log: &Arc<dyn Log>,
    pepper: &[u8],
    keep_unknown_deletes: bool,
) -> Result<(Worker, Intake), Error> {
    let query = Query::parse("acme").unwrap();
    let queries = QuerySet::build([(BrandId::new("acme"), query)]).unwrap();
    let pipeline = Pipeline::new(
        "web".into(),
        Arc::new(queries),
        Pseudonyms::new(pepper),
        &Config::default(),
    );
    let metrics = hark_telemetry::Metrics::new();
    let around = Around {
        log: Arc::clone(log),
        topics: Topics {
            items: TopicName::new("items"),
            dead_letters: TopicName::new("dead"),
            encoding: Encoding::default(),
        },
        metrics: IngestMetrics::new(&metrics),
        progress: hark_telemetry::Health::default().part("ingest.web"),
        clock: Arc::new(SystemClock),
        stop: Arc::default(),
        queue: 100,
        keep_unknown_deletes,
    };
    let (worker, intake, _) = Worker::open(pipeline, around)?;
    Ok((worker, intake))
}

impl Scene {
    fn new(keep_unknown_deletes: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log: Arc<dyn Log> =
            EmbeddedLog::open(folder.path(), EmbeddedOptions::default()).unwrap();
        let topic = |name: &str| TopicSpec {
            name: TopicName::new(name),
            partitions: 1,
            cleanup: Cleanup::default(),
        };
        log.declare(&[topic("items"), topic("dead")]).unwrap();
        let (worker, intake) = open(&log, &PEPPER, keep_unknown_deletes).unwrap();
        Self {
            _folder: folder,
            log,
            intake,
            writer: std::thread::spawn(|| worker.run().unwrap()),
            runtime: tokio::runtime::Runtime::new().unwrap(),
        }
    }

    fn delivers(&self, events: Vec<RawEvent>) -> Receipt {
        let delivery = Delivery {
            events,
            cursor: None,
        };
        self.runtime.block_on(self.intake.commit(delivery)).unwrap()
    }

    /// What was written, once the writer is done.
    fn written(self) -> Vec<ItemEvent> {
        drop(self.intake);
        self.writer.join().unwrap();
        let limit = Limit {
            records: 100,
            bytes: 1 << 20,
        };
        let records = self
            .log
            .read(&TopicName::new("items"), 0, 0, limit)
            .unwrap();
        let event = |value: &Arc<[u8]>| ItemEvent::decode(value).unwrap();
        records
            .iter()
            .map(|r| event(r.value.as_ref().unwrap()))
            .collect()
    }
}

fn version(order: i64) -> Version {
    Version {
        order,
        tag: Arc::from(""),
    }
}

fn says(order: i64, author: Option<&str>, text: &str) -> RawEvent {
    let author = author.map(|id| RawAuthor {
        id: id.to_owned(),
        handle: None,
        followers: None,
    });
    let mut item = RawItem::new("1", text, Timestamp::from_millis(0));
    item.version = version(order);
    item.author = author;
    RawEvent::Upsert(Box::new(item))
}

fn deleted(order: i64) -> RawEvent {
    RawEvent::Delete {
        native_id: "1".to_owned(),
        version: version(order),
        author: None,
    }
}

fn ann() -> Option<AuthorKey> {
    Some(Pseudonyms::new(&PEPPER).of(&"web".into(), "ann"))
}

/// Of each event who is named in it, and whether it takes the item away.
fn told(events: &[ItemEvent]) -> Vec<(Option<AuthorKey>, bool)> {
    let one = |event: &ItemEvent| match event {
        ItemEvent::Upsert(item) => (item.author.map(|author| author.key), false),
        ItemEvent::Delete(delete) => (delete.author, true),
        other => panic!("{other:?}"),
    };
    events.iter().map(one).collect()
}

#[test]
fn a_deletion_names_the_author_though_the_source_did_not() {
    let scene = Scene::new(false);
    scene.delivers(vec![says(1, Some("ann"), "acme")]);
    assert_eq!(scene.delivers(vec![deleted(2)]).accepted, 1);
    assert_eq!(told(&scene.written()), [(ann(), false), (ann(), true)]);
}

#[test]
fn an_edit_that_names_no_brand_any_more_takes_the_item_from_its_author() {
    let scene = Scene::new(false);
    scene.delivers(vec![says(1, Some("ann"), "acme")]);
    scene.delivers(vec![says(2, None, "nobody")]);
    assert_eq!(told(&scene.written()), [(ann(), false), (ann(), true)]);
}

#[test]
fn an_item_that_changes_hands_is_taken_back_first() {
    let scene = Scene::new(false);
    scene.delivers(vec![says(1, Some("ann"), "acme")]);
    let receipt = scene.delivers(vec![says(2, None, "acme")]);
    assert_eq!(receipt.accepted, 1);
    let written = scene.written();
    assert_eq!(
        told(&written),
        [(ann(), false), (ann(), true), (None, false)]
    );
    let ItemEvent::Delete(delete) = &written[1] else {
        panic!("{written:?}")
    };
    assert_eq!(delete.version, version(2));
}

#[test]
fn a_second_delivery_writes_nothing() {
    let scene = Scene::new(false);
    let event = || vec![says(1, Some("ann"), "acme")];
    scene.delivers(event());
    assert_eq!(scene.delivers(event()).duplicate, 1);
    assert_eq!(scene.delivers([event(), event()].concat()).duplicate, 2);
    assert_eq!(scene.written().len(), 1);
}

#[test]
fn a_deletion_of_what_nobody_asked_for_is_passed_on_only_where_it_may_come_first() {
    let scene = Scene::new(false);
    assert_eq!(scene.delivers(vec![deleted(2)]).filtered, 1);
    assert_eq!(scene.written().len(), 0);
    let scene = Scene::new(true);
    assert_eq!(scene.delivers(vec![deleted(2)]).accepted, 1);
    assert_eq!(
        scene.delivers(vec![says(1, Some("ann"), "acme")]).duplicate,
        1
    );
    assert_eq!(told(&scene.written()), [(None, true)]);
}

#[test]
fn another_pepper_than_before_is_refused() {
    let scene = Scene::new(false);
    drop(scene.intake);
    scene.writer.join().unwrap();
    let log = scene.log;
    let refused = open(&log, &[8; 32], false).err().unwrap();
    assert_eq!(refused.kind(), ErrorKind::Misuse);
    assert!(refused.to_string().contains("another pepper"), "{refused}");
    assert!(open(&log, &PEPPER, false).is_ok());
}
