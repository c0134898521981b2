//! The calculus as a task runs it: whole where there is one task, else its first step.

use crate::stage::Share;
use hark_insight::{
    Aggregator, Cause, Config, Insight, LocalAggregator, Outcome, Partial, Store, StoreError,
};
use hark_model::{MentionEvent, Timestamp};

pub(crate) enum Calculus {
    /// Over all mentions.
    Whole(Box<Aggregator>),
    /// Over one share of them.
    Share(Box<LocalAggregator>),
}

impl Calculus {
    pub(crate) fn restore(
        share: Share,
        config: Config,
        store: &dyn Store,
    ) -> Result<Self, StoreError> {
        Ok(match share.of {
            1 => Self::Whole(Box::new(Aggregator::restore(config, store)?)),
            _ => Self::Share(Box::new(LocalAggregator::restore(
                config,
                share.number,
                store,
            )?)),
        })
    }

    pub(crate) fn observe(
        &mut self,
        event: &MentionEvent,
        cause: &Cause,
        now: Timestamp,
        store: &mut dyn Store,
    ) -> Result<Outcome, StoreError> {
        match self {
            Self::Whole(whole) => whole.observe(event, cause, now, store),
            Self::Share(share) => share.observe(event, cause, now, store),
        }
    }

    pub(crate) fn advance(
        &mut self,
        now: Timestamp,
        store: &mut dyn Store,
    ) -> Result<(), StoreError> {
        match self {
            Self::Whole(whole) => whole.advance(now, store),
            Self::Share(share) => share.advance(now, store),
        }
    }

    pub(crate) fn finish(&mut self, store: &mut dyn Store) -> Result<(), StoreError> {
        match self {
            Self::Whole(whole) => whole.finish(store),
            Self::Share(share) => share.finish(store),
        }
    }

    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        match self {
            Self::Whole(whole) => whole.next_deadline(),
            Self::Share(share) => share.next_deadline(),
        }
    }

    pub(crate) fn flush(
        &mut self,
        store: &mut dyn Store,
    ) -> Result<(Vec<Insight>, Vec<Partial>), StoreError> {
        match self {
            Self::Whole(whole) => Ok((whole.flush(store)?, Vec::new())),
            Self::Share(share) => Ok(share.flush(store)),
        }
    }
}
