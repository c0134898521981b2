//! Mentions in; share of voice, standing and alerts out.

use crate::metrics::AggregateMetrics;
use crate::store::StepStore;
use hark_insight::{Aggregator, Cause, Config, Insight, Outcome, StoreError, TimeMode};
use hark_model::{BrandId, MentionEvent, Timestamp};
use hark_proto::{DecodeError, Wire, cloud_event_headers, dead_letter, topics};
use hark_stream::{
    Commit, Limit, NewRecord, Partitioning, Record, Stage, StageError, State, TopicName,
};
use std::collections::VecDeque;
use std::sync::Arc;

/// The stage's name: its consumer group, and the `hark-stage` header of its dead letters.
pub const STAGE: &str = "aggregate";

/// Where the stage writes.
#[derive(Clone, Debug)]
pub struct Topics {
    /// Share of voice, keyed market/brand/window.
    pub share_of_voice: TopicName,
    /// Author standing, keyed brand/author.
    pub authors: TopicName,
    /// Alerts, keyed by their id.
    pub alerts: TopicName,
    /// Records it could not use.
    pub dead_letters: TopicName,
}

impl Topics {
    /// The topics' names under a prefix: `hark` gives `hark.alerts` and so on.
    pub fn with_prefix(prefix: &str) -> Self {
        let name = |topic: topics::Topic| TopicName::new(topic.under(prefix));
        Self {
            share_of_voice: name(topics::SHARE_OF_VOICE),
            authors: name(topics::AUTHORS),
            alerts: name(topics::ALERTS),
            dead_letters: name(topics::DEAD_LETTERS),
        }
    }
}

/// Runs the calculus over one partition of the mentions.
pub struct AggregateStage {
    config: Config,
    topics: Topics,
    metrics: AggregateMetrics,
    /// Absent before the first step, and after a failed one: then it is restored from what is
    /// committed.
    aggregator: Option<Aggregator>,
    /// What the step at hand decides.
    decided: Tally,
    /// What steps decided whose commits are under way, oldest first.
    under_way: VecDeque<Tally>,
}

/// What a step decided, counted when it is committed.
#[derive(Default)]
struct Tally {
    outcomes: Vec<Outcome>,
    insights: Vec<Insight>,
    counted: Vec<(BrandId, &'static str)>,
    latencies: Vec<f64>,
    dead_letters: u64,
}

impl AggregateStage {
    /// A stage under these rules.
    pub fn new(config: Config, topics: Topics, metrics: AggregateMetrics) -> Self {
        Self {
            config,
            topics,
            metrics,
            aggregator: None,
            decided: Tally::default(),
            under_way: VecDeque::new(),
        }
    }

    /// The aggregator for a step, taken out: one whose step failed has seen what was never
    /// committed, and is not put back.
    fn begin(&mut self, state: &dyn State) -> Result<Aggregator, StageError> {
        self.decided = Tally::default();
        if let Some(aggregator) = self.aggregator.take() {
            return Ok(aggregator);
        }
        let restored = Aggregator::restore(self.config.clone(), &StepStore::new(state))
            .map_err(stage_error)?;
        self.metrics.restored(restored.firing());
        Ok(restored)
    }

    fn observe(
        &mut self,
        aggregator: &mut Aggregator,
        record: &Record,
        store: &mut StepStore<'_>,
        now: Timestamp,
        commit: &mut Commit,
    ) -> Result<(), StageError> {
        let event = match decode(record) {
            Ok(event) => event,
            Err(error) => {
                self.decided.dead_letters += 1;
                commit
                    .records
                    .push(dead_letter(&self.topics.dead_letters, record, &error, now));
                return Ok(());
            }
        };
        let cause = Cause {
            topic: Arc::from(record.topic.as_str()),
            partition: record.partition,
            offset: record.offset,
        };
        let outcome = aggregator
            .observe(&event, &cause, now, store)
            .map_err(stage_error)?;
        self.decided.outcomes.push(outcome);
        if let (Outcome::Counted | Outcome::Late, MentionEvent::Observed(mention)) =
            (outcome, &event)
        {
            let label = mention.label().as_str();
            self.decided.counted.push((mention.brand.clone(), label));
            self.decided
                .latencies
                .push((now - mention.arrived_at).seconds().max(0.0));
        }
        Ok(())
    }

    fn step_with(
        &mut self,
        aggregator: &mut Aggregator,
        batch: &[Record],
        state: &dyn State,
        now: Timestamp,
    ) -> Result<Commit, StageError> {
        let mut store = StepStore::new(state);
        let mut commit = Commit::default();
        for record in batch {
            self.observe(aggregator, record, &mut store, now, &mut commit)?;
        }
        if self.config.time == TimeMode::Wall {
            aggregator.advance(now, &mut store).map_err(stage_error)?;
        }
        self.flush(aggregator, store, commit, now)
    }

    /// Ends a step: says what was found, and writes what changed.
    fn flush(
        &mut self,
        aggregator: &mut Aggregator,
        mut store: StepStore<'_>,
        mut commit: Commit,
        now: Timestamp,
    ) -> Result<Commit, StageError> {
        self.decided.insights = aggregator.flush(&mut store).map_err(stage_error)?;
        let insights = self.decided.insights.iter();
        commit
            .records
            .extend(insights.map(|insight| self.record(insight, now)));
        commit.state = store.into_changes();
        self.under_way.push_back(std::mem::take(&mut self.decided));
        Ok(commit)
    }

    fn record(&self, insight: &Insight, now: Timestamp) -> NewRecord {
        let (topic, key, value) = match insight {
            Insight::Voice(share) => {
                let window = share.window.map_or("all", |window| window.as_str());
                let key = format!("{}/{}/{window}", share.market, share.brand);
                (&self.topics.share_of_voice, key, Some(share.encode()))
            }
            Insight::Standing(standing) => {
                let key = format!("{}/{}", standing.brand, standing.author);
                (&self.topics.authors, key, Some(standing.encode()))
            }
            Insight::StandingGone(brand, author) => {
                (&self.topics.authors, format!("{brand}/{author}"), None)
            }
            Insight::Alert(alert) => (
                &self.topics.alerts,
                alert.id.to_string(),
                Some(alert.encode()),
            ),
        };
        let headers = match insight {
            Insight::Alert(alert) => cloud_event_headers(alert)
                .into_iter()
                .map(|(name, value)| (name, value.into_bytes()))
                .collect(),
            _ => Vec::new(),
        };
        NewRecord {
            topic: topic.clone(),
            partitioning: Partitioning::ByKey,
            timestamp: now.millis(),
            key: key.into_bytes(),
            value,
            headers,
        }
    }
}

impl Stage for AggregateStage {
    fn restore(&mut self, state: &dyn State) -> Result<(), StageError> {
        self.aggregator = Some(self.begin(state)?);
        Ok(())
    }

    fn step(
        &mut self,
        batch: &[Record],
        state: &dyn State,
        now: i64,
    ) -> Result<Commit, StageError> {
        let mut aggregator = self.begin(state)?;
        let commit = self.step_with(&mut aggregator, batch, state, Timestamp::from_millis(now))?;
        self.aggregator = Some(aggregator);
        Ok(commit)
    }

    fn finish(&mut self, state: &dyn State, now: i64) -> Result<Commit, StageError> {
        let mut aggregator = self.begin(state)?;
        let mut store = StepStore::new(state);
        aggregator.finish(&mut store).map_err(stage_error)?;
        let now = Timestamp::from_millis(now);
        let commit = self.flush(&mut aggregator, store, Commit::default(), now)?;
        self.aggregator = Some(aggregator);
        Ok(commit)
    }

    fn deadline(&self) -> Option<i64> {
        match &self.aggregator {
            Some(aggregator) => aggregator.next_deadline().map(Timestamp::millis),
            None => Some(i64::MIN),
        }
    }

    fn committed(&mut self, _commit: &Commit) {
        let decided = self.under_way.pop_front().unwrap_or_default();
        for outcome in decided.outcomes {
            self.metrics
                .events
                .with_label_values(&[outcome.as_str()])
                .inc();
        }
        for (brand, sentiment) in decided.counted {
            self.metrics
                .mentions
                .with_label_values(&[brand.as_str(), sentiment])
                .inc();
        }
        for latency in decided.latencies {
            self.metrics.latency.observe(latency);
        }
        self.metrics.dead_letters.inc_by(decided.dead_letters);
        for insight in &decided.insights {
            match insight {
                Insight::Voice(share) => self.metrics.share(share),
                Insight::Alert(alert) => {
                    self.metrics.alert(alert);
                    tracing::info!(
                        alert = %alert.id, brand = %alert.brand, kind = alert.kind.as_str(),
                        occasion = alert.occasion.as_str(), severity = alert.severity, "{}", alert.summary
                    );
                }
                Insight::Standing(_) | Insight::StandingGone(..) => {}
            }
        }
    }

    fn discard(&mut self) {
        self.aggregator = None;
        self.under_way.clear();
    }

    fn limit(&self) -> Limit {
        Limit {
            records: 4_096,
            bytes: 16 << 20,
        }
    }
}

fn decode(record: &Record) -> Result<MentionEvent, DecodeError> {
    MentionEvent::decode(record.value.as_deref().unwrap_or_default())
}

fn stage_error(error: StoreError) -> StageError {
    StageError::Failed {
        stage: STAGE.to_owned(),
        message: error.to_string(),
    }
}

fn dead_letter(
    topic: &TopicName,
    record: &Record,
    error: &DecodeError,
    now: Timestamp,
) -> NewRecord {
    let reason = error.to_string();
    let letter = dead_letter::Letter {
        stage: STAGE,
        kind: error.kind(),
        reason: &reason,
        topic: record.topic.as_str(),
        partition: record.partition,
        offset: record.offset,
        failed_at: now,
    };
    NewRecord {
        topic: topic.clone(),
        partitioning: Partitioning::ByKey,
        timestamp: now.millis(),
        key: letter.key(),
        value: record.value.as_deref().map(<[u8]>::to_vec),
        headers: record
            .headers
            .iter()
            .cloned()
            .chain(letter.headers())
            .collect(),
    }
}
