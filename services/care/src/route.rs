//! The way to one receiver: its webhook, its health, its part of the outbox.

use crate::config::give_up_after;
use crate::error::CareError;
use crate::outbox;
use crate::queue::Queue;
use crate::webhook::Webhook;
use hark_stream::State;
use std::sync::Arc;
use std::time::Duration;

/// The label of every outbox whose webhook is no longer configured, so that labels stay bounded.
const NOT_CONFIGURED: &str = "not-configured";

/// As long as the longest back-off: by then everything that waited has been tried.
const GRACE_MS: i64 = 5 * 60 * 1_000;

/// A route is the only writer of its webhook's part of the outbox.
pub(crate) struct Route {
    pub(crate) id: Arc<str>,
    /// `None` for entries left by a webhook that is no longer configured: they are neither sent
    /// nor forgotten, so a webhook can be taken out for a day. In the end they are given up.
    pub(crate) webhook: Option<Webhook>,
    pub(crate) queue: Queue,
    give_up_ms: i64,
    /// Nothing is given up before this moment, ms since the epoch: care has just started, and
    /// what waited while it did not run has a last try before it.
    grace_until: i64,
    /// When the oldest notice that is not under way is to be given up, ms since the epoch.
    expires_at: Option<i64>,
}

impl Route {
    pub(crate) fn to(webhook: Webhook, now: i64) -> Self {
        let give_up_ms = millis(webhook.give_up_after);
        Self {
            id: Arc::clone(&webhook.id),
            webhook: Some(webhook),
            queue: Queue::default(),
            give_up_ms,
            grace_until: now.saturating_add(GRACE_MS.min(give_up_ms)),
            expires_at: None,
        }
    }

    pub(crate) fn nowhere(id: &str, now: i64) -> Self {
        let mut queue = Queue::default();
        queue.disable();
        Self {
            id: Arc::from(id),
            webhook: None,
            queue,
            give_up_ms: millis(give_up_after()),
            grace_until: now,
            expires_at: None,
        }
    }

    /// Its name in metrics.
    pub(crate) fn label(&self) -> &str {
        if self.webhook.is_some() {
            &self.id
        } else {
            NOT_CONFIGURED
        }
    }

    /// Whether a notice of that age is to be given up.
    pub(crate) fn is_over(&self, created_at: i64, now: i64) -> bool {
        self.end_of(created_at) <= now
    }

    /// Whether there may be a notice to give up.
    pub(crate) fn has_expired(&self, now: i64) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }

    /// Looks at the outbox anew, after a commit.
    pub(crate) fn refresh(&mut self, state: &dyn State) -> Result<(), CareError> {
        let oldest = outbox::oldest(state, &self.id, self.queue.in_flight())?;
        self.expires_at = oldest.map(|(_, notice)| self.end_of(notice.head.created_at));
        Ok(())
    }

    fn end_of(&self, created_at: i64) -> i64 {
        created_at
            .saturating_add(self.give_up_ms)
            .max(self.grace_until)
    }

    /// The notice to send now.
    pub(crate) fn due(&self, state: &dyn State, now: i64) -> Result<Option<u64>, CareError> {
        if self.queue.opens_at().is_none_or(|opens| opens > now) {
            return Ok(None);
        }
        let next = outbox::next_due(state, &self.id, self.queue.in_flight())?;
        Ok(next.filter(|(at, _)| *at <= now).map(|(_, number)| number))
    }

    /// When it wants to be looked at although nothing happens, ms since the epoch.
    pub(crate) fn wakes_at(&self, state: &dyn State) -> Result<Option<i64>, CareError> {
        let mut wakes_at = self.expires_at;
        if let Some(opens) = self.queue.opens_at()
            && let Some((at, _)) = outbox::next_due(state, &self.id, self.queue.in_flight())?
        {
            let sends = at.max(opens);
            wakes_at = Some(wakes_at.map_or(sends, |expires| expires.min(sends)));
        }
        Ok(wakes_at)
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
