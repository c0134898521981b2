//! What the two steps of the calculus say to each other.
//!
//! The first step counts one share of the mentions, those of some authors; the second step decides
//! what all shares mean together. Between them go [`Partial`]s: of the counts the sums, and of single
//! mentions only what an alert may have to show.

use crate::alert::EvidenceRow;
use crate::contribution::ItemKey;
use crate::tables;
use crate::voice::Summary;
use hark_model::{Gap, MarketId, RecordRange, SourceId, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Precedes every partial on the wire.
const VERSION: u8 = 1;

impl PartialError {
    /// Of a bounded set: for counting.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Version(_) => "version",
            Self::Malformed(_) => "malformed",
        }
    }
}

/// What one share of the mentions adds to a market, in the order in which it came.
#[derive(Clone, Debug, PartialEq)]
pub struct Partial {
    pub(crate) market: MarketId,
    /// Whose share.
    pub(crate) task: u32,
    pub(crate) steps: Vec<Step>,
}

/// A partial could not be read.
#[derive(Debug, thiserror::Error)]
pub enum PartialError {
    /// Written by another version of hark.
    #[error("a partial of version {0}; this hark reads version {VERSION}: run one version of it")]
    Version(u8),
    /// No partial at all.
    #[error("not a partial: {0}")]
    Malformed(#[from] crate::store::StoreError),
}

/// One thing that came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Step {
    /// Time came to this point, ms, with this record: topic, partition, offset.
    At(i64, (Arc<str>, u32, u64)),
    /// A mention shows that hark was listening at this time, ms.
    Heard(i64),
    /// A source missed something: which, from, to (ms), and why.
    Gap(String, i64, i64, String),
    /// The first mention of a brand.
    Begun(Arc<str>),
    /// So many more negative mentions of a brand in a minute.
    Negatives(Arc<str>, i64, i32),
    /// A negative mention of a brand.
    Evidence(Arc<str>, Box<EvidenceRow>),
    /// A text about a brand, for the words that are usual.
    Words(Arc<str>, String),
    /// A mention that matters by itself.
    Raised(Box<Raised>),
    /// An item says nothing of a brand any more.
    Forgotten(Arc<str>, ItemKey),
    /// Of an event that took something back, this was all.
    Settled,
    /// How each brand is talked about in each window, up to and including a minute: in place of what
    /// the same share said before.
    Windows(i64, Vec<(Arc<str>, Vec<Summary>)>),
}

impl Step {
    /// The brand it is about, if it is about one.
    pub(crate) fn brand(&self) -> Option<&str> {
        match self {
            Self::Begun(brand)
            | Self::Negatives(brand, ..)
            | Self::Evidence(brand, _)
            | Self::Words(brand, _)
            | Self::Forgotten(brand, _) => Some(brand),
            Self::Raised(raised) => Some(&raised.brand),
            Self::At(..) | Self::Heard(_) | Self::Gap(..) | Self::Settled | Self::Windows(..) => {
                None
            }
        }
    }

    pub(crate) fn gap(gap: &Gap) -> Self {
        let (from, to) = (gap.from.millis(), gap.to.millis());
        Self::Gap(gap.source.to_string(), from, to, gap.reason.to_string())
    }
}

/// Takes a [`Step::Gap`] apart.
pub(crate) fn gap_of(source: &str, from: i64, to: i64, reason: &str) -> Gap {
    Gap {
        source: SourceId::new(source),
        from: Timestamp::from_millis(from),
        to: Timestamp::from_millis(to),
        reason: Arc::from(reason),
    }
}

/// A mention that fell under a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Raised {
    pub(crate) brand: Arc<str>,
    pub(crate) rule: Arc<str>,
    /// What, besides brand and rule, makes mentions one alert.
    pub(crate) part: String,
    /// What makes an alert that it opens this one.
    pub(crate) seed: String,
    /// Event time, ms.
    pub(crate) at: i64,
    pub(crate) severity: u8,
    pub(crate) owner: String,
    /// Time to act, ms.
    pub(crate) due: i64,
    pub(crate) throttle: bool,
    pub(crate) word: Option<String>,
    pub(crate) evidence: EvidenceRow,
}

/// What was said of a record, as it goes over the wire.
pub(crate) fn at(now: Timestamp, cause: &RecordRange) -> Step {
    let cause = (Arc::clone(&cause.topic), cause.partition, cause.offset);
    Step::At(now.millis(), cause)
}

impl Partial {
    /// The market it is about: the key under which it goes to the market's task.
    pub fn market(&self) -> &MarketId {
        &self.market
    }

    /// Which share of the mentions it is from.
    pub fn task(&self) -> u32 {
        self.task
    }

    /// As it goes over the wire.
    pub fn encode(&self) -> Vec<u8> {
        let body = (self.market.as_str(), self.task, &self.steps);
        let mut bytes = vec![VERSION];
        bytes.extend(tables::encode(&body));
        bytes
    }

    /// Reads what [`Partial::encode`] wrote.
    ///
    /// # Errors
    ///
    /// Another version of hark wrote it, or it is none.
    pub fn decode(bytes: &[u8]) -> Result<Self, PartialError> {
        let (version, body) = bytes.split_first().unwrap_or((&0, &[]));
        if *version != VERSION {
            return Err(PartialError::Version(*version));
        }
        let (market, task, steps): (String, u32, Vec<Step>) = tables::decode(body)?;
        Ok(Self {
            market: MarketId::new(market),
            task,
            steps,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_of_another_version_is_told_from_what_is_none() {
        let partial = Partial {
            market: MarketId::new("rail"),
            task: 3,
            steps: vec![Step::Settled, Step::Negatives("a".into(), -5, -1)],
        };
        let mut bytes = partial.encode();
        assert_eq!(Partial::decode(&bytes).unwrap(), partial);
        bytes.truncate(3);
        assert!(matches!(
            Partial::decode(&bytes),
            Err(PartialError::Malformed(_))
        ));
        bytes[0] = 9;
        assert!(matches!(
            Partial::decode(&bytes),
            Err(PartialError::Version(9))
        ));
        assert!(matches!(
            Partial::decode(&[]),
            Err(PartialError::Version(0))
        ));
    }
}
