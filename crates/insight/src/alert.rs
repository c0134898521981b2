//! Alerts: which mentions matter, who is told, and how often.

mod group;
mod rule;
mod severity;

pub(crate) use group::{Due, Group, GroupKey, Opening};
pub(crate) use rule::first_match;
pub(crate) use severity::{Raising, mention_severity, spike_severity};

use crate::contribution::{ItemKey, leading_weight};
use crate::sixteen;
use crate::store::{Store, StoreError};
use crate::tables::{GROUPS, rows};
use hark_model::{AuthorKey, Evidence, ItemId, Mention, Sentiment, Standing, Taxonomy, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A mention as an alert keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct EvidenceRow {
    pub(crate) key: ItemKey,
    source: String,
    native_id: String,
    url: Option<String>,
    pub(crate) text: String,
    pub(crate) time: i64,
    sentiment: u8,
    confidence: f32,
    #[serde(with = "sixteen::maybe")]
    author: Option<[u8; 16]>,
    standing: String,
    reach: Option<u64>,
    clause: String,
    pub(crate) touchpoints: Vec<String>,
    pub(crate) weight: f64,
    pub(crate) model: String,
}

impl EvidenceRow {
    pub(crate) fn of(
        mention: &Mention,
        key: ItemKey,
        standing: Standing,
        taxonomy: &Taxonomy,
    ) -> Self {
        Self {
            key,
            source: mention.item.source.to_string(),
            native_id: mention.item.native_id.to_string(),
            url: mention.url.as_deref().map(str::to_owned),
            text: mention.text.to_string(),
            time: mention.event_time.millis(),
            sentiment: mention.label().index() as u8,
            confidence: mention.sentiment.confidence(),
            author: mention.author.map(|author| *author.bytes()),
            standing: standing.as_str().to_owned(),
            reach: mention.reach,
            clause: mention.clause.to_string(),
            touchpoints: mention
                .touchpoints
                .iter()
                .map(|t| t.label.to_string())
                .collect(),
            weight: leading_weight(mention, taxonomy),
            model: mention.model.to_string(),
        }
    }

    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    pub(crate) fn reach(&self) -> Option<u64> {
        self.reach
    }

    pub(crate) fn standing(&self) -> Standing {
        Standing::parse(&self.standing).unwrap_or(Standing::Provisional)
    }

    /// How much a mention says: surely judged, and heard by many.
    pub(crate) fn telling(&self) -> f64 {
        f64::from(self.confidence)
            * (1.0 + self.reach.map_or(0.0, |reach| (reach as f64 + 1.0).log10()))
    }

    fn publish(&self) -> Evidence {
        Evidence {
            item: ItemId::new(self.source.as_str(), &self.native_id),
            url: self.url.as_deref().map(Arc::from),
            text: Arc::from(self.text.as_str()),
            event_time: Timestamp::from_millis(self.time),
            sentiment: Sentiment::ALL[usize::from(self.sentiment).min(2)],
            confidence: self.confidence,
            author: self.author.map(AuthorKey::new),
            standing: self.standing(),
            reach: self.reach,
            clause: Arc::from(self.clause.as_str()),
        }
    }
}

/// How many alerts fire, as the store has them.
pub(crate) fn firing(store: &dyn Store) -> Result<u64, StoreError> {
    let groups: Vec<(Vec<u8>, Group)> = rows(store, GROUPS.key(&[]))?;
    Ok(groups.len() as u64)
}
