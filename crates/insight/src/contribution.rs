//! What one mention adds to the counts, small enough to keep for every mention.

use hark_model::{Intent, Mention, Minute, Sentiment, TouchpointId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// An item's identity in the tables: the first 16 bytes of the SHA-256 of `source:native_id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct ItemKey(#[serde(with = "crate::sixteen")] pub(crate) [u8; 16]);

impl ItemKey {
    pub(crate) fn of(id: &hark_model::ItemId) -> Self {
        let mut digest = Sha256::new();
        digest.update(id.source.as_str().as_bytes());
        digest.update([0]);
        digest.update(id.native_id.as_bytes());
        let mut key = [0; 16];
        key.copy_from_slice(&digest.finalize()[..16]);
        Self(key)
    }
}

/// More than everybody there is: a source that claims more must not overflow a sum.
const MOST_REACH: u64 = 10_000_000_000;

/// One mention as the counts see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Contribution {
    /// Event time, ms.
    pub(crate) time: i64,
    /// The author, shortened; 0 when unknown.
    pub(crate) author: u64,
    /// Index into `Sentiment::ALL`.
    pub(crate) sentiment: u8,
    /// Followers, when known.
    pub(crate) reach: Option<u64>,
    /// Counted apart.
    pub(crate) repost: bool,
    /// Touchpoints.
    pub(crate) touchpoints: Vec<String>,
    /// Where it was heard.
    pub(crate) source: String,
}

impl Contribution {
    pub(crate) fn of(mention: &Mention) -> Self {
        Self {
            time: mention.event_time.millis(),
            author: mention.author.map_or(0, |author| author.short()),
            sentiment: mention.label().index() as u8,
            reach: mention.reach.map(|reach| reach.min(MOST_REACH)),
            repost: mention.repost,
            touchpoints: mention
                .touchpoints
                .iter()
                .map(|scored| scored.label.as_str().to_owned())
                .collect(),
            source: mention.item.source.as_str().to_owned(),
        }
    }

    pub(crate) fn minute(&self) -> Minute {
        hark_model::Timestamp::from_millis(self.time).minute()
    }

    pub(crate) fn sentiment(&self) -> Sentiment {
        Sentiment::ALL[usize::from(self.sentiment).min(2)]
    }
}

/// One experience of an author with a brand, as standing sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Experience {
    /// Event time, ms.
    pub(crate) time: i64,
    /// The item it was told in.
    pub(crate) item: ItemKey,
    /// Expected sentiment, −1..=1.
    pub(crate) value: f32,
    /// Moment-of-truth weight × confidence.
    pub(crate) weight: f32,
    /// The author recommended the brand.
    pub(crate) recommends: bool,
    /// Followers at the time, when known.
    pub(crate) reach: Option<u64>,
}

impl Experience {
    /// What a mention says of its author's standing; `None` when it tells of no experience: a
    /// repost, or a neutral text without a touchpoint (news, small talk).
    pub(crate) fn of(
        mention: &Mention,
        item: ItemKey,
        taxonomy: &hark_model::Taxonomy,
    ) -> Option<Self> {
        let tells = mention.label() != Sentiment::Neutral || !mention.touchpoints.is_empty();
        if mention.repost || !tells {
            return None;
        }
        Some(Self {
            time: mention.event_time.millis(),
            item,
            value: mention.sentiment.polarity(),
            weight: (leading_weight(mention, taxonomy) * f64::from(mention.sentiment.confidence()))
                as f32,
            recommends: mention.has_intent(Intent::Recommendation)
                && mention.label() == Sentiment::Positive,
            reach: mention.reach,
        })
    }
}

/// The greatest moment-of-truth weight among a mention's touchpoints; 1 without any.
pub(crate) fn leading_weight(mention: &Mention, taxonomy: &hark_model::Taxonomy) -> f64 {
    mention
        .touchpoints
        .iter()
        .map(|scored| taxonomy.weight(&scored.label))
        .reduce(f64::max)
        .unwrap_or(1.0)
}

/// The touchpoint an alert about a mention belongs to: the one that weighs most (probability ×
/// moment of truth).
pub(crate) fn leading_touchpoint(
    mention: &Mention,
    taxonomy: &hark_model::Taxonomy,
) -> Option<TouchpointId> {
    mention
        .touchpoints
        .iter()
        .max_by(|a, b| {
            let weight = |scored: &hark_model::Scored<TouchpointId>| {
                f64::from(scored.probability) * taxonomy.weight(&scored.label)
            };
            weight(a)
                .total_cmp(&weight(b))
                .then_with(|| b.label.cmp(&a.label))
        })
        .map(|scored| scored.label.clone())
}
