//! Items in, mentions out.

use crate::dead_letters::DeadLetterRule;
use crate::judge::{Judgement, Verdict};
use crate::metrics::{Metrics, Outcome};
use crate::pace::Pace;
use crate::pool::{self, Pool};
use crate::target;
use crate::text::normalise;
use hark_model::{
    AuthorDelete, AuthorKey, Gap, Item, ItemDelete, ItemEvent, ItemId, Mention, MentionEvent,
    Scored, Timestamp, TouchpointId,
};
use hark_proto::{Encoding, Wire, dead_letter};
use hark_stream::{
    Commit, Limit, NewRecord, Partitioning, Record, Stage, StageError, State, TopicName,
};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

/// The stage's name: its consumer group, and the `hark-stage` header of its dead letters.
pub const STAGE: &str = "classify";

/// Where the stage writes.
#[derive(Clone, Debug)]
pub struct Topics {
    /// Mentions and retractions.
    pub mentions: TopicName,
    /// Records it could not use.
    pub dead_letters: TopicName,
    /// How mentions are written.
    pub encoding: Encoding,
}

impl Topics {
    /// The topics' names under a prefix: `hark` gives `hark.mentions` and `hark.dead-letters`.
    pub fn new(prefix: &str, encoding: Encoding) -> Self {
        let name = |topic: hark_proto::topics::Topic| TopicName::new(topic.under(prefix));
        Self {
            mentions: name(hark_proto::topics::MENTIONS),
            dead_letters: name(hark_proto::topics::DEAD_LETTERS),
            encoding,
        }
    }
}

/// Touchpoints that are told by rules and not by the model: of an item those that hold, for every
/// brand of it, with the probability 1.
pub type Rules = Box<dyn FnMut(&Item) -> Vec<TouchpointId> + Send>;

/// Judges items.
///
/// | record read | written | partition |
/// |---|---|---|
/// | an item that names brands | one mention for each brand | its author's |
/// | an item that names none (any more) | a retraction of it | its author's |
/// | an item's delete | a retraction of it | its author's |
/// | an author's delete | a retraction of the author | the author's |
/// | a gap | the gap | every one |
/// | anything else, or a text no engine can take | a dead letter | |
///
/// Mentions are keyed by the author's key (32 hexadecimal digits), or by the item's id where the
/// source names no author. A retraction of which the author is unknown goes to every partition,
/// for the mentions it is about may lie in any.
///
/// Reposts are judged like any other text and marked; equal texts in one step are judged once. An
/// item without a word is judged by its rating, see [`Judgement::of_no_text`].
///
/// The stage has no state of its own: its output is a function of its input and the model.
pub struct ClassifyStage {
    pool: Arc<Pool>,
    topics: Topics,
    metrics: Metrics,
    pace: Pace,
    dead_letters: DeadLetterRule,
    rules: Option<Rules>,
    /// What steps decided whose commits are under way, oldest first; counted then.
    decided: VecDeque<Tally>,
}

#[derive(Default)]
struct Tally {
    outcomes: Vec<Outcome>,
    mentions: u64,
}

/// What a record turned out to be.
enum Reading {
    /// An item, with the place of each brand's text among the texts of the step; `None` where
    /// there is no word to judge.
    Item(Box<Item>, Vec<Option<usize>>),
    /// Something to pass on.
    Event(MentionEvent, Outcome),
    Dead(Dead),
}

/// Why a record cannot be used.
struct Dead {
    kind: &'static str,
    reason: String,
}

impl ClassifyStage {
    /// A stage on a pool, which several stages may share. A step takes `batch` records or,
    /// where that is done in no time, more.
    pub fn new(pool: Arc<Pool>, topics: Topics, metrics: Metrics, batch: usize) -> Self {
        Self {
            pool,
            topics,
            metrics,
            pace: Pace::new(batch),
            dead_letters: DeadLetterRule::default(),
            rules: None,
            decided: VecDeque::new(),
        }
    }

    /// With touchpoints that are told by rules.
    pub fn with_rules(mut self, rules: Rules) -> Self {
        self.rules = Some(rules);
        self
    }

    /// The touchpoints that rules tell of an item.
    fn told(&mut self, item: &Item) -> Vec<Scored<TouchpointId>> {
        let told = self.rules.as_mut().map(|rules| rules(item));
        let told = told.into_iter().flatten();
        let certain = |label| Scored {
            label,
            probability: 1.0,
        };
        told.map(certain).collect()
    }

    fn write(&self, commit: &mut Commit, event: &MentionEvent, now: i64) {
        let (key, partitioning) = address(event);
        commit.records.push(NewRecord {
            topic: self.topics.mentions.clone(),
            partitioning,
            timestamp: now,
            key: key.into_bytes(),
            value: Some(self.topics.encoding.write(event)),
            headers: Vec::new(),
        });
    }

    fn write_dead(&self, commit: &mut Commit, record: &Record, dead: &Dead, now: i64) {
        let letter = dead_letter::Letter {
            stage: STAGE,
            kind: dead.kind,
            reason: &dead.reason,
            topic: record.topic.as_str(),
            partition: record.partition,
            offset: record.offset,
            failed_at: Timestamp::from_millis(now),
        };
        let value = record.value.as_deref().map(<[u8]>::to_vec);
        let own = record.headers.iter().cloned();
        commit.records.push(NewRecord {
            headers: own.chain(letter.headers()).collect(),
            ..NewRecord::keyed(&self.topics.dead_letters, letter.key(), value, now)
        });
    }
}

impl Stage for ClassifyStage {
    fn step(
        &mut self,
        batch: &[Record],
        _state: &dyn State,
        now: i64,
    ) -> Result<Commit, StageError> {
        let started = Instant::now();
        let mut texts = Texts::default();
        let readings: Vec<Reading> = batch
            .iter()
            .map(|record| read(record, &mut texts))
            .collect();
        let judged = self
            .pool
            .classify(&texts.unique)
            .map_err(|error| failed(error.to_string()))?;

        let (mut commit, mut tally) = (Commit::default(), Tally::default());
        for (record, reading) in batch.iter().zip(readings) {
            let outcome = match reading {
                Reading::Event(event, outcome) => {
                    self.write(&mut commit, &event, now);
                    outcome
                }
                Reading::Item(item, places) => {
                    match mentions(&item, &places, &judged, &self.told(&item)) {
                        Ok(mentions) => {
                            tally.mentions += mentions.len() as u64;
                            for mention in mentions {
                                let event = MentionEvent::Observed(Box::new(mention));
                                self.write(&mut commit, &event, now);
                            }
                            Outcome::Mentioned
                        }
                        Err(dead) => {
                            self.write_dead(&mut commit, record, &dead, now);
                            Outcome::DeadLetter
                        }
                    }
                }
                Reading::Dead(dead) => {
                    self.write_dead(&mut commit, record, &dead, now);
                    Outcome::DeadLetter
                }
            };
            tally.outcomes.push(outcome);
        }
        for outcome in &tally.outcomes {
            self.dead_letters.note(*outcome == Outcome::DeadLetter);
        }
        if let Some(broken) = self.dead_letters.broken() {
            return Err(failed(format!(
                "{broken}; a producer writes what this hark cannot read, or hark is at fault: \
                 `hark dead-letters list` shows the reasons"
            )));
        }
        self.decided.push_back(tally);
        self.pace.took(batch.len(), started.elapsed());
        Ok(commit)
    }

    fn committed(&mut self, _commit: &Commit) {
        let tally = self.decided.pop_front().unwrap_or_default();
        for outcome in tally.outcomes {
            self.metrics
                .items
                .with_label_values(&[outcome.as_str()])
                .inc();
        }
        self.metrics.mentions.inc_by(tally.mentions);
    }

    fn discard(&mut self) {
        self.decided.clear();
    }

    fn limit(&self) -> Limit {
        Limit {
            records: self.pace.records(),
            bytes: 4 << 20,
        }
    }
}

fn failed(message: String) -> StageError {
    StageError::Failed {
        stage: STAGE.to_owned(),
        message,
    }
}

/// The texts of a step, each once.
#[derive(Default)]
struct Texts {
    unique: Vec<Arc<str>>,
    places: HashMap<Arc<str>, usize>,
}

impl Texts {
    /// The place of a text.
    fn place(&mut self, text: String) -> usize {
        if let Some(place) = self.places.get(text.as_str()) {
            return *place;
        }
        let text: Arc<str> = text.into();
        let place = self.unique.len();
        self.unique.push(Arc::clone(&text));
        self.places.insert(text, place);
        place
    }
}

fn read(record: &Record, texts: &mut Texts) -> Reading {
    let Some(value) = &record.value else {
        let reason = "the record has no value: the producer wrote a tombstone, which the items \
                      topic does not use; a delete is an event of its own"
            .to_owned();
        return Reading::Dead(Dead {
            kind: "no_value",
            reason,
        });
    };
    match ItemEvent::decode(value) {
        Ok(ItemEvent::Upsert(item)) if item.matches.is_empty() => {
            let gone = ItemDelete {
                author: item.author.map(|author| author.key),
                arrived_at: item.arrived_at,
                id: item.id,
                version: item.version,
            };
            Reading::Event(MentionEvent::RetractItem(gone), Outcome::Retracted)
        }
        Ok(ItemEvent::Upsert(item)) => {
            let speaks = !normalise(&item.text).is_empty();
            let marked = |place| target::towards(&item.text, &item.matches, place);
            let places = 0..item.matches.len();
            let places = places.map(|place| speaks.then(|| texts.place(marked(place))));
            let places = places.collect();
            Reading::Item(item, places)
        }
        Ok(ItemEvent::Delete(gone)) => {
            Reading::Event(MentionEvent::RetractItem(gone), Outcome::Retracted)
        }
        Ok(ItemEvent::AuthorDelete(gone)) => {
            Reading::Event(MentionEvent::RetractAuthor(gone), Outcome::Retracted)
        }
        Ok(ItemEvent::Gap(gap)) => Reading::Event(MentionEvent::Gap(gap), Outcome::Gap),
        Err(error) => Reading::Dead(Dead {
            kind: error.kind(),
            reason: error.to_string(),
        }),
    }
}

/// An item's mentions, one for each brand; an error when one of its texts could not be judged,
/// for an item counts whole or not at all.
fn mentions(
    item: &Item,
    places: &[Option<usize>],
    judged: &[pool::Outcome],
    told: &[Scored<TouchpointId>],
) -> Result<Vec<Mention>, Dead> {
    let brands: Vec<_> = item
        .matches
        .iter()
        .map(|found| found.brand.clone())
        .collect();
    let mut mentions = Vec::with_capacity(brands.len());
    for (found, place) in item.matches.iter().zip(places) {
        let of_rating;
        let judgement = match place.map(|place| &judged[place]) {
            Some(Ok(judgement)) => judgement,
            Some(Err(error)) => {
                return Err(Dead {
                    kind: "unjudged",
                    reason: error.to_string(),
                });
            }
            None => {
                of_rating = Judgement::of_no_text(item.rating);
                &of_rating
            }
        };
        mentions.push(Mention {
            item: item.id.clone(),
            version: item.version.clone(),
            brand: found.brand.clone(),
            item_brands: brands.clone(),
            event_time: item.event_time(),
            arrived_at: item.arrived_at,
            author: item.author.map(|author| author.key),
            reach: item.author.and_then(|author| author.reach),
            url: item.url.clone(),
            text: Arc::clone(&item.text),
            language: item.language.clone(),
            clause: Arc::clone(&found.clause),
            sentiment: judgement.sentiment,
            uncertain: judgement.uncertain,
            touchpoints: told
                .iter()
                .cloned()
                .chain(Verdict::holding(&judgement.touchpoints))
                .collect(),
            intents: Verdict::holding(&judgement.intents),
            emotions: Verdict::holding(&judgement.emotions),
            expectation: Verdict::holding(&judgement.expectation).into_iter().next(),
            repost: item.repost_of.is_some(),
            rating: item.rating,
            model: Arc::clone(&judgement.model),
        });
    }
    Ok(mentions)
}

/// The key of an event, and where it goes.
fn address(event: &MentionEvent) -> (String, Partitioning) {
    let by = |author: Option<AuthorKey>, item: &ItemId, without_author: Partitioning| match author {
        Some(author) => (author.to_string(), Partitioning::ByKey),
        None => (item.to_string(), without_author),
    };
    match event {
        MentionEvent::Observed(mention) => by(mention.author, &mention.item, Partitioning::ByKey),
        MentionEvent::RetractItem(ItemDelete { id, author, .. }) => {
            by(*author, id, Partitioning::Broadcast)
        }
        MentionEvent::RetractAuthor(AuthorDelete { author, .. }) => {
            (author.to_string(), Partitioning::ByKey)
        }
        MentionEvent::Gap(Gap { source, .. }) => (source.to_string(), Partitioning::Broadcast),
    }
}
