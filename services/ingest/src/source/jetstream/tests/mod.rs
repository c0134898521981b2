//! Jetstream as a whole, against a server that replays.

mod capture;
mod connections;
mod gaps;

use super::replay::{Archive, ReplayServer, Step};
use super::{JetstreamConfig, JetstreamSource, Pace};
use crate::source::file::tests::pipeline::{Handed, TestPipeline};
use crate::source::{Cursor, RawEvent, Source};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Does not keep tests waiting.
const QUICK: Pace = Pace {
    idle_limit: Duration::from_secs(30),
    first_pause: Duration::from_millis(1),
    longest_pause: Duration::from_millis(5),
};

/// A source that runs, and what it delivers.
struct Running {
    pipeline: TestPipeline,
    stop: CancellationToken,
    source: JoinHandle<()>,
}

impl Running {
    fn start(config: JetstreamConfig, pace: Pace, cursor: Option<Cursor>) -> Self {
        let (intake, pipeline) = TestPipeline::new(10_000);
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let source = tokio::spawn(async move {
            let mut source = JetstreamSource::new("bluesky".into(), config).with_pace(pace);
            source.run(&intake, cursor, stopped).await.unwrap();
        });
        Self {
            pipeline,
            stop,
            source,
        }
    }

    /// Deliveries until `enough` says so of all events so far; the last cursor with them.
    async fn until(
        &mut self,
        enough: impl Fn(&[RawEvent]) -> bool,
    ) -> (Vec<RawEvent>, Option<Cursor>) {
        let (mut all, mut last) = (Vec::new(), None);
        while !enough(&all) {
            let Handed { events, cursor } = self.pipeline.next().await.expect("it runs on");
            all.extend(events);
            last = cursor.or(last);
        }
        (all, last)
    }

    async fn stop(self) {
        self.stop.cancel();
        self.source.await.unwrap();
    }
}

fn config(urls: &[&ReplayServer]) -> JetstreamConfig {
    JetstreamConfig {
        urls: urls.iter().map(|server| server.url()).collect(),
        ..JetstreamConfig::default()
    }
}

/// An invented post at this second, its text its number.
fn post(second: i64) -> String {
    serde_json::json!({
        "did": "did:plc:invented", "time_us": time_us(second), "kind": "commit",
        "commit": {
            "rev": "3mptbypcq372f", "operation": "create", "collection": "app.bsky.feed.post",
            "rkey": format!("r{second}"), "cid": "bafyinvented",
            "record": { "text": second.to_string(), "createdAt": "2026-07-04T14:38:06Z" },
        },
    })
    .to_string()
}

fn time_us(second: i64) -> i64 {
    (1_783_000_000 + second) * 1_000_000
}

fn posts(seconds: std::ops::Range<i64>) -> Archive {
    Archive::of(&seconds.map(post).collect::<Vec<_>>().join("\n"))
}

fn texts(events: &[RawEvent]) -> Vec<&str> {
    let mut texts = Vec::new();
    for event in events {
        if let RawEvent::Upsert(item) = event {
            texts.push(item.text.as_str());
        }
    }
    texts
}

fn cursor_at(second: i64) -> Cursor {
    format!(r#"{{"time_us":{}}}"#, time_us(second)).into_bytes()
}
