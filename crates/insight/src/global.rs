//! The second step: what all shares of the mentions mean together.
//!
//! Of the windows it holds what each share said last, and adds them up: what is said again, or twice,
//! changes nothing. Baselines and alerts follow what came in between.

mod alerting;
mod shares;

use crate::aggregator::Insight;
use crate::alert::{Group, GroupKey};
use crate::brand::BrandMemory;
use crate::clock::Clock;
use crate::config::{Config, TimeMode};
use crate::coverage::Coverage;
use crate::partial::{Partial, Step, gap_of};
use crate::store::{Store, StoreError};
use crate::tables::{self, CLOCK, GROUPS};
use hark_model::{AlertKind, BrandId, Minute, RecordRange, Timestamp};
use shares::Shares;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What tells the second step's clock from the first one's, where one store has both.
const PART: &[u8] = b"whole";

/// Decides what the shares of the mentions mean for their markets.
pub struct GlobalAggregator {
    config: Config,
    clock: Clock,
    coverage: Coverage,
    shares: Shares,
    brands: BTreeMap<BrandId, BrandMemory>,
    groups: BTreeMap<GroupKey, Group>,
    changed_groups: BTreeSet<GroupKey>,
    /// Alerts that lost evidence to the event at hand.
    amended_groups: BTreeSet<GroupKey>,
    /// Panes up to this minute are closed.
    closed: Option<Minute>,
    /// No alert is due before this moment; `None`: not known.
    alerts_due: Option<Timestamp>,
    out: Vec<Insight>,
}

pub(crate) fn clock_key() -> Vec<u8> {
    CLOCK.key(&[PART])
}

impl GlobalAggregator {
    /// Takes up where the store left off. `shares`: how many shares the mentions have.
    pub fn restore(config: Config, shares: u32, store: &dyn Store) -> Result<Self, StoreError> {
        let mut brands = BTreeMap::new();
        for brand in config.brands() {
            let memory = BrandMemory::restore(&brand, store)?;
            brands.insert(brand, memory);
        }
        let groups: Vec<(Vec<u8>, Group)> = tables::rows(store, GROUPS.key(&[]))?;
        Ok(Self {
            clock: Clock::restore(store, &clock_key())?,
            coverage: Coverage::restore(store)?,
            shares: Shares::restore(shares, store)?,
            brands,
            groups: groups
                .into_iter()
                .map(|(key, group)| (GroupKey(key), group))
                .collect(),
            changed_groups: BTreeSet::new(),
            amended_groups: BTreeSet::new(),
            closed: None,
            alerts_due: None,
            out: Vec::new(),
            config,
        })
    }

    /// The alerts that fire now: about whom, and of what kind.
    pub fn firing(&self) -> impl Iterator<Item = (BrandId, AlertKind)> {
        self.groups
            .values()
            .map(|group| (BrandId::new(group.brand()), group.kind()))
    }

    /// Takes in what a share said. `now` is the clock, which only counts when it is what moves time.
    /// After an error the aggregator is to be restored from what was committed.
    pub fn take(&mut self, partial: Partial, now: Timestamp, store: &mut dyn Store) {
        if self.config.time == TimeMode::Wall {
            self.move_to(now);
        }
        let Partial {
            market,
            task,
            steps,
        } = partial;
        for step in steps {
            match step {
                Step::Windows(head, brands) => {
                    let head = Minute::new(head);
                    self.shares.put(&market, task, head, brands, store);
                    self.clock.touch();
                    self.publish_if_due();
                }
                other => self.apply(other, store),
            }
        }
    }

    /// Takes in one thing that came, the windows apart.
    pub(crate) fn apply(&mut self, step: Step, store: &mut dyn Store) {
        match step {
            Step::At(now, (topic, partition, offset)) => {
                self.clock.caused_by(&RecordRange {
                    topic,
                    partition,
                    offset,
                });
                // Where the clock moves time it is the one here, not that of whoever counted.
                if self.config.time == TimeMode::Event || self.shares.are_one() {
                    self.move_to(Timestamp::from_millis(now));
                }
            }
            Step::Heard(time) => self.coverage.heard(Timestamp::from_millis(time), store),
            Step::Gap(source, from, to, reason) => {
                self.coverage
                    .missed(&gap_of(&source, from, to, &reason), store);
            }
            Step::Begun(brand) => {
                let now = self.clock.now().minute();
                if let Some(memory) = self.brands.get_mut(&*brand) {
                    memory.baseline_changed |= memory.baseline.begin(now);
                }
            }
            Step::Negatives(brand, minute, by) => {
                if let (Some(rule), Some(memory)) =
                    (&self.config.spike, self.brands.get_mut(&*brand))
                {
                    memory.baseline.count(Minute::new(minute), by, rule);
                    memory.baseline_changed = true;
                }
            }
            Step::Evidence(brand, row) => {
                if let Some(memory) = self.brands.get_mut(&*brand) {
                    memory.remember_negative(*row);
                }
            }
            Step::Words(brand, text) => {
                if let Some(memory) = self.brands.get_mut(&*brand) {
                    memory.learn_words(&text);
                }
            }
            Step::Raised(raised) => self.alert_on_mention(*raised),
            Step::Forgotten(brand, item) => {
                if let Some(memory) = self.brands.get_mut(&*brand) {
                    memory.forget(item);
                }
                self.forget_in_alerts(&brand, item);
            }
            Step::Settled => self.settle_amended(),
            Step::Windows(..) => {}
        }
    }

    /// Moves time forward (never back): closes panes, judges them, publishes what is due.
    pub fn advance(&mut self, now: Timestamp) {
        self.move_to(now);
        self.publish_if_due();
    }

    fn move_to(&mut self, now: Timestamp) {
        if self.clock.advance(now) {
            self.close_panes();
            self.tell_what_is_due();
        }
    }

    fn publish_if_due(&mut self) {
        if self.clock.should_publish(self.config.publish_every) {
            self.publish();
        }
    }

    /// Publishes what the shares said last, up to where the first of them has come.
    fn publish(&mut self) {
        let Some(head) = self.shares.head() else {
            return;
        };
        let revision = self.clock.publish(head);
        let voices = self
            .shares
            .publish(&self.config, &self.coverage, head, revision);
        self.out.extend(voices);
    }

    /// Publishes windows as the only share has them.
    pub(crate) fn publish_windows(
        &mut self,
        head: i64,
        brands: &[(Arc<str>, Vec<crate::voice::Summary>)],
    ) {
        let head = Minute::new(head);
        let revision = self.clock.publish(head);
        let voices = shares::published(&self.config, &self.coverage, head, revision, brands);
        self.out.extend(voices);
    }

    /// Ends a replay: publishes what has not been published yet.
    pub fn finish(&mut self) {
        if self.clock.has_news() {
            self.publish();
        }
    }

    /// When [`GlobalAggregator::advance`] has something to do next, in the time that moves it;
    /// `None` before the first event, and when only events move time.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        if self.config.time == TimeMode::Event {
            return None;
        }
        let pane = self.clock.next_pane(self.config.out_of_order);
        let publish = match self.shares.are_one() {
            true => None,
            false => self.clock.next_publish(self.config.publish_every),
        };
        let alert = self
            .groups
            .values()
            .map(|group| group.due(&self.config.notify).at())
            .min();
        [pane, publish, alert]
            .into_iter()
            .flatten()
            .min()
            .map(|due| due.max(self.clock.soon()))
    }

    /// Ends a step: what was said, and what changed in memory is written to the store.
    pub fn flush(&mut self, store: &mut dyn Store) -> Vec<Insight> {
        for (brand, memory) in &mut self.brands {
            memory.write(brand, store);
        }
        for key in std::mem::take(&mut self.changed_groups) {
            let row = self.groups.get(&key).map(tables::encode);
            store.put(key.0, row);
        }
        self.clock.write(store);
        std::mem::take(&mut self.out)
    }
}
