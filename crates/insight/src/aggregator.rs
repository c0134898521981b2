//! Both steps as one, for mentions that are not shared out.

use crate::config::Config;
use crate::global::GlobalAggregator;
use crate::local::LocalAggregator;
use crate::partial::Step;
use crate::store::{Store, StoreError};
use hark_model::{
    Alert, AlertKind, AuthorKey, AuthorStanding, BrandId, MentionEvent, RecordRange, ShareOfVoice,
    Timestamp,
};

/// Something the calculus has to say.
#[derive(Clone, Debug, PartialEq)]
pub enum Insight {
    /// A brand's part of its market, in one window.
    Voice(Box<ShareOfVoice>),
    /// An author's standing changed, or rests on other experiences.
    Standing(Box<AuthorStanding>),
    /// An author has no experience with a brand any more.
    StandingGone(BrandId, AuthorKey),
    /// An alert began, changed or ended.
    Alert(Box<Alert>),
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Counted.
    Counted,
    /// Counted, but too late to alert anybody.
    Late,
    /// This very version was counted before.
    Duplicate,
    /// A newer version or a deletion was there before.
    Stale,
    /// About a brand that is in no market.
    UnknownBrand,
    /// Took this many mentions back.
    Retracted(u32),
    /// Noted what a source missed.
    Gap,
}

impl Outcome {
    /// Labels of every outcome, for metrics.
    pub const LABELS: [&'static str; 7] = [
        "counted",
        "late",
        "duplicate",
        "stale",
        "unknown_brand",
        "retracted",
        "gap",
    ];

    /// A stable label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counted => "counted",
            Self::Late => "late",
            Self::Duplicate => "duplicate",
            Self::Stale => "stale",
            Self::UnknownBrand => "unknown_brand",
            Self::Retracted(_) => "retracted",
            Self::Gap => "gap",
        }
    }
}

/// The record that an event came from.
pub type Cause = RecordRange;

/// The calculus over all mentions.
pub struct Aggregator {
    local: LocalAggregator,
    global: GlobalAggregator,
}

impl Aggregator {
    /// Takes up where the store left off.
    pub fn restore(config: Config, store: &dyn Store) -> Result<Self, StoreError> {
        Ok(Self {
            local: LocalAggregator::restore(config.clone(), 0, store)?,
            global: GlobalAggregator::restore(config, 1, store)?,
        })
    }

    /// The rules in force.
    pub fn config(&self) -> &Config {
        self.local.config()
    }

    /// The alerts that fire now: about whom, and of what kind.
    pub fn firing(&self) -> impl Iterator<Item = (BrandId, AlertKind)> {
        self.global.firing()
    }

    /// Takes an event in. `now` is the clock, which only counts when it is what moves time.
    /// After an error the aggregator is to be restored from what was committed.
    pub fn observe(
        &mut self,
        event: &MentionEvent,
        cause: &Cause,
        now: Timestamp,
        store: &mut dyn Store,
    ) -> Result<Outcome, StoreError> {
        let outcome = self.local.observe(event, cause, now, store)?;
        self.hand_over(store);
        Ok(outcome)
    }

    /// Moves time forward (never back): closes panes, judges them, publishes what is due.
    pub fn advance(&mut self, now: Timestamp, store: &mut dyn Store) -> Result<(), StoreError> {
        self.local.advance(now, store)?;
        self.hand_over(store);
        Ok(())
    }

    /// Ends a replay: publishes what has not been published yet, up to the newest event.
    pub fn finish(&mut self, store: &mut dyn Store) -> Result<(), StoreError> {
        self.local.finish(store)?;
        self.hand_over(store);
        Ok(())
    }

    fn hand_over(&mut self, store: &mut dyn Store) {
        for step in self.local.take_steps() {
            match step {
                Step::Windows(head, brands) => self.global.publish_windows(head, &brands),
                other => self.global.apply(other, store),
            }
        }
    }

    /// When [`Aggregator::advance`] has something to do next, in the time that moves it; `None`
    /// before the first event, and when only events move time.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let deadlines = [self.local.next_deadline(), self.global.next_deadline()];
        deadlines.into_iter().flatten().min()
    }

    /// Ends a step: what was said, and what changed in memory is written to the store.
    pub fn flush(&mut self, store: &mut dyn Store) -> Result<Vec<Insight>, StoreError> {
        let mut said = self.global.flush(store);
        said.extend(self.local.flush_standings(store));
        Ok(said)
    }
}
