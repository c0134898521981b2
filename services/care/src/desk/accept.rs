//! Alerts in: notices into the outbox.

use super::{Desk, Turn};
use crate::dead_letters;
use crate::draft::Draft;
use crate::error::CareError;
use crate::metrics::{AlertOutcome, NoticeOutcome};
use crate::outbox::{self, Head, Notice};
use crate::route::Route;
use hark_model::{Alert, Occasion};
use hark_proto::Wire;
use hark_stream::Record;

impl Desk {
    pub(super) fn accept(
        &mut self,
        record: &Record,
        turn: &mut Turn<'_>,
    ) -> Result<AlertOutcome, CareError> {
        let Some(value) = &record.value else {
            return Ok(AlertOutcome::Silent);
        };
        let alert = match Alert::decode(value) {
            Ok(alert) => alert,
            Err(error) => {
                tracing::error!(offset = record.offset, %error, "a record is no alert and became a dead letter");
                let origin = self.origin(record.offset);
                turn.draft
                    .publish(dead_letters::unreadable(&origin, record, &error, turn.now));
                return Ok(AlertOutcome::DeadLetter);
            }
        };
        // What is gone at its source is not sent later: also when its going ended the alert.
        let emptied = alert.occasion == Occasion::Resolved && alert.evidence.is_empty();
        if alert.occasion == Occasion::Amended || emptied {
            for route in &self.routes {
                amend(route, &alert, &mut turn.draft)?;
            }
        }
        if !alert.occasion.notifies() {
            return Ok(AlertOutcome::Silent);
        }
        let notice = notice(&alert, record, value, turn.now);
        let mut outcome = AlertOutcome::Unmatched;
        for (index, route) in self.routes.iter().enumerate() {
            if route
                .webhook
                .as_ref()
                .is_some_and(|webhook| webhook.wants(&alert))
            {
                supersede(index, route, &alert, turn)?;
                outbox::add(&mut turn.draft, &route.id, record.offset, &notice)?;
                turn.tally.notices.push((index, NoticeOutcome::Queued));
                outcome = AlertOutcome::Noticed;
            }
        }
        Ok(outcome)
    }
}

fn notice(alert: &Alert, record: &Record, value: &[u8], now: i64) -> Notice {
    Notice {
        head: Head {
            alert_id: alert.id.to_string(),
            revision: alert.revision,
            supersedable: matches!(alert.occasion, Occasion::Updated | Occasion::Repeated),
            published_at: record.timestamp,
            created_at: now,
            next_attempt_at: now,
            attempts: 0,
            last_failure: None,
        },
        alert: value.to_vec(),
    }
}

/// Drops what a newer revision says better: undelivered updates and repeats. The opening and the
/// end of an alert are never dropped, and what is under way is left to its answer.
fn supersede(
    index: usize,
    route: &Route,
    alert: &Alert,
    turn: &mut Turn<'_>,
) -> Result<(), CareError> {
    for (number, supersedable) in outbox::of_alert(&turn.draft, &route.id, &alert.id)? {
        if supersedable
            && !route.queue.in_flight().contains(&number)
            && let Some(notice) = outbox::get(&turn.draft, &route.id, number)?
        {
            outbox::remove(&mut turn.draft, &route.id, number, &notice.head)?;
            turn.tally.notices.push((index, NoticeOutcome::Superseded));
        }
    }
    Ok(())
}

/// A deletion at the source took evidence away: what waits in the outbox must not show it any
/// more. Each notice keeps its revision and its occasion, and tells the rest as it is now.
fn amend(route: &Route, amended: &Alert, draft: &mut Draft<'_>) -> Result<(), CareError> {
    for (number, _) in outbox::of_alert(draft, &route.id, &amended.id)? {
        if let Some(mut notice) = outbox::get(draft, &route.id, number)?
            && let Ok(told) = Alert::decode(&notice.alert)
        {
            let alert = Alert {
                revision: told.revision,
                occasion: told.occasion,
                state: told.state,
                inhibited_by: told.inhibited_by,
                ..amended.clone()
            };
            notice.alert = alert.encode();
            outbox::rewrite(draft, &route.id, number, &notice);
        }
    }
    Ok(())
}
