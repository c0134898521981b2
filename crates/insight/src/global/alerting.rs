//! Deciding alerts, and whom to tell when.

use super::{GlobalAggregator, Insight};
use crate::alert::{Due, EvidenceRow, Group, GroupKey, Opening, Raising, spike_severity};
use crate::config::{SpikeRule, TimeMode};
use crate::contribution::ItemKey;
use crate::local::FALLBACK_OWNER;
use crate::partial::Raised;
use crate::spike::Judgement;
use crate::terms::Background;
use hark_model::{
    AlertKind, BrandId, Minute, Occasion, Provenance, Span, Standing, TeamId, Timestamp,
};
use std::collections::BTreeMap;

/// Of a replay, a silence longer than this is not learnt from: nobody knows whether anybody
/// listened.
const LONGEST_SILENCE: Span = Span::from_days(2);
/// A clock that jumps further than this was stopped: nobody listened, and what was said then
/// comes with the backlog.
const LONGEST_PAUSE: Span = Span::from_minutes(15);
/// A spike is over once its window is no more unlikely than this.
const CALM: f64 = 0.05;
const SPIKE: &str = "spike";

impl GlobalAggregator {
    /// Opens or feeds the alert of a mention that matters by itself.
    pub(super) fn alert_on_mention(&mut self, raised: Raised) {
        let brand = BrandId::new(&*raised.brand);
        let key = GroupKey::mention(&brand, &raised.rule, &raised.part);
        let now = self.clock.now();
        let incident = if raised.throttle {
            self.incident(&brand)
        } else {
            None
        };
        let opening = Opening {
            kind: AlertKind::Mention,
            rule: &raised.rule,
            brand: &brand,
            seed: &raised.seed,
            at: Timestamp::from_millis(raised.at),
            severity: raised.severity,
            owner: TeamId::new(&*raised.owner),
            due: Span::from_millis(raised.due),
            throttle: raised.throttle,
            word: raised.word.as_deref(),
            window: Span::from_millis(0),
            now,
        };
        let is_new = !self.groups.contains_key(&key);
        let group = self
            .groups
            .entry(key.clone())
            .or_insert_with(|| Group::open(&opening));
        group.severity = group.severity.max(raised.severity);
        group.add(raised.evidence, now);
        group.inhibited_by = incident;
        self.alerts_due = None;
        if is_new {
            let inhibited = group.inhibited_by.is_some();
            self.clock.opened(AlertKind::Mention);
            let occasion = if inhibited {
                Occasion::Inhibited
            } else {
                Occasion::Opened
            };
            self.say(&key, occasion);
        }
        self.changed_groups.insert(key);
    }

    fn owner(&self, touchpoint: &str) -> Option<TeamId> {
        self.config
            .taxonomy
            .get(&touchpoint.into())
            .map(|touchpoint| touchpoint.owner.clone())
    }

    /// The id of the spike alert that fires for a brand.
    fn incident(&self, brand: &BrandId) -> Option<String> {
        let spike = self.groups.get(&GroupKey::spike(brand))?;
        Some(spike.id().to_owned())
    }

    /// Closes every pane whose time is over and judges the window that ends with it.
    pub(super) fn close_panes(&mut self) {
        let Some(rule) = self.config.spike else {
            return;
        };
        let last = (self.clock.now() - self.config.out_of_order)
            .minute()
            .plus(-1);
        if self.closed.is_some_and(|closed| closed >= last) {
            return;
        }
        self.closed = Some(last);
        let longest = match self.config.time {
            TimeMode::Wall => LONGEST_PAUSE,
            TimeMode::Event => LONGEST_SILENCE,
        };
        let brands: Vec<BrandId> = self.brands.keys().cloned().collect();
        for brand in brands {
            self.close_panes_of(&brand, &rule, last, longest);
        }
    }

    fn close_panes_of(&mut self, brand: &BrandId, rule: &SpikeRule, last: Minute, longest: Span) {
        loop {
            let Some(memory) = self.brands.get_mut(brand) else {
                return;
            };
            let Some(next) = memory.baseline.next_open() else {
                return;
            };
            if next > last {
                return;
            }
            if last.get() - next.get() > longest.minutes() {
                memory.baseline.skip_to(last);
            }
            memory.baseline_changed = true;
            let Some(judgement) = memory.baseline.close(rule) else {
                return;
            };
            self.judge(brand, rule, &judgement);
        }
    }

    fn judge(&mut self, brand: &BrandId, rule: &SpikeRule, judgement: &Judgement) {
        let key = GroupKey::spike(brand);
        let firing = self.groups.contains_key(&key);
        let unlikely = judgement.known
            && judgement.observed >= rule.min_mentions
            && judgement.p_value < rule.p_value;
        if !firing && unlikely {
            self.open_spike(key, brand, rule, judgement);
        } else if firing {
            self.follow_spike(&key, brand, rule, judgement);
        }
    }

    fn open_spike(
        &mut self,
        key: GroupKey,
        brand: &BrandId,
        rule: &SpikeRule,
        judgement: &Judgement,
    ) {
        let Some(memory) = self.brands.get_mut(brand) else {
            return;
        };
        memory.baseline.freeze(true);
        let end = judgement.minute.end();
        let negatives: Vec<EvidenceRow> = memory.negatives(end, rule.window).cloned().collect();
        let seed = judgement.minute.get().to_string();
        let opening = Opening {
            kind: AlertKind::Spike,
            rule: SPIKE,
            brand,
            seed: &seed,
            at: end,
            severity: spike_severity(rule.severity, judgement.p_value, raising(&negatives)),
            owner: self.spike_owner(&negatives),
            due: rule.due,
            throttle: false,
            word: None,
            window: rule.window,
            now: self.clock.now().min(end),
        };
        let mut group = Group::open(&opening);
        let now = self.clock.now();
        negatives
            .into_iter()
            .for_each(|evidence| group.add(evidence, end.min(now)));
        group.stand_for(judgement.observed);
        measure(&mut group, judgement);
        self.groups.insert(key.clone(), group);
        self.clock.opened(AlertKind::Spike);
        self.say(&key, Occasion::Opened);
    }

    fn follow_spike(
        &mut self,
        key: &GroupKey,
        brand: &BrandId,
        rule: &SpikeRule,
        judgement: &Judgement,
    ) {
        let end = judgement.minute.end();
        let Some(memory) = self.brands.get_mut(brand) else {
            return;
        };
        if judgement.p_value > CALM {
            self.say(key, Occasion::Resolved);
            return;
        }
        let fresh: Vec<EvidenceRow> = memory
            .negatives(end, Span::from_minutes(1))
            .cloned()
            .collect();
        let Some(group) = self.groups.get_mut(key) else {
            return;
        };
        group.still_holds(end);
        if judgement.p_value < group.p_value.unwrap_or(1.0) {
            let severity = spike_severity(rule.severity, judgement.p_value, raising(&fresh));
            group.severity = group.severity.max(severity);
            measure(group, judgement);
        }
        let stands_for = group.mentions() + judgement.fresh;
        fresh
            .into_iter()
            .for_each(|evidence| group.add(evidence, end));
        group.stand_for(stands_for);
        self.alerts_due = None;
        self.changed_groups.insert(key.clone());
    }

    fn spike_owner(&self, negatives: &[EvidenceRow]) -> TeamId {
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
        for touchpoint in negatives.iter().flat_map(|evidence| &evidence.touchpoints) {
            *counts.entry(touchpoint).or_insert(0) += 1;
        }
        counts
            .into_iter()
            .max_by_key(|(_, count)| *count)
            .and_then(|(touchpoint, _)| self.owner(touchpoint))
            .unwrap_or_else(|| TeamId::new(FALLBACK_OWNER))
    }

    /// Updates, repeats and resolves what is due, in the order in which it was due.
    pub(super) fn tell_what_is_due(&mut self) {
        let now = self.clock.now();
        if self.alerts_due.is_some_and(|due| due > now) {
            return;
        }
        loop {
            let next = self
                .groups
                .iter()
                .map(|(key, group)| (group.due(&self.config.notify), key))
                .min_by_key(|(due, key)| (due.at(), *key));
            let Some((due, key)) = next.filter(|(due, _)| due.at() <= now) else {
                self.alerts_due = Some(next.map_or(Timestamp::MAX, |(due, _)| due.at()));
                return;
            };
            let key = key.clone();
            let occasion = match due {
                Due::Resolve(_) => Occasion::Resolved,
                _ if self.is_silenced(&key) => Occasion::Inhibited,
                Due::Update(_) => Occasion::Updated,
                Due::Repeat(_) => Occasion::Repeated,
            };
            self.say(&key, occasion);
        }
    }

    /// Whether an incident covers an alert: one that fires now, or one that did when the alert's
    /// latest mention came.
    fn is_silenced(&mut self, key: &GroupKey) -> bool {
        let Some(group) = self.groups.get(key) else {
            return false;
        };
        if group.is_throttled()
            && let Some(incident) = self.incident(&BrandId::new(group.brand()))
            && let Some(group) = self.groups.get_mut(key)
        {
            group.inhibited_by = Some(incident);
        }
        self.groups
            .get(key)
            .is_some_and(|group| group.inhibited_by.is_some())
    }

    /// Publishes an alert's next revision; one that is over is forgotten.
    fn say(&mut self, key: &GroupKey, occasion: Occasion) {
        let now = self.clock.now();
        let Some(group) = self.groups.get_mut(key) else {
            return;
        };
        // A brand may have left the configuration while its alert fires.
        let mut memory = self.brands.get_mut(group.brand());
        let unknown = Background::default();
        let window = self
            .config
            .spike
            .map_or(Span::from_hours(1), |rule| rule.window);
        let provenance = Provenance {
            model: "".into(),
            configuration: self.config.fingerprint.clone(),
            records: vec![self.clock.cause()],
        };
        let coverage = self.coverage.of(now - window, now);
        let background = memory
            .as_ref()
            .map_or(&unknown, |memory| &memory.background);
        let alert = group.publish(
            occasion,
            now,
            &self.config,
            background,
            coverage,
            provenance,
        );
        if occasion == Occasion::Resolved {
            if group.kind() == AlertKind::Spike
                && let Some(memory) = &mut memory
            {
                memory.baseline.freeze(false);
                memory.baseline_changed = true;
            }
            self.groups.remove(key);
        }
        self.alerts_due = None;
        self.changed_groups.insert(key.clone());
        self.out.push(Insight::Alert(Box::new(alert)));
    }

    /// Takes a mention that is gone out of every alert that shows it.
    pub(super) fn forget_in_alerts(&mut self, brand: &str, item: ItemKey) {
        for (key, group) in &mut self.groups {
            if group.brand() == brand && group.forget(item) {
                self.amended_groups.insert(key.clone());
            }
        }
    }

    /// Publishes the alerts that lost a mention to the event at hand: an edit has put its new
    /// reading in by now, so that it does not end the alert it keeps alive.
    pub(super) fn settle_amended(&mut self) {
        for key in std::mem::take(&mut self.amended_groups) {
            let is_empty = self.groups.get(&key).is_some_and(Group::is_empty);
            self.say(
                &key,
                if is_empty {
                    Occasion::Resolved
                } else {
                    Occasion::Amended
                },
            );
        }
    }
}

fn raising(negatives: &[EvidenceRow]) -> Raising {
    Raising {
        reach: negatives.iter().filter_map(EvidenceRow::reach).max(),
        detractor: negatives
            .iter()
            .any(|e| e.standing() == Standing::Detractor),
        weight: negatives.iter().map(|e| e.weight).fold(1.0, f64::max),
    }
}

fn measure(group: &mut Group, judgement: &Judgement) {
    group.observed = f64::from(judgement.observed);
    group.expected = Some(judgement.expected);
    group.p_value = Some(judgement.p_value);
}
