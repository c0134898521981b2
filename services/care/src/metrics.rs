//! The series of this stage.

use hark_telemetry::{Histogram, IntCounterVec, IntGaugeVec, Metrics as Registry};

/// What operators see of care.
#[derive(Clone)]
pub struct Metrics {
    /// Alert records read, by what became of them, see [`AlertOutcome`].
    pub alerts: IntCounterVec,
    /// Notices by webhook and outcome, see [`NoticeOutcome`].
    pub notifications: IntCounterVec,
    /// Notices not delivered yet, by webhook.
    pub outbox_entries: IntGaugeVec,
    /// Whether a webhook takes notices, by webhook.
    pub webhook_up: IntGaugeVec,
    /// From an alert's publication to the receiver's 2xx, waiting for retries included.
    pub delivery_seconds: Histogram,
}

/// What became of an alert record; each has exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AlertOutcome {
    /// A notice for at least one webhook went into the outbox.
    Noticed,
    /// No webhook wants it.
    Unmatched,
    /// A revision kept for the record, or a tombstone: nobody is told.
    Silent,
    /// It could not be read: a dead letter was written.
    DeadLetter,
}

impl AlertOutcome {
    /// Every outcome.
    pub const ALL: [Self; 4] = [
        Self::Noticed,
        Self::Unmatched,
        Self::Silent,
        Self::DeadLetter,
    ];

    /// The label's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Noticed => "noticed",
            Self::Unmatched => "unmatched",
            Self::Silent => "silent",
            Self::DeadLetter => "dead_letter",
        }
    }
}

/// What became of a notice. `Queued` counts what came in, `Retried` failed attempts; of the
/// others each notice gets exactly one, so queued = delivered + superseded + given up + outbox
/// (for a process that began with an empty one).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NoticeOutcome {
    /// It went into the outbox.
    Queued,
    /// The receiver answered 2xx.
    Delivered,
    /// An attempt failed; there will be another.
    Retried,
    /// A later revision of the same alert took its place.
    Superseded,
    /// It could not be delivered in time: a dead letter was written.
    GivenUp,
}

impl NoticeOutcome {
    /// Every outcome.
    pub const ALL: [Self; 5] = [
        Self::Queued,
        Self::Delivered,
        Self::Retried,
        Self::Superseded,
        Self::GivenUp,
    ];

    /// The label's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Delivered => "delivered",
            Self::Retried => "retried",
            Self::Superseded => "superseded",
            Self::GivenUp => "given_up",
        }
    }
}

impl Metrics {
    /// Makes the series in a registry; once for each registry.
    pub fn new(registry: &Registry) -> Self {
        let alerts = registry.counter_vec(
            "hark_care_alerts_total",
            "Records read from the alerts topic, by what became of them.",
            &["outcome"],
        );
        for outcome in AlertOutcome::ALL {
            alerts.with_label_values(&[outcome.as_str()]);
        }
        Self {
            alerts,
            notifications: registry.counter_vec(
                "hark_care_notifications_total",
                "Notices by webhook and outcome; retried counts failed attempts.",
                &["webhook", "outcome"],
            ),
            outbox_entries: registry.gauge_vec(
                "hark_care_outbox_entries",
                "Notices that are not delivered yet.",
                &["webhook"],
            ),
            webhook_up: registry.gauge_vec(
                "hark_care_webhook_up",
                "1 while a webhook takes notices, 0 when it failed three times in a row or is gone.",
                &["webhook"],
            ),
            delivery_seconds: registry.histogram(
                "hark_care_delivery_seconds",
                "From an alert's publication to the receiver's 2xx answer, retries included.",
                &[0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 30.0, 300.0, 3600.0],
            ),
        }
    }

    pub(crate) fn count_alert(&self, outcome: AlertOutcome) {
        self.alerts.with_label_values(&[outcome.as_str()]).inc();
    }

    pub(crate) fn count_notice(&self, webhook: &str, outcome: NoticeOutcome) {
        self.notifications
            .with_label_values(&[webhook, outcome.as_str()])
            .inc();
        let entries = self.outbox_entries.with_label_values(&[webhook]);
        match outcome {
            NoticeOutcome::Queued => entries.inc(),
            NoticeOutcome::Retried => {}
            NoticeOutcome::Delivered | NoticeOutcome::Superseded | NoticeOutcome::GivenUp => {
                entries.dec();
            }
        }
    }

    /// Shows a webhook's series from the start, with the notices it has waiting.
    pub(crate) fn show(&self, webhook: &str, waiting: u64, up: bool) {
        for outcome in NoticeOutcome::ALL {
            self.notifications
                .with_label_values(&[webhook, outcome.as_str()]);
        }
        let waiting = i64::try_from(waiting).unwrap_or(i64::MAX);
        self.outbox_entries
            .with_label_values(&[webhook])
            .add(waiting);
        self.set_up(webhook, up);
    }

    pub(crate) fn set_up(&self, webhook: &str, up: bool) {
        self.webhook_up
            .with_label_values(&[webhook])
            .set(i64::from(up));
    }
}

impl Default for Metrics {
    /// In a registry of its own that nobody reads: for tests.
    fn default() -> Self {
        Self::new(&Registry::new())
    }
}
