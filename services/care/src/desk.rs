//! Deciding: alerts and answers in, one commit and the next requests out. Sends nothing itself.

mod accept;
mod settle;

use crate::answer::{Answer, Verdict};
use crate::dead_letters::Origin;
use crate::draft::Draft;
use crate::error::CareError;
use crate::metrics::{AlertOutcome, Metrics, NoticeOutcome};
use crate::outbox::{self, Notice};
use crate::route::Route;
use crate::send::Request;
use crate::sign;
use crate::surroundings::Topics;
use crate::webhook::Webhook;
use hark_model::Alert;
use hark_proto::{Wire, cloud_event};
use hark_stream::{Commit, Position, Record, State};

/// Everything care knows besides the log.
pub(crate) struct Desk {
    pub(crate) routes: Vec<Route>,
    topics: Topics,
    partition: u32,
    metrics: Metrics,
}

/// What one step decided.
pub(crate) struct Step {
    pub(crate) commit: Commit,
    pub(crate) tally: Tally,
}

/// A step being decided.
struct Turn<'a> {
    draft: Draft<'a>,
    tally: Tally,
    now: i64,
}

/// What is to be counted once the commit holds.
#[derive(Default)]
pub(crate) struct Tally {
    alerts: Vec<AlertOutcome>,
    /// By the index of the route.
    notices: Vec<(usize, NoticeOutcome)>,
    /// From publication to 2xx, in ms.
    delays: Vec<i64>,
}

/// A notice to be sent, or why it cannot be.
pub(crate) enum Errand {
    Send(Request),
    Report(Answer),
}

impl Desk {
    /// Takes up the outbox as it stands.
    pub(crate) fn open(
        webhooks: Vec<Webhook>,
        topics: Topics,
        partition: u32,
        metrics: Metrics,
        state: &dyn State,
        now: i64,
    ) -> Result<Self, CareError> {
        let mut routes: Vec<Route> = webhooks
            .into_iter()
            .map(|webhook| Route::to(webhook, now))
            .collect();
        let counts = outbox::counts(state)?;
        for (id, waiting) in &counts {
            if !routes.iter().any(|route| *route.id == **id) {
                tracing::warn!(webhook = %id, waiting, "the outbox holds notices for a webhook that is not configured; they are kept for 72 h");
                routes.push(Route::nowhere(id, now));
            }
        }
        for route in &mut routes {
            route.refresh(state)?;
            let waiting = counts
                .iter()
                .find(|(id, _)| **id == *route.id)
                .map_or(0, |(_, n)| *n);
            metrics.show(route.label(), waiting, route.webhook.is_some());
        }
        Ok(Self {
            routes,
            topics,
            partition,
            metrics,
        })
    }

    /// Decides what a batch of alerts, a set of answers and the time mean.
    pub(crate) fn step(
        &mut self,
        batch: &[Record],
        answers: Vec<Answer>,
        state: &dyn State,
        now: i64,
    ) -> Result<Step, CareError> {
        let mut turn = Turn {
            draft: Draft::new(state),
            tally: Tally::default(),
            now,
        };
        for answer in answers {
            self.settle(answer, &mut turn)?;
        }
        for record in batch {
            let outcome = self.accept(record, &mut turn)?;
            turn.tally.alerts.push(outcome);
        }
        self.give_up_expired(&mut turn)?;
        let mut commit = turn.draft.into_commit();
        commit.offsets.extend(batch.last().map(|last| Position {
            topic: last.topic.clone(),
            partition: last.partition,
            next: last.offset + 1,
        }));
        Ok(Step {
            commit,
            tally: turn.tally,
        })
    }

    /// The commit of a step holds: what it decided is now true.
    pub(crate) fn committed(&mut self, tally: &Tally, state: &dyn State) -> Result<(), CareError> {
        for outcome in &tally.alerts {
            self.metrics.count_alert(*outcome);
        }
        for (route, outcome) in &tally.notices {
            self.metrics
                .count_notice(self.routes[*route].label(), *outcome);
        }
        for delay in &tally.delays {
            self.metrics
                .delivery_seconds
                .observe((*delay).max(0) as f64 / 1_000.0);
        }
        self.routes
            .iter_mut()
            .try_for_each(|route| route.refresh(state))
    }

    /// Everything that may be sent now, marked as under way.
    pub(crate) fn errands(
        &mut self,
        state: &dyn State,
        now: i64,
    ) -> Result<Vec<Errand>, CareError> {
        let mut errands = Vec::new();
        for (index, route) in self.routes.iter_mut().enumerate() {
            let Some(webhook) = &route.webhook else {
                continue;
            };
            while let Some(number) = route.due(state, now)? {
                let notice = outbox::require(state, &route.id, number)?;
                errands.push(errand(webhook, index, number, &notice, now));
                route.queue.started(number);
            }
        }
        Ok(errands)
    }

    /// Requests under way.
    pub(crate) fn in_flight(&self) -> usize {
        self.routes
            .iter()
            .map(|route| route.queue.in_flight().len())
            .sum()
    }

    /// Whether a step is needed although nothing came.
    pub(crate) fn has_expired(&self, now: i64) -> bool {
        self.routes.iter().any(|route| route.has_expired(now))
    }

    /// When it wants to be called although nothing happens, ms since the epoch.
    pub(crate) fn wakes_at(&self, state: &dyn State) -> Result<Option<i64>, CareError> {
        let mut earliest = None;
        for route in &self.routes {
            let wakes_at = route.wakes_at(state)?;
            earliest = [earliest, wakes_at].into_iter().flatten().min();
        }
        Ok(earliest)
    }

    fn origin(&self, offset: u64) -> Origin<'_> {
        Origin {
            dead_letters: &self.topics.dead_letters,
            topic: &self.topics.alerts,
            partition: self.partition,
            offset,
        }
    }
}

impl Tally {
    /// How many alert records there were.
    pub(crate) fn alerts(&self) -> u64 {
        self.alerts.len() as u64
    }

    /// How many notices had this outcome.
    pub(crate) fn count(&self, outcome: NoticeOutcome) -> u64 {
        self.notices
            .iter()
            .filter(|(_, other)| *other == outcome)
            .count() as u64
    }
}

fn errand(webhook: &Webhook, route: usize, number: u64, notice: &Notice, now: i64) -> Errand {
    match Alert::decode(&notice.alert) {
        Ok(alert) => {
            let body = cloud_event(&alert).to_string();
            let id = sign::message_id(&alert.id, alert.revision);
            let headers = sign::headers(&webhook.secret, &id, now, &body);
            let (url, timeout) = (webhook.url.clone(), webhook.timeout);
            Errand::Send(Request {
                route,
                number,
                url,
                headers,
                body,
                timeout,
            })
        }
        Err(error) => {
            let verdict = Verdict::Unreadable {
                kind: error.kind(),
                why: error.to_string(),
            };
            Errand::Report(Answer {
                route,
                number,
                verdict,
            })
        }
    }
}
