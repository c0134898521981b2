//! Several engines, one queue.
//!
//! Texts wait in one bounded queue. An idle engine takes the one that has waited longest and those
//! nearest to it in length, as many as the token budget allows: sorting by length is worth a
//! factor of three, and the oldest always being taken means that nothing starves.
//!
//! Nothing is ever held back to fill a batch. While an engine is idle the queue is empty, so a lone
//! text is judged as soon as it comes; under load batches fill by themselves. (A latency bound for
//! gathering, such as 10 ms, is met with 0 ms.)
//!
//! Tokenising is the submitter's work: lengths are then exact before anything is queued, and at
//! some 9,000 texts a second it is two per cent of what an engine needs.

use crate::backend::{Backend, BackendError, Logits, MakeBackend, TokenBatch};
use crate::judge::Judgement;
use crate::labels::Labels;
use crate::metrics::{FAILURES, Metrics};
use crate::tokens::Tokeniser;
use crossbeam_channel::{Receiver, Sender};
use parking_lot::{Condvar, Mutex, MutexGuard};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

/// What became of one text.
pub type Outcome = Result<Judgement, Unjudged>;

/// Why one text has no judgement; others of its batch are not touched by it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text cannot be judged: {0}")]
pub struct Unjudged(pub String);

/// Why no text at all can be judged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// An engine could not be made at the start.
    #[error("the engine cannot start: {0}")]
    Start(String),
    /// Every engine is lost and none could be made anew.
    #[error(
        "every engine is lost, the last one with: {0}; restart hark, and report this if it happens again"
    )]
    Lost(String),
    /// The pool was closed while the text waited.
    #[error("the engines were stopped")]
    Stopped,
}

/// How a pool works.
#[derive(Clone, Copy, Debug)]
pub struct PoolOptions {
    /// Engines, each with a thread; at least 1.
    pub engines: usize,
    /// Padded tokens a batch may have; a longer text goes alone.
    pub batch_tokens: usize,
    /// Texts that may wait; a full queue makes submitters wait.
    pub queue: usize,
}

/// A pool of engines.
pub struct Pool {
    shared: Arc<Shared>,
    tokeniser: Arc<Tokeniser>,
    workers: Vec<JoinHandle<()>>,
}

struct Shared {
    // A lock and two conditions rather than a channel: a worker picks by length, which no channel
    // offers. It is held for microseconds, and never while an engine computes.
    queue: Mutex<Queue>,
    /// Something is waiting, or the pool ends.
    work: Condvar,
    /// There is room again, or the pool ends.
    room: Condvar,
    options: PoolOptions,
    make: MakeBackend,
    labels: Arc<Labels>,
    padding: i32,
    metrics: Metrics,
}

#[derive(Default)]
struct Queue {
    /// Oldest first.
    waiting: VecDeque<Waiting>,
    arrivals: u64,
    engines: usize,
    /// Set once: nothing is taken or queued any more.
    end: Option<PoolError>,
}

struct Waiting {
    arrival: u64,
    tokens: Vec<i32>,
    place: usize,
    reply: Sender<(usize, Outcome)>,
}

impl Waiting {
    fn reply(self, outcome: Outcome) {
        // A submitter that went away does not want to know.
        let _ = self.reply.send((self.place, outcome));
    }
}

impl Pool {
    /// Makes the engines and starts their threads.
    pub fn start(
        options: PoolOptions,
        make: MakeBackend,
        tokeniser: Arc<Tokeniser>,
        labels: Arc<Labels>,
        metrics: Metrics,
    ) -> Result<Self, PoolError> {
        let engines = options.engines.max(1);
        let shared = Arc::new(Shared {
            queue: Mutex::new(Queue {
                engines,
                ..Queue::default()
            }),
            work: Condvar::new(),
            room: Condvar::new(),
            options: PoolOptions {
                engines,
                batch_tokens: options.batch_tokens.max(1),
                queue: options.queue.max(1),
            },
            make,
            labels,
            padding: tokeniser.padding(),
            metrics,
        });
        let mut pool = Self {
            shared,
            tokeniser,
            workers: Vec::with_capacity(engines),
        };
        for number in 0..engines {
            let mut engine = pool.shared.make_engine().map_err(PoolError::Start)?;
            pool.shared
                .check(engine.as_mut())
                .map_err(PoolError::Start)?;
            let shared = Arc::clone(&pool.shared);
            let worker = std::thread::Builder::new()
                .name(format!("engine-{number}"))
                .spawn(move || work(&shared, engine))
                .map_err(|error| PoolError::Start(format!("no thread for it: {error}")))?;
            pool.workers.push(worker);
        }
        Ok(pool)
    }

    /// Judges texts and waits for all of them; outcomes in the order of the texts.
    pub fn classify(&self, texts: &[impl AsRef<str>]) -> Result<Vec<Outcome>, PoolError> {
        self.submit(texts)?.wait()
    }

    /// Queues texts, waiting for room where there is none. Outcomes come from the submission.
    pub fn submit(&self, texts: &[impl AsRef<str>]) -> Result<Submission, PoolError> {
        let (reply, outcomes) = crossbeam_channel::unbounded();
        for (place, text) in texts.iter().enumerate() {
            match self.tokeniser.encode(text.as_ref()) {
                Ok(tokens) => self.shared.push(place, tokens, &reply)?,
                Err(error) => {
                    // The other end is held below: it cannot be gone.
                    let _ = reply.send((place, Err(Unjudged(error.to_string()))));
                }
            }
        }
        Ok(Submission {
            shared: Arc::clone(&self.shared),
            outcomes,
            texts: texts.len(),
        })
    }

    /// The name and version of the model, as mentions carry it.
    pub fn model(&self) -> &Arc<str> {
        &self.shared.labels.model
    }

    /// Why the pool takes no more texts; `None` while it does.
    pub fn failure(&self) -> Option<PoolError> {
        self.shared.queue.lock().end.clone()
    }
}

impl Drop for Pool {
    /// Ends the threads after the batches they are at; what still waits is not judged.
    fn drop(&mut self) {
        self.shared
            .end(self.shared.queue.lock(), PoolError::Stopped);
        for worker in self.workers.drain(..) {
            // A worker's panic was reported when it happened.
            let _ = worker.join();
        }
    }
}

/// Texts on their way through the pool.
pub struct Submission {
    shared: Arc<Shared>,
    outcomes: Receiver<(usize, Outcome)>,
    texts: usize,
}

impl Submission {
    /// Waits for every text; outcomes in the order of the texts.
    pub fn wait(self) -> Result<Vec<Outcome>, PoolError> {
        let mut outcomes: Vec<Option<Outcome>> = vec![None; self.texts];
        for _ in 0..self.texts {
            match self.outcomes.recv() {
                Ok((place, outcome)) => outcomes[place] = Some(outcome),
                // Every sender is gone: the queue was emptied because the pool ended.
                Err(_) => {
                    let end = self.shared.queue.lock().end.clone();
                    return Err(end.unwrap_or(PoolError::Stopped));
                }
            }
        }
        // Each place got one outcome, for each was sent once.
        Ok(outcomes.into_iter().flatten().collect())
    }
}

impl Shared {
    /// Queues one text, when there is room.
    fn push(
        &self,
        place: usize,
        tokens: Vec<i32>,
        reply: &Sender<(usize, Outcome)>,
    ) -> Result<(), PoolError> {
        let mut queue = self.queue.lock();
        while queue.end.is_none() && queue.waiting.len() >= self.options.queue {
            self.room.wait(&mut queue);
        }
        if let Some(end) = &queue.end {
            return Err(end.clone());
        }
        let arrival = queue.arrivals;
        queue.arrivals += 1;
        queue.waiting.push_back(Waiting {
            arrival,
            tokens,
            place,
            reply: reply.clone(),
        });
        self.metrics.queue_texts.set(queue.waiting.len() as i64);
        drop(queue);
        self.work.notify_one();
        Ok(())
    }

    /// The next batch, when there is one; `None` when the pool has ended.
    fn take(&self) -> Option<Vec<Waiting>> {
        let mut queue = self.queue.lock();
        loop {
            if queue.end.is_some() {
                return None;
            }
            if !queue.waiting.is_empty() {
                break;
            }
            self.work.wait(&mut queue);
        }
        let lengths: Vec<usize> = queue.waiting.iter().map(|text| text.tokens.len()).collect();
        let budget = fair_budget(&lengths, queue.engines, self.options.batch_tokens);
        let mut chosen = vec![false; lengths.len()];
        choose(&lengths, budget)
            .into_iter()
            .for_each(|at| chosen[at] = true);
        let all = std::mem::take(&mut queue.waiting);
        let mut batch = Vec::new();
        for (text, chosen) in all.into_iter().zip(chosen) {
            if chosen {
                batch.push(text);
            } else {
                queue.waiting.push_back(text);
            }
        }
        self.metrics.queue_texts.set(queue.waiting.len() as i64);
        drop(queue);
        self.room.notify_all();
        Some(batch)
    }

    /// Gives texts back to the queue, each to its old place. They are beyond the bound of the
    /// queue, by one batch at most for each engine that is lost.
    fn give_back(&self, texts: Vec<Waiting>) {
        let mut queue = self.queue.lock();
        queue.waiting.extend(texts);
        queue
            .waiting
            .make_contiguous()
            .sort_by_key(|text| text.arrival);
        drop(queue);
        self.work.notify_all();
    }

    /// Nothing is taken or queued from now on; what waits is dropped, which wakes its submitters.
    fn end(&self, mut queue: MutexGuard<'_, Queue>, why: PoolError) {
        queue.end.get_or_insert(why);
        let dropped = std::mem::take(&mut queue.waiting);
        self.metrics.queue_texts.set(0);
        drop(queue);
        drop(dropped);
        self.work.notify_all();
        self.room.notify_all();
    }

    fn make_engine(&self) -> Result<Box<dyn Backend>, String> {
        match catch_unwind(AssertUnwindSafe(|| (self.make)())) {
            Ok(Ok(engine)) => Ok(engine),
            Ok(Err(error)) => Err(error.to_string()),
            Err(panic) => Err(format!("it panicked: {}", message(&*panic))),
        }
    }

    /// Lets an engine infer two tokens, so that a model that does not fit its labels is found at
    /// the start and not with the first text.
    fn check(&self, engine: &mut dyn Backend) -> Result<(), String> {
        let batch = TokenBatch::pad([&[self.padding; 2][..]], self.padding);
        match attempt(&self.labels, engine, &batch) {
            Attempt::Done(_) => Ok(()),
            Attempt::Failed { reason, .. } => Err(format!("{} failed: {reason}", engine.name())),
        }
    }
}

/// The budget of the next batch: never more than the configured one, and near the end of the work
/// only this engine's share, so that the engines finish together and a few texts are spread.
fn fair_budget(lengths: &[usize], engines: usize, batch_tokens: usize) -> usize {
    /// Smaller batches cost more than a free engine is worth.
    const LEAST: usize = 64;
    let waiting: usize = lengths.iter().sum();
    waiting
        .div_ceil(engines.max(1))
        .max(LEAST)
        .min(batch_tokens)
}

/// The texts of the next batch, given the lengths of those waiting, oldest first: the oldest, and
/// of the others those nearest to it in length, as long as (number × longest) fits the budget.
///
/// A text joins only when it and the longest are within a quarter of each other, or a few tokens:
/// padding costs as much as text, so a badly filled batch is cheaper than a well padded one.
fn choose(lengths: &[usize], budget: usize) -> Vec<usize> {
    let Some(first) = lengths.first().copied() else {
        return Vec::new();
    };
    let mut others: Vec<usize> = (1..lengths.len()).collect();
    others.sort_by_key(|at| (lengths[*at].abs_diff(first), *at));
    let (mut chosen, mut shortest, mut longest) = (vec![0], first, first);
    for at in others {
        let least = shortest.min(lengths[at]);
        let most = longest.max(lengths[at]);
        let alike = most - least <= (most / 4).max(4);
        if !alike || (chosen.len() + 1) * most > budget {
            continue;
        }
        chosen.push(at);
        (shortest, longest) = (least, most);
    }
    chosen
}

/// A worker's life.
fn work(shared: &Shared, mut engine: Box<dyn Backend>) {
    // Also counts the engine out when the thread itself unwinds, which no code here should do.
    let mut leaving = Leaving {
        shared,
        reason: "its thread panicked".to_owned(),
    };
    while let Some(batch) = shared.take() {
        if let Err(reason) = run(shared, &mut engine, batch) {
            leaving.reason = reason;
            return;
        }
    }
    leaving.reason.clear();
}

/// Judges a batch. What fails is halved and tried again until the text that is to blame stands
/// alone; only that one fails. An engine that was lost on the way is replaced; an error means that
/// it could not be, and every text not yet judged is back in the queue for the other engines.
fn run(shared: &Shared, engine: &mut Box<dyn Backend>, batch: Vec<Waiting>) -> Result<(), String> {
    let mut parts = vec![batch];
    while let Some(mut part) = parts.pop() {
        let started = Instant::now();
        let tokens = TokenBatch::pad(part.iter().map(|text| &text.tokens[..]), shared.padding);
        let (reason, lost) = match attempt(&shared.labels, engine.as_mut(), &tokens) {
            Attempt::Done(outcomes) => {
                shared
                    .metrics
                    .inference_seconds
                    .observe(started.elapsed().as_secs_f64());
                shared.metrics.batch_tokens.observe(tokens.tokens() as f64);
                for (text, outcome) in part.into_iter().zip(outcomes) {
                    text.reply(outcome);
                }
                continue;
            }
            Attempt::Failed { reason, lost } => (reason, lost),
        };
        let kind = FAILURES[usize::from(lost)];
        shared
            .metrics
            .engine_failures
            .with_label_values(&[kind])
            .inc();
        tracing::warn!(
            kind,
            texts = part.len(),
            reason,
            "an engine could not infer a batch"
        );
        if part.len() > 1 {
            let second = part.split_off(part.len() / 2);
            parts.extend([second, part]);
        } else if let Some(text) = part.pop() {
            text.reply(Err(Unjudged(reason)));
        }
        if lost {
            match shared.make_engine() {
                Ok(fresh) => *engine = fresh,
                Err(reason) => {
                    shared.give_back(parts.into_iter().flatten().collect());
                    return Err(reason);
                }
            }
        }
    }
    Ok(())
}

/// How an inference went.
enum Attempt {
    /// An outcome for each row.
    Done(Vec<Outcome>),
    /// Nothing came of it; a panic leaves the engine in an unknown state, so it counts as lost.
    Failed { reason: String, lost: bool },
}

fn attempt(labels: &Labels, engine: &mut dyn Backend, batch: &TokenBatch) -> Attempt {
    match catch_unwind(AssertUnwindSafe(|| engine.infer(batch))) {
        Ok(Ok(logits)) => match check_shape(&logits, labels, batch.rows()) {
            Ok(()) => Attempt::Done(judge(&logits, labels, batch.rows())),
            Err(reason) => Attempt::Failed {
                reason,
                lost: false,
            },
        },
        Ok(Err(error)) => Attempt::Failed {
            reason: error.to_string(),
            lost: matches!(error, BackendError::Lost(_)),
        },
        Err(panic) => Attempt::Failed {
            reason: format!("the engine panicked: {}", message(&*panic)),
            lost: true,
        },
    }
}

fn check_shape(logits: &Logits, labels: &Labels, rows: usize) -> Result<(), String> {
    for ((name, matrix), (_, columns)) in logits.heads().into_iter().zip(labels.columns()) {
        if matrix.rows() != rows || matrix.columns() != columns {
            let (found_rows, found) = (matrix.rows(), matrix.columns());
            return Err(format!(
                "the model's output {name:?} has {found} columns and {found_rows} rows; its \
                 labels.json names {columns} labels, and there were {rows} texts"
            ));
        }
    }
    Ok(())
}

fn judge(logits: &Logits, labels: &Labels, rows: usize) -> Vec<Outcome> {
    (0..rows)
        .map(|row| {
            Judgement::from_logits(logits, row, labels).map_err(|error| Unjudged(error.to_string()))
        })
        .collect()
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}

/// Counts a worker out, however it leaves; the last one ends the pool.
struct Leaving<'a> {
    shared: &'a Shared,
    /// Why it could not go on; empty when it was told to stop.
    reason: String,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        if self.reason.is_empty() {
            return;
        }
        let mut queue = self.shared.queue.lock();
        queue.engines = queue.engines.saturating_sub(1);
        let left = queue.engines;
        tracing::error!(
            reason = self.reason,
            left,
            "an engine is lost and cannot be replaced"
        );
        if left == 0 {
            self.shared
                .end(queue, PoolError::Lost(std::mem::take(&mut self.reason)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_batch_has_the_oldest_text_and_fits_the_budget(
            lengths in prop::collection::vec(2_usize..80, 1..60), budget in 1_usize..2_000,
        ) {
            let chosen = choose(&lengths, budget);
            prop_assert_eq!(chosen[0], 0);
            let longest = chosen.iter().map(|at| lengths[*at]).max().unwrap();
            prop_assert!(chosen.len() == 1 || chosen.len() * longest <= budget);
            let mut unique = chosen.clone();
            unique.sort_unstable();
            unique.dedup();
            prop_assert_eq!(unique.len(), chosen.len());
        }

        #[test]
        fn no_more_than_a_quarter_of_a_batch_of_long_texts_is_padding(
            lengths in prop::collection::vec(16_usize..80, 1..60),
        ) {
            let chosen = choose(&lengths, 1_024);
            let longest = chosen.iter().map(|at| lengths[*at]).max().unwrap();
            let text: usize = chosen.iter().map(|at| lengths[*at]).sum();
            prop_assert!(text * 4 >= chosen.len() * longest * 3);
        }
    }

    #[test]
    fn the_nearest_in_length_are_taken_first() {
        assert_eq!(choose(&[10, 80, 12, 10, 11], 33), [0, 3, 4]);
    }

    #[test]
    fn a_text_over_the_budget_goes_alone() {
        assert_eq!(choose(&[80, 80], 64), [0]);
    }

    #[test]
    fn the_last_texts_are_shared_between_the_engines() {
        assert_eq!(fair_budget(&[20; 100], 2, 1_024), 1_000);
        assert_eq!(fair_budget(&[20; 1_000], 2, 1_024), 1_024);
        assert_eq!(fair_budget(&[20], 2, 1_024), 64);
        assert_eq!(fair_budget(&[20; 100], 2, 16), 16);
    }
}
