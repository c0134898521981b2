//! Answers in: notices out of the outbox, or put off.

use super::{Desk, Turn};
use crate::answer::{Answer, RetryAfter, Verdict};
use crate::dead_letters::{self, Reason};
use crate::error::CareError;
use crate::metrics::NoticeOutcome;
use crate::outbox::{self, Notice};
use crate::queue::{self, Change};

/// The reason of a dead letter that could not be delivered in time.
const UNDELIVERED: &str = "undelivered";
/// Notices given up in one step: a commit stays small whatever has piled up.
const GIVEN_UP_AT_ONCE: usize = 64;

impl Desk {
    pub(super) fn settle(&mut self, answer: Answer, turn: &mut Turn<'_>) -> Result<(), CareError> {
        let Answer {
            route: index,
            number,
            verdict,
        } = answer;
        self.routes[index].queue.ended(number);
        let id = self.routes[index].id.clone();
        let Some(notice) = outbox::get(&turn.draft, &id, number)? else {
            return Ok(());
        };
        match verdict {
            Verdict::Delivered => {
                outbox::remove(&mut turn.draft, &id, number, &notice.head)?;
                turn.tally.notices.push((index, NoticeOutcome::Delivered));
                turn.tally.delays.push(turn.now - notice.head.published_at);
                self.delivered(index);
                Ok(())
            }
            Verdict::Failed { why, retry_after } => {
                let asked = self.failed(index, &why, retry_after, turn.now);
                self.retry(index, number, notice, why, asked, turn)
            }
            Verdict::Gone => {
                self.gone(index);
                let why = "answered 410".to_owned();
                self.retry(index, number, notice, why, None, turn)
            }
            Verdict::Unreadable { kind, why } => {
                let reason = Reason {
                    kind,
                    sentence: &why,
                };
                self.give_up(index, number, &notice, &reason, turn)
            }
        }
    }

    fn delivered(&mut self, index: usize) {
        let route = &mut self.routes[index];
        if route.queue.delivered() == Change::Recovered {
            self.metrics.set_up(route.label(), true);
            tracing::info!(webhook = %route.id, "the webhook takes notices again");
        }
    }

    /// Notes a failure, and returns the moment the endpoint asked to be left alone until.
    fn failed(
        &mut self,
        index: usize,
        why: &str,
        retry_after: Option<RetryAfter>,
        now: i64,
    ) -> Option<i64> {
        let route = &mut self.routes[index];
        let asked = retry_after.map(|after| queue::within_reason(now, after.moment(now)));
        if route.queue.failed(now, asked) == Change::WentDown {
            self.metrics.set_up(route.label(), false);
            tracing::warn!(webhook = %route.id, why, "the webhook failed three times in a row; notices wait in the outbox and it is tried at least once a minute");
        } else {
            tracing::debug!(webhook = %route.id, why, "an attempt failed");
        }
        asked
    }

    fn gone(&mut self, index: usize) {
        let route = &mut self.routes[index];
        route.queue.disable();
        self.metrics.set_up(route.label(), false);
        tracing::error!(webhook = %route.id, "the webhook answered 410 Gone: nothing is sent to it until hark is restarted; its notices wait in the outbox");
    }

    fn retry(
        &self,
        index: usize,
        number: u64,
        mut notice: Notice,
        why: String,
        asked: Option<i64>,
        turn: &mut Turn<'_>,
    ) -> Result<(), CareError> {
        let route = &self.routes[index];
        let before = notice.head.clone();
        notice.head.attempts = before.attempts.saturating_add(1);
        notice.head.last_failure = Some(why);
        if route.is_over(before.created_at, turn.now) {
            return self.give_up_late(index, number, &notice, turn);
        }
        let chain = outbox::of_alert(&turn.draft, &route.id, &before.alert_id)?;
        if before.supersedable && chain.last().is_some_and(|(last, _)| *last > number) {
            outbox::remove(&mut turn.draft, &route.id, number, &before)?;
            turn.tally.notices.push((index, NoticeOutcome::Superseded));
            return Ok(());
        }
        notice.head.next_attempt_at = queue::next_attempt(turn.now, notice.head.attempts, asked);
        outbox::put_off(&mut turn.draft, &route.id, number, &before, &notice);
        turn.tally.notices.push((index, NoticeOutcome::Retried));
        Ok(())
    }

    /// Gives up what has waited too long, whether or not its turn to be tried has come.
    pub(super) fn give_up_expired(&mut self, turn: &mut Turn<'_>) -> Result<(), CareError> {
        for index in 0..self.routes.len() {
            for _ in 0..GIVEN_UP_AT_ONCE {
                let route = &self.routes[index];
                if !route.has_expired(turn.now) {
                    break;
                }
                match outbox::oldest(&turn.draft, &route.id, route.queue.in_flight())? {
                    Some((number, notice)) if route.is_over(notice.head.created_at, turn.now) => {
                        self.give_up_late(index, number, &notice, turn)?;
                    }
                    _ => break,
                }
            }
        }
        Ok(())
    }

    fn give_up_late(
        &self,
        index: usize,
        number: u64,
        notice: &Notice,
        turn: &mut Turn<'_>,
    ) -> Result<(), CareError> {
        let waited = u64::try_from(turn.now - notice.head.created_at).unwrap_or(0) / 1_000;
        let sentence = format!(
            "webhook {} did not take it within {} and {} attempts; the last failure: {}; see to \
             the receiver, then replay this dead letter if it still matters",
            self.routes[index].id,
            humantime::format_duration(std::time::Duration::from_secs(waited)),
            notice.head.attempts,
            notice
                .head
                .last_failure
                .as_deref()
                .unwrap_or("none, it was never tried"),
        );
        let reason = Reason {
            kind: UNDELIVERED,
            sentence: &sentence,
        };
        self.give_up(index, number, notice, &reason, turn)
    }

    fn give_up(
        &self,
        index: usize,
        number: u64,
        notice: &Notice,
        reason: &Reason<'_>,
        turn: &mut Turn<'_>,
    ) -> Result<(), CareError> {
        let id = &self.routes[index].id;
        tracing::error!(webhook = %id, offset = number, kind = reason.kind, why = reason.sentence, "a notice was given up and became a dead letter");
        let origin = self.origin(number);
        turn.draft.publish(dead_letters::undelivered(
            &origin, notice, id, reason, turn.now,
        ));
        outbox::remove(&mut turn.draft, id, number, &notice.head)?;
        turn.tally.notices.push((index, NoticeOutcome::GivenUp));
        Ok(())
    }
}
