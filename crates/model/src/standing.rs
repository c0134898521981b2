//! An author's state towards a brand.

use crate::{AuthorKey, BrandId, Timestamp};

/// Whether an author would speak for a brand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Standing {
    /// Speaks for it, and has recommended it at least once.
    Promoter,
    /// Neither for nor against.
    Passive,
    /// Speaks against it.
    Detractor,
    /// Fewer than two experiences: not known yet.
    Provisional,
}

impl Standing {
    /// Every standing.
    pub const ALL: [Self; 4] = [
        Self::Promoter,
        Self::Passive,
        Self::Detractor,
        Self::Provisional,
    ];

    /// The id used on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Promoter => "promoter",
            Self::Passive => "passive",
            Self::Detractor => "detractor",
            Self::Provisional => "provisional",
        }
    }

    /// The standing with this id.
    pub fn parse(id: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|standing| standing.as_str() == id)
    }
}

/// An author's standing towards one brand.
#[derive(Clone, Debug, PartialEq)]
pub struct AuthorStanding {
    /// The brand.
    pub brand: BrandId,
    /// The author.
    pub author: AuthorKey,
    /// The standing now.
    pub standing: Standing,
    /// The standing before its last change; the same as `standing` if it never changed.
    pub previous: Standing,
    /// Mean of sentiment weighted by moment of truth and confidence, half-life 90 days, −1..=1.
    pub score: f64,
    /// Experiences counted.
    pub experiences: u32,
    /// Recommendations among them.
    pub recommendations: u32,
    /// Followers, as last seen; `None` when unknown.
    pub reach: Option<u64>,
    /// Event time of the author's latest experience.
    pub updated_at: Timestamp,
}
