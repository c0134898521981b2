//! An aggregator with its store, and what it said.

use super::mention::{Said, mention};
use hark_insight::{
    Aggregator, Cause, Config, Insight, Market, MemoryStore, MentionRule, Outcome, Report,
    TimeMode, VoiceReport,
};
use hark_model::{
    Alert, Intent, MentionEvent, Occasion, Sentiment, ShareOfVoice, Span, Timestamp, Window,
};
use std::sync::Arc;

/// One market of these brands, without rules.
pub(crate) fn market(brands: &[&str]) -> Config {
    let brands = brands.iter().map(|brand| (*brand).into()).collect();
    Config {
        markets: vec![Market {
            id: "market".into(),
            brands,
        }],
        fingerprint: Arc::from("config-1"),
        ..Config::default()
    }
}

/// Skylark against Fennelway, with the rules that come with hark.
pub(crate) fn config() -> Config {
    let negative = || vec![Sentiment::Negative];
    let rule = |id: &str| MentionRule {
        id: Arc::from(id),
        sentiment: negative(),
        ..Default::default()
    };
    let words = ["sue", "food poisoning"].map(str::to_owned).to_vec();
    Config {
        mention_rules: vec![
            MentionRule {
                words,
                throttle: false,
                owner: Some("legal".into()),
                severity: 9,
                due: Span::from_minutes(30),
                ..rule("safety")
            },
            MentionRule {
                min_reach: Some(10_000),
                severity: 7,
                ..rule("reach")
            },
            MentionRule {
                intents: vec![Intent::Churn],
                min_confidence: 0.6,
                ..rule("churn-threat")
            },
        ],
        ..market(&["skylark", "fennelway"])
    }
}

/// Hears mentions and keeps what was said of them.
pub(crate) struct Listener {
    pub(crate) aggregator: Aggregator,
    pub(crate) store: MemoryStore,
    /// Everything said so far.
    pub(crate) said: Vec<Insight>,
    /// The alerts among it, with the moment of the flush they came with.
    pub(crate) told: Vec<(Timestamp, Alert)>,
    /// When each of `said` was.
    pub(crate) moments: Vec<Timestamp>,
    now: Timestamp,
    offset: u64,
}

impl Listener {
    pub(crate) fn new(config: Config) -> Self {
        let store = MemoryStore::default();
        let aggregator = Aggregator::restore(config, &store).unwrap();
        Self {
            aggregator,
            store,
            said: Vec::new(),
            told: Vec::new(),
            moments: Vec::new(),
            now: Timestamp::MIN,
            offset: 0,
        }
    }

    /// Hears a mention at its own time and returns the alerts that follow at once.
    pub(crate) fn hears(&mut self, said: Said) -> Vec<Alert> {
        let now = said.0.event_time.max(self.now);
        self.hears_at(said.event(), now)
    }

    pub(crate) fn hears_at(&mut self, event: MentionEvent, now: Timestamp) -> Vec<Alert> {
        self.outcome(&event, now);
        self.flush()
    }

    /// Hears an event at the time it is.
    pub(crate) fn learns(&mut self, event: MentionEvent) -> Vec<Alert> {
        self.hears_at(event, self.now)
    }

    pub(crate) fn outcome(&mut self, event: &MentionEvent, now: Timestamp) -> Outcome {
        self.now = now;
        let cause = Cause {
            topic: Arc::from("hark.mentions"),
            partition: 0,
            offset: self.offset,
        };
        self.offset += 1;
        self.aggregator
            .observe(event, &cause, now, &mut self.store)
            .unwrap()
    }

    /// Lets time pass, as a service does: everything at the moment it is due.
    pub(crate) fn waits_until(&mut self, moment: Timestamp) -> Vec<Alert> {
        let before = self.told.len();
        while let Some(due) = self.aggregator.next_deadline().filter(|due| *due <= moment) {
            assert!(due > self.now, "a deadline in the past: {due}");
            self.advances(due);
        }
        self.advances(moment);
        self.told[before..]
            .iter()
            .map(|(_, alert)| alert.clone())
            .collect()
    }

    pub(crate) fn waits(&mut self, span: Span) -> Vec<Alert> {
        self.waits_until(self.now + span)
    }

    pub(crate) fn advances(&mut self, moment: Timestamp) {
        self.aggregator.advance(moment, &mut self.store).unwrap();
        self.now = self.now.max(moment);
        self.flush();
    }

    pub(crate) fn flush(&mut self) -> Vec<Alert> {
        let said = self.aggregator.flush(&mut self.store).unwrap();
        let alerts: Vec<Alert> = said.iter().filter_map(alert).collect();
        self.told
            .extend(alerts.iter().map(|alert| (self.now, alert.clone())));
        self.moments.extend(said.iter().map(|_| self.now));
        self.said.extend(said);
        alerts
    }

    /// Hours in which a brand gets a negative mention every ten minutes.
    pub(crate) fn lives_through(&mut self, brand: &str, from: Timestamp, hours: i64) {
        for number in 0..hours * 6 {
            let time = from + Span::from_minutes(number * 10);
            self.waits_until(time);
            let item = format!("usual {brand} {time}");
            self.hears(
                mention(brand)
                    .item(item)
                    .negative()
                    .on(time)
                    .saying("slow again, as usual"),
            );
        }
        self.waits_until(from + Span::from_hours(hours));
    }

    /// From now on a negative mention every five seconds; `as_said` makes them.
    pub(crate) fn storms(&mut self, mentions: i64, as_said: impl Fn(Said) -> Said) -> Vec<Alert> {
        let (start, before) = (self.now, self.told.len());
        for number in 0..mentions {
            let time = start + Span::from_seconds(number * 5);
            self.waits_until(time);
            let item = format!("storm {time}");
            self.hears(as_said(mention("skylark").item(item).negative().on(time)));
        }
        self.told[before..]
            .iter()
            .map(|(_, alert)| alert.clone())
            .collect()
    }

    /// Forgets everything but the store, as a crash after a commit does.
    pub(crate) fn restarts(&mut self) {
        let config = self.aggregator.config().clone();
        self.restarts_with(config);
    }

    pub(crate) fn restarts_with(&mut self, config: Config) {
        self.flush();
        self.aggregator = Aggregator::restore(config, &self.store).unwrap();
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// When which alert was told, and why.
    pub(crate) fn diary(&self, rule: &str) -> Vec<(Timestamp, Occasion)> {
        let of_rule = self.told.iter().filter(|(_, alert)| &*alert.rule == rule);
        of_rule
            .map(|(time, alert)| (*time, alert.occasion))
            .collect()
    }

    /// The latest publication for a brand and a window.
    pub(crate) fn published(&self, brand: &str, window: Window) -> Option<ShareOfVoice> {
        self.said.iter().rev().find_map(|insight| match insight {
            Insight::Voice(share)
                if share.brand == brand.into() && share.window == Some(window) =>
            {
                Some((**share).clone())
            }
            _ => None,
        })
    }

    pub(crate) fn report(&self) -> Report<'_> {
        Report {
            config: self.aggregator.config(),
            shares: vec![&self.store],
            whole: vec![&self.store],
        }
    }

    pub(crate) fn voice(&self, window: Option<Window>, at: Timestamp) -> VoiceReport {
        let market = &self.aggregator.config().markets[0];
        self.report().voice(market, window, at).unwrap()
    }

    /// A brand's share of everything.
    pub(crate) fn share(&self, brand: &str) -> ShareOfVoice {
        let shares = self.voice(None, self.now).shares;
        shares
            .into_iter()
            .find(|share| share.brand == brand.into())
            .unwrap()
    }
}

/// The same rules, moved by the newest event.
pub(crate) fn replaying(config: Config) -> Config {
    Config {
        time: TimeMode::Event,
        ..config
    }
}

fn alert(insight: &Insight) -> Option<Alert> {
    match insight {
        Insight::Alert(alert) => Some((**alert).clone()),
        _ => None,
    }
}
