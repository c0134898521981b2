//! The demo's posts, written for it, and when each is heard.

use crate::demo_posts::{self, Phase, Post};
use hark_ingest::{Cursor, Delivery, Intake, RawAuthor, RawEvent, RawItem, Source, SourceError};
use hark_model::{Rating, SourceId, Timestamp};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Event time at which the incident begins, from the start.
const INCIDENT: i64 = 28 * 60;
/// How long the incident's posts take to be written.
const INCIDENT_LASTS: i64 = 22 * 60;
/// All the posts of ordinary life are spread over this much event time.
const ORDINARY: i64 = 150 * 60;
/// After this much event time there is nothing left to say.
const END: i64 = ORDINARY;

/// Says what people of the invented market say.
pub(super) struct DemoSource {
    id: SourceId,
    seed: u64,
    speed: i64,
}

impl DemoSource {
    pub(super) fn new(seed: u64, speed: i64) -> Self {
        Self {
            id: SourceId::new("demo"),
            seed,
            speed,
        }
    }
}

/// The posts with the second of event time at which each is written, in that order.
fn script(seed: u64) -> Vec<(i64, Post)> {
    let posts = demo_posts::all();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut ordinary: Vec<Post> = posts
        .iter()
        .filter(|post| post.phase == Phase::Normal)
        .cloned()
        .collect();
    ordinary.shuffle(&mut random);
    let mut script: Vec<(i64, Post)> = Vec::with_capacity(posts.len());
    script.extend(
        ordinary
            .into_iter()
            .map(|post| (random.random_range(0..ORDINARY), post)),
    );
    for (phase, from, lasts) in [
        (Phase::Incident, INCIDENT, INCIDENT_LASTS),
        (Phase::Recovery, INCIDENT + INCIDENT_LASTS, INCIDENT_LASTS),
    ] {
        let of_phase: Vec<&Post> = posts.iter().filter(|post| post.phase == phase).collect();
        let pace = lasts / i64::try_from(of_phase.len().max(1)).unwrap_or(1);
        for (place, post) in (0..).zip(of_phase) {
            let jitter = random.random_range(0..pace.max(1) * 2);
            script.push((from + place * pace + jitter, post.clone()));
        }
    }
    script.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.id.cmp(&b.1.id)));
    script
}

impl Source for DemoSource {
    fn id(&self) -> &SourceId {
        &self.id
    }

    fn run<'a>(
        &'a mut self,
        intake: &'a Intake,
        _cursor: Option<Cursor>,
        stop: CancellationToken,
    ) -> Pin<Box<dyn Future<Output = Result<(), SourceError>> + Send + 'a>> {
        Box::pin(async move {
            // Event time ends with the present, so that nothing in the demo lies ahead.
            let start = jiff::Timestamp::now().as_second() - END;
            let began = tokio::time::Instant::now();
            for (second, post) in script(self.seed) {
                let wait =
                    Duration::from_millis(u64::try_from(second * 1_000 / self.speed).unwrap_or(0));
                tokio::select! {
                    biased; // being stopped comes before the next post
                    () = stop.cancelled() => return Ok(()),
                    () = tokio::time::sleep_until(began + wait) => {}
                }
                let event = RawEvent::Upsert(Box::new(raw(post, start + second)));
                let delivery = Delivery {
                    events: vec![event],
                    cursor: None,
                };
                if intake.deliver(delivery).await.is_err() {
                    return Ok(());
                }
            }
            stop.cancelled().await;
            Ok(())
        })
    }
}

fn raw(post: Post, second: i64) -> RawItem {
    let created_at = Timestamp::from_seconds(second);
    RawItem {
        url: Some(format!("https://{}.example/{}", post.source, post.id)),
        author: Some(RawAuthor {
            id: post.author.clone(),
            handle: Some(post.author),
            followers: post.followers,
        }),
        parent: post.reply_to,
        rating: post.rating.map(|value| Rating {
            value,
            min: 1.0,
            max: 5.0,
        }),
        ..RawItem::new(post.id, post.text, created_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_stream_and_another_one_another() {
        let ids = |seed| {
            script(seed)
                .into_iter()
                .map(|(at, p)| (at, p.id))
                .collect::<Vec<_>>()
        };
        assert_eq!(ids(1), ids(1));
        assert_ne!(ids(1), ids(2));
    }

    #[test]
    fn several_hundred_different_posts_are_said_each_once() {
        let script = script(7);
        let texts: std::collections::BTreeSet<_> = script.iter().map(|(_, p)| &p.text).collect();
        assert!(script.len() > 500);
        assert_eq!(texts.len(), script.len());
    }
}
