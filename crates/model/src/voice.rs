//! Share of voice as it is published.

use crate::{BrandId, MarketId, SourceId, Span, Timestamp, TouchpointId};

/// A sliding span of event time, made of minute panes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Window {
    /// One hour.
    Hour,
    /// 24 hours.
    Day,
    /// Seven days.
    Week,
    /// 28 days.
    FourWeeks,
}

impl Window {
    /// Shortest first.
    pub const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::FourWeeks];

    /// The id used in keys and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "1h",
            Self::Day => "24h",
            Self::Week => "7d",
            Self::FourWeeks => "28d",
        }
    }

    /// Its length.
    pub const fn span(self) -> Span {
        match self {
            Self::Hour => Span::from_hours(1),
            Self::Day => Span::from_hours(24),
            Self::Week => Span::from_days(7),
            Self::FourWeeks => Span::from_days(28),
        }
    }

    /// The window with this id.
    pub fn parse(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|window| window.as_str() == id)
    }
}

/// A confidence interval, both ends in 0..=1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// A measure split by sentiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Counts {
    /// All of it. For authors this is not the sum of the parts: one author may feel both ways.
    pub total: u64,
    /// The negative part.
    pub negative: u64,
    /// The neutral part.
    pub neutral: u64,
    /// The positive part.
    pub positive: u64,
}

impl Counts {
    /// Net sentiment, 100·(P−N)/(P+Neu+N), −100..=100; `None` of nothing.
    pub fn net_sentiment(&self) -> Option<f64> {
        let sum = self.negative + self.neutral + self.positive;
        (sum > 0).then(|| 100.0 * (self.positive as f64 - self.negative as f64) / sum as f64)
    }
}

/// One thing measured three ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Voice {
    /// Mentions, without reposts.
    pub mentions: Counts,
    /// Different authors.
    pub authors: Counts,
    /// Followers of the authors of those mentions whose reach is known, summed over mentions.
    pub reach: Counts,
    /// Of the mentions, those whose reach is known. With none, reach is unknown, not zero.
    pub reach_known: u64,
}

/// A brand's voice at one touchpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct TouchpointVoice {
    /// The touchpoint.
    pub touchpoint: TouchpointId,
    /// The voice there.
    pub voice: Voice,
}

/// A brand's part in its market's conversation over a window.
#[derive(Clone, Debug, PartialEq)]
pub struct ShareOfVoice {
    /// The market.
    pub market: MarketId,
    /// The brand.
    pub brand: BrandId,
    /// The window; `None` stands for everything ever counted.
    pub window: Option<Window>,
    /// First moment of the window.
    pub from: Timestamp,
    /// First moment after the window.
    pub to: Timestamp,
    /// Grows by one with each restatement of the same (market, brand, window, to).
    pub revision: u32,
    /// The brand's voice.
    pub voice: Voice,
    /// The whole market's voice: the sum of its brands (authors: different authors per brand).
    pub market_voice: Voice,
    /// The voice split by touchpoint, in the taxonomy's order, without those at zero.
    pub touchpoints: Vec<TouchpointVoice>,
    /// Reposts in the window, counted apart.
    pub reposts: u64,
    /// Mentions / market mentions, 0..=1; `None` when the market is silent.
    pub mention_share: Option<f64>,
    /// 95 % Wilson score interval of the mention share.
    pub mention_share_interval: Option<Interval>,
    /// Authors / the sum of authors over the market's brands.
    pub author_share: Option<f64>,
    /// Known reach / the market's known reach; `None` when none is known.
    pub reach_share: Option<f64>,
    /// 100·(P−N)/(P+Neu+N); `None` without mentions.
    pub net_sentiment: Option<f64>,
    /// Part of the window, 0..=1, in which hark was listening and no source reported a gap.
    pub coverage: f64,
    /// The sources heard in the window.
    pub sources: Vec<SourceId>,
    /// The brands the share is measured against, this one included.
    pub tracked: Vec<BrandId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn net_sentiment_of_nothing_is_unknown_not_zero() {
        assert_eq!(Counts::default().net_sentiment(), None);
        let counts = Counts {
            total: 4,
            negative: 1,
            neutral: 0,
            positive: 3,
        };
        assert_eq!(counts.net_sentiment(), Some(50.0));
    }
}
