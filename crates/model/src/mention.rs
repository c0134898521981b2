//! An item seen from one brand.

use crate::{
    AuthorDelete, AuthorKey, BrandId, Emotion, Expectation, Gap, Intent, ItemDelete, ItemId,
    Rating, Sentiment, SentimentScores, Timestamp, TouchpointId, Version,
};
use std::sync::Arc;

/// A label and how sure the model is of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored<T> {
    /// The label.
    pub label: T,
    /// Calibrated probability, 0..=1.
    pub probability: f32,
}

/// What the classify stage says: a mention, or that something is no longer one.
#[derive(Clone, Debug, PartialEq)]
pub enum MentionEvent {
    /// An item names a brand.
    Observed(Box<Mention>),
    /// An item is gone, or no longer names any brand: all its mentions go.
    RetractItem(ItemDelete),
    /// An author is gone: everything of theirs goes.
    RetractAuthor(AuthorDelete),
    /// A source missed something.
    Gap(Gap),
}

/// An item seen from one brand: item × brand.
#[derive(Clone, Debug, PartialEq)]
pub struct Mention {
    /// The item.
    pub item: ItemId,
    /// Which version of the item was read.
    pub version: Version,
    /// The brand it is seen from.
    pub brand: BrandId,
    /// Every brand this version of the item names, this one included: a mention of a brand that
    /// is no longer among them is withdrawn.
    pub item_brands: Vec<BrandId>,
    /// When it happened (clamped).
    pub event_time: Timestamp,
    /// When hark received it.
    pub arrived_at: Timestamp,
    /// Who wrote it; absent when the source does not say.
    pub author: Option<AuthorKey>,
    /// Followers of the author; `None` when unknown, which is not zero.
    pub reach: Option<u64>,
    /// Where a person can read it.
    pub url: Option<Arc<str>>,
    /// The item's text, masked.
    pub text: Arc<str>,
    /// Language found in the text (ISO 639-3).
    pub language: Option<Arc<str>>,
    /// The clause of the brand query that matched.
    pub clause: Arc<str>,
    /// Probability of each sentiment towards this brand.
    pub sentiment: SentimentScores,
    /// The model's confidence is too low to act upon; the label stays the most probable one.
    pub uncertain: bool,
    /// Touchpoints over their thresholds, most probable first.
    pub touchpoints: Vec<Scored<TouchpointId>>,
    /// Intents over their thresholds, most probable first.
    pub intents: Vec<Scored<Intent>>,
    /// Emotions over their thresholds, most probable first.
    pub emotions: Vec<Scored<Emotion>>,
    /// What the author got against what they had counted on; `None` when no experience is told.
    pub expectation: Option<Scored<Expectation>>,
    /// The item repeats another one without a word of its own: counted apart.
    pub repost: bool,
    /// The score its author gave.
    pub rating: Option<Rating>,
    /// The model and version that judged it.
    pub model: Arc<str>,
}

impl Mention {
    /// The most probable sentiment.
    pub fn label(&self) -> Sentiment {
        self.sentiment.label()
    }

    /// Whether it is a negative mention that can be acted upon.
    pub fn is_negative(&self) -> bool {
        self.label() == Sentiment::Negative
    }

    /// Whether it carries the intent.
    pub fn has_intent(&self, intent: Intent) -> bool {
        self.intents.iter().any(|scored| scored.label == intent)
    }
}
