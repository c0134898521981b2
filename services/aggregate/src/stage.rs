//! The loop of both steps: records in, what the calculus says of them out, in one commit.

use crate::metrics::AggregateMetrics;
use crate::records::{self, Topics};
use crate::store::StepStore;
use hark_insight::{Insight, Outcome, Partial, Store, StoreError, TimeMode};
use hark_model::{BrandId, Timestamp};
use hark_stream::{Commit, Limit, Record, Stage, StageError, State};
use std::collections::VecDeque;

/// One step of the calculus, as a task holds it in memory.
pub trait Calculus: Sized + Send {
    /// What it is restored with, besides its state.
    type Rules: Send;

    /// The stage's name: its consumer group, and the `hark-stage` header of its dead letters.
    const STAGE: &str;

    /// Takes up what is committed, and shows it.
    fn restore(
        rules: &Self::Rules,
        store: &dyn Store,
        metrics: &AggregateMetrics,
    ) -> Result<Self, StoreError>;

    /// Takes a record in, and notes what became of it.
    fn take(
        &mut self,
        record: &Record,
        now: Timestamp,
        store: &mut dyn Store,
        tally: &mut Tally,
    ) -> Result<(), Unfit>;

    /// Moves time forward.
    fn advance(&mut self, now: Timestamp, store: &mut dyn Store) -> Result<(), StoreError>;

    /// Ends a replay.
    fn finish(&mut self, store: &mut dyn Store) -> Result<(), StoreError>;

    /// When it has something to say next.
    fn next_deadline(&self) -> Option<Timestamp>;

    /// Ends a step: what was found, and what each market is to be told.
    fn flush(&mut self, store: &mut dyn Store) -> Result<(Vec<Insight>, Vec<Partial>), StoreError>;

    /// The task is closed: another process shows it from now on.
    fn closed(_rules: &Self::Rules, _metrics: &AggregateMetrics) {}
}

/// Why a record was not taken in.
#[derive(Debug)]
pub enum Unfit {
    /// Nobody can read it: why, of a bounded set, and in words.
    Unreadable(&'static str, String),
    /// The state cannot be read.
    Store(StoreError),
}

impl From<StoreError> for Unfit {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What a step decided, counted when it is committed.
#[derive(Default)]
pub struct Tally {
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) insights: Vec<Insight>,
    pub(crate) counted: Vec<(BrandId, &'static str)>,
    pub(crate) latencies: Vec<f64>,
    pub(crate) dead_letters: u64,
}

/// Runs one step of the calculus on a task.
pub struct CalculusStage<C: Calculus> {
    rules: C::Rules,
    time: TimeMode,
    topics: Topics,
    metrics: AggregateMetrics,
    /// Absent before the first step, and after a failed one: then it is restored from what is
    /// committed.
    calculus: Option<C>,
    /// What steps decided whose commits are under way, oldest first.
    under_way: VecDeque<Tally>,
}

impl<C: Calculus> CalculusStage<C> {
    /// A stage under these rules. `time`: what moves it.
    pub(crate) fn under(
        rules: C::Rules,
        time: TimeMode,
        topics: Topics,
        metrics: AggregateMetrics,
    ) -> Self {
        Self {
            rules,
            time,
            topics,
            metrics,
            calculus: None,
            under_way: VecDeque::new(),
        }
    }

    /// Does a step's work. The calculus is taken out for it: one whose step failed has seen what was
    /// never committed, and is not put back.
    fn decide(
        &mut self,
        state: &dyn State,
        now: Timestamp,
        work: impl FnOnce(&Self, &mut C, &mut Step<'_>) -> Result<(), StoreError>,
    ) -> Result<Commit, StageError> {
        let mut calculus = self.begin(state)?;
        let mut step = Step {
            store: StepStore::new(state),
            commit: Commit::default(),
            tally: Tally::default(),
        };
        work(self, &mut calculus, &mut step).map_err(failed::<C>)?;
        let (insights, partials) = calculus.flush(&mut step.store).map_err(failed::<C>)?;
        let mut commit = step.commit;
        let topics = &self.topics;
        let said = insights
            .iter()
            .map(|insight| records::insight(topics, insight, now));
        commit.records.extend(said);
        let told = partials
            .iter()
            .map(|partial| records::partial(topics, partial, now));
        commit.records.extend(told);
        commit.state = step.store.into_changes();
        self.under_way.push_back(Tally {
            insights,
            ..step.tally
        });
        self.calculus = Some(calculus);
        Ok(commit)
    }

    fn begin(&mut self, state: &dyn State) -> Result<C, StageError> {
        match self.calculus.take() {
            Some(calculus) => Ok(calculus),
            None => {
                C::restore(&self.rules, &StepStore::new(state), &self.metrics).map_err(failed::<C>)
            }
        }
    }

    fn take(
        &self,
        calculus: &mut C,
        record: &Record,
        now: Timestamp,
        step: &mut Step<'_>,
    ) -> Result<(), StoreError> {
        match calculus.take(record, now, &mut step.store, &mut step.tally) {
            Ok(()) => Ok(()),
            Err(Unfit::Store(error)) => Err(error),
            Err(Unfit::Unreadable(kind, reason)) => {
                step.tally.dead_letters += 1;
                let (topic, why) = (&self.topics.dead_letters, (kind, &*reason));
                let letter = records::dead_letter(topic, record, C::STAGE, why, now);
                step.commit.records.push(letter);
                Ok(())
            }
        }
    }
}

/// A step under way.
struct Step<'a> {
    store: StepStore<'a>,
    commit: Commit,
    tally: Tally,
}

impl<C: Calculus> Stage for CalculusStage<C> {
    fn restore(&mut self, state: &dyn State) -> Result<(), StageError> {
        self.calculus = Some(self.begin(state)?);
        Ok(())
    }

    fn step(
        &mut self,
        batch: &[Record],
        state: &dyn State,
        now: i64,
    ) -> Result<Commit, StageError> {
        let now = Timestamp::from_millis(now);
        self.decide(state, now, |stage, calculus, step| {
            for record in batch {
                stage.take(calculus, record, now, step)?;
            }
            match stage.time {
                TimeMode::Wall => calculus.advance(now, &mut step.store),
                TimeMode::Event => Ok(()),
            }
        })
    }

    fn finish(&mut self, state: &dyn State, now: i64) -> Result<Commit, StageError> {
        let now = Timestamp::from_millis(now);
        self.decide(state, now, |_, calculus, step| {
            calculus.finish(&mut step.store)
        })
    }

    fn deadline(&self) -> Option<i64> {
        match &self.calculus {
            Some(calculus) => calculus.next_deadline().map(Timestamp::millis),
            None => Some(i64::MIN),
        }
    }

    fn committed(&mut self, _commit: &Commit) {
        let decided = self.under_way.pop_front().unwrap_or_default();
        self.metrics.committed(decided);
    }

    fn discard(&mut self) {
        self.calculus = None;
        self.under_way.clear();
    }

    fn limit(&self) -> Limit {
        Limit {
            records: 4_096,
            bytes: 16 << 20,
        }
    }
}

impl<C: Calculus> Drop for CalculusStage<C> {
    fn drop(&mut self) {
        C::closed(&self.rules, &self.metrics);
    }
}

fn failed<C: Calculus>(error: StoreError) -> StageError {
    StageError::Failed {
        stage: C::STAGE.to_owned(),
        message: error.to_string(),
    }
}
