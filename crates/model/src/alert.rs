//! A decision that someone should look.

use crate::{
    AuthorKey, BrandId, ItemId, MarketId, Sentiment, SourceId, Standing, TeamId, Timestamp,
    TouchpointId,
};
use std::sync::Arc;

/// What made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AlertKind {
    /// A single mention that matters by itself.
    Mention,
    /// More negative mentions than this hour of the week and the recent level explain.
    Spike,
}

impl AlertKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Mention, Self::Spike];

    /// The id used on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mention => "mention",
            Self::Spike => "spike",
        }
    }

    /// The kind with this id.
    pub fn parse(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == id)
    }
}

/// Where in its life an alert is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AlertState {
    /// Someone should look.
    Firing,
    /// Someone looked.
    Acknowledged,
    /// Someone owns it.
    Assigned,
    /// It is over.
    Resolved,
    /// It came back.
    Reopened,
}

impl AlertState {
    /// Every state.
    pub const ALL: [Self; 5] = [
        Self::Firing,
        Self::Acknowledged,
        Self::Assigned,
        Self::Resolved,
        Self::Reopened,
    ];

    /// The id used on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Acknowledged => "acknowledged",
            Self::Assigned => "assigned",
            Self::Resolved => "resolved",
            Self::Reopened => "reopened",
        }
    }

    /// The state with this id.
    pub fn parse(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == id)
    }
}

/// Why this revision of an alert was published, which decides whether people are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Occasion {
    /// It began.
    Opened,
    /// More of the same came since people were last told.
    Updated,
    /// It is still so, and it is time to say it again.
    Repeated,
    /// It is over.
    Resolved,
    /// A brand-wide incident is firing: kept for the record, nobody is told.
    Inhibited,
    /// A deletion at the source took some of its evidence away: kept for the record, nobody is
    /// told.
    Amended,
}

impl Occasion {
    /// Every occasion.
    pub const ALL: [Self; 6] = [
        Self::Opened,
        Self::Updated,
        Self::Repeated,
        Self::Resolved,
        Self::Inhibited,
        Self::Amended,
    ];

    /// The id used on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Updated => "updated",
            Self::Repeated => "repeated",
            Self::Resolved => "resolved",
            Self::Inhibited => "inhibited",
            Self::Amended => "amended",
        }
    }

    /// The occasion with this id.
    pub fn parse(id: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|occasion| occasion.as_str() == id)
    }

    /// Whether people are told of it.
    pub const fn notifies(self) -> bool {
        !matches!(self, Self::Inhibited | Self::Amended)
    }
}

/// A decision that someone should look, with all that is needed to judge it.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// Its id: the same event has the same id, however often it is replayed.
    pub id: Arc<str>,
    /// What made it.
    pub kind: AlertKind,
    /// The rule that decided it, as configured.
    pub rule: Arc<str>,
    /// Grows by one with each publication.
    pub revision: u32,
    /// Where in its life it is.
    pub state: AlertState,
    /// Why this revision was published.
    pub occasion: Occasion,
    /// About whom.
    pub brand: BrandId,
    /// The markets the brand is compared in.
    pub markets: Vec<MarketId>,
    /// One sentence a person understands without any other field.
    pub summary: String,
    /// 1 (look today) to 10 (drop everything).
    pub severity: u8,
    /// Observed against expected.
    pub measure: Measure,
    /// The words that set these mentions apart, strongest first.
    pub terms: Vec<TopTerm>,
    /// Touchpoints involved with their number of mentions, most first.
    pub touchpoints: Vec<(TouchpointId, u32)>,
    /// Sources involved with their number of mentions, most first.
    pub sources: Vec<(SourceId, u32)>,
    /// Mentions that show it, most telling first; bounded.
    pub evidence: Vec<Evidence>,
    /// Mentions the alert stands for, those beyond `evidence` included.
    pub mentions: u32,
    /// Part of the window behind the decision, 0..=1, that was heard without a gap.
    pub coverage: f64,
    /// The team that owns it.
    pub owner: TeamId,
    /// When somebody should have acted.
    pub due: Timestamp,
    /// Event time of the mention or pane that opened it.
    pub opened_at: Timestamp,
    /// Event time of the latest change.
    pub updated_at: Timestamp,
    /// The incident alert that silences this one.
    pub inhibited_by: Option<Arc<str>>,
    /// What decided it.
    pub provenance: Provenance,
}

/// What was seen, what was to be expected, and how unlikely the difference is.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Measure {
    /// Negative mentions seen in the window.
    pub observed: f64,
    /// Negative mentions to be expected in it; absent for a single mention.
    pub expected: Option<f64>,
    /// Probability of seeing at least so many by chance; absent for a single mention.
    pub p_value: Option<f64>,
    /// Length of the window in seconds; 0 for a single mention.
    pub window_seconds: u32,
}

/// A word that sets an alert's mentions apart from the brand's usual ones.
#[derive(Clone, Debug, PartialEq)]
pub struct TopTerm {
    /// The word, in lower case.
    pub term: String,
    /// Mentions in the alert that have it.
    pub count: u32,
    /// How many times more often than usual.
    pub lift: f64,
}

/// A mention that shows why.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// The item.
    pub item: ItemId,
    /// Where a person can read it.
    pub url: Option<Arc<str>>,
    /// Its text, masked.
    pub text: Arc<str>,
    /// When it happened.
    pub event_time: Timestamp,
    /// The judgement.
    pub sentiment: Sentiment,
    /// Probability of that judgement, 0..=1.
    pub confidence: f32,
    /// The author's pseudonym.
    pub author: Option<AuthorKey>,
    /// The author's standing towards the brand when it was decided.
    pub standing: Standing,
    /// Followers; `None` when unknown.
    pub reach: Option<u64>,
    /// The clause of the brand query that matched.
    pub clause: Arc<str>,
}

/// What decided an alert, so that the same input gives the same decision.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Provenance {
    /// Model and version.
    pub model: Arc<str>,
    /// Hash of the configuration in force.
    pub configuration: Arc<str>,
    /// The records of the mentions topic read up to the decision.
    pub records: Vec<RecordRange>,
}

/// A stretch of one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordRange {
    /// Topic.
    pub topic: Arc<str>,
    /// Partition.
    pub partition: u32,
    /// Offset of the record that caused the decision.
    pub offset: u64,
}
