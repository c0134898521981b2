//! The aggregator: one mention event after another in, insights out.

mod alerting;
mod clock;

pub(crate) use clock::{alerts_opened, newest_event};

use crate::alert::{EvidenceRow, Group, GroupKey};
use crate::brand::BrandMemory;
use crate::config::{Config, TimeMode};
use crate::contribution::{Contribution, ItemKey};
use crate::coverage::Coverage;
use crate::gone::Gone;
use crate::ledger::{self, Change, Fate};
use crate::store::{Store, StoreError};
use crate::tables::{self, GROUPS};
use crate::voice::Rolling;
use clock::Clock;
use hark_model::{
    Alert, AlertKind, AuthorKey, AuthorStanding, BrandId, Mention, MentionEvent, Minute,
    RecordRange, Sentiment, ShareOfVoice, Span, Standing, Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};

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

/// The calculus over one share of the mentions.
pub struct Aggregator {
    config: Config,
    clock: Clock,
    coverage: Coverage,
    rolling: Rolling,
    brands: BTreeMap<BrandId, BrandMemory>,
    gone: Gone,
    groups: BTreeMap<GroupKey, Group>,
    changed_groups: BTreeSet<GroupKey>,
    /// Alerts that lost evidence to the event at hand.
    amended_groups: BTreeSet<GroupKey>,
    /// Standings that changed since the last flush; `None`: gone.
    changed_standings: BTreeMap<(BrandId, AuthorKey), Option<AuthorStanding>>,
    /// Panes up to this minute are closed.
    closed: Option<Minute>,
    /// No alert is due before this moment; `None`: not known.
    alerts_due: Option<Timestamp>,
    out: Vec<Insight>,
}

impl Aggregator {
    /// Takes up where the store left off.
    pub fn restore(config: Config, store: &dyn Store) -> Result<Self, StoreError> {
        let names = config.brands();
        let mut brands = BTreeMap::new();
        for brand in &names {
            brands.insert(brand.clone(), BrandMemory::restore(brand, store)?);
        }
        let groups: Vec<(Vec<u8>, Group)> = tables::rows(store, GROUPS.key(&[]))?;
        let clock = Clock::restore(store)?;
        let mut rolling = Rolling::new(&names);
        if let Some(published) = clock.published() {
            rolling.advance(published, &config.taxonomy, store)?;
        }
        Ok(Self {
            clock,
            coverage: Coverage::restore(store)?,
            rolling,
            brands,
            gone: Gone::restore(store)?,
            groups: groups
                .into_iter()
                .map(|(key, group)| (GroupKey(key), group))
                .collect(),
            changed_groups: BTreeSet::new(),
            amended_groups: BTreeSet::new(),
            changed_standings: BTreeMap::new(),
            closed: None,
            alerts_due: None,
            out: Vec::new(),
            config,
        })
    }

    /// The rules in force.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The alerts that fire now: about whom, and of what kind.
    pub fn firing(&self) -> impl Iterator<Item = (BrandId, AlertKind)> {
        self.groups
            .values()
            .map(|group| (BrandId::new(group.brand()), group.kind()))
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
        self.clock.caused_by(cause);
        match (self.config.time, event) {
            (TimeMode::Wall, _) => self.advance(now, store)?,
            (TimeMode::Event, MentionEvent::Observed(mention)) => {
                self.advance(mention.event_time, store)?;
            }
            (TimeMode::Event, _) => {}
        }
        let outcome = match event {
            MentionEvent::Observed(mention) => {
                self.observe_mention(mention, cause.offset, store)?
            }
            MentionEvent::RetractItem(delete) => {
                let change = ledger::retract_item(store, delete, &self.config.standing)?;
                self.retract(change)
            }
            MentionEvent::RetractAuthor(delete) => {
                let change =
                    ledger::retract_author(store, &mut self.gone, delete, &self.config.standing)?;
                self.retract(change)
            }
            MentionEvent::Gap(gap) => {
                self.coverage.missed(gap, store);
                self.clock.touch();
                Outcome::Gap
            }
        };
        self.settle_amended();
        Ok(outcome)
    }

    fn observe_mention(
        &mut self,
        mention: &Mention,
        place: u64,
        store: &mut dyn Store,
    ) -> Result<Outcome, StoreError> {
        let tracked = self.brands.contains_key(&mention.brand);
        let item = ItemKey::of(&mention.item);
        let change = ledger::observe(
            store,
            &self.gone,
            mention,
            item,
            place,
            tracked,
            &self.config,
        )?;
        if !tracked {
            self.withdraw(change);
            return Ok(Outcome::UnknownBrand);
        }
        let standing = change.standing_of(&mention.brand, mention.author);
        match (change.fate, &change.added) {
            (Fate::Duplicate, _) => return Ok(Outcome::Duplicate),
            (Fate::Stale, _) | (Fate::Applied, None) => {
                self.withdraw(change);
                return Ok(Outcome::Stale);
            }
            (Fate::Applied, Some((brand, contribution))) => {
                self.coverage.heard(self.heard_from(mention), store);
                self.rolling.add(brand, contribution, &self.config.taxonomy);
                self.clock.heard(mention.event_time);
            }
        }
        self.withdraw(change);
        let late = mention.event_time < self.clock.now() - self.config.allowed_lateness;
        if mention.repost {
            return Ok(if late {
                Outcome::Late
            } else {
                Outcome::Counted
            });
        }
        let standing = match (standing, mention.author) {
            (Some(standing), _) => standing,
            (None, Some(author)) => {
                ledger::standing(store, &mention.brand, author, &self.config.standing)?
            }
            (None, None) => Standing::Provisional,
        };
        self.remember(mention, item, standing, late);
        Ok(if late {
            Outcome::Late
        } else {
            Outcome::Counted
        })
    }

    /// The moment from which a mention shows that hark was listening: of a live stream its
    /// arrival (a review of last year may arrive today), of a replay its own time.
    fn heard_from(&self, mention: &Mention) -> Timestamp {
        match self.config.time {
            TimeMode::Wall => mention.arrived_at,
            TimeMode::Event => mention.event_time,
        }
    }

    /// What a counted mention leaves in the brand's memory, and whether it alerts by itself.
    fn remember(&mut self, mention: &Mention, item: ItemKey, standing: Standing, late: bool) {
        let Some(memory) = self.brands.get_mut(&mention.brand) else {
            return;
        };
        memory.baseline_changed |= memory.baseline.begin(self.clock.now().minute());
        if mention.is_negative() {
            if let Some(rule) = &self.config.spike {
                memory.baseline.count(mention.event_time.minute(), 1, rule);
                memory.baseline_changed = true;
            }
            let evidence = EvidenceRow::of(mention, item, standing, &self.config.taxonomy);
            memory.remember_negative(evidence);
        }
        if !late {
            self.alert_on_mention(mention, item, standing);
        }
        // An alert's words are held against those that were usual before it.
        if let Some(memory) = self.brands.get_mut(&mention.brand) {
            memory.learn_words(item, &mention.text);
        }
    }

    fn retract(&mut self, change: Change) -> Outcome {
        let outcome = match change.fate {
            Fate::Applied => Outcome::Retracted(change.removed.len() as u32),
            Fate::Duplicate => Outcome::Duplicate,
            Fate::Stale => Outcome::Stale,
        };
        self.withdraw(change);
        outcome
    }

    /// Takes what no longer counts out of windows, baselines and alerts.
    fn withdraw(&mut self, change: Change) {
        self.changed_standings.extend(change.authors);
        for (brand, contribution, item) in &change.removed {
            self.rolling
                .remove(brand, contribution, &self.config.taxonomy);
            self.clock.touch();
            self.forget(brand, contribution, *item);
        }
    }

    fn forget(&mut self, brand: &BrandId, contribution: &Contribution, item: ItemKey) {
        if let Some(memory) = self.brands.get_mut(brand) {
            if contribution.sentiment() == Sentiment::Negative
                && !contribution.repost
                && let Some(rule) = &self.config.spike
            {
                memory.baseline.count(contribution.minute(), -1, rule);
                memory.baseline_changed = true;
            }
            memory.forget(item);
        }
        self.forget_in_alerts(brand, item);
    }

    /// Moves time forward (never back): closes panes, judges them, publishes what is due.
    pub fn advance(&mut self, now: Timestamp, store: &mut dyn Store) -> Result<(), StoreError> {
        if !self.clock.advance(now) {
            return Ok(());
        }
        self.close_panes();
        self.tell_what_is_due();
        if self.clock.should_publish(self.config.publish_every) {
            self.publish(store)?;
        }
        Ok(())
    }

    /// Ends a replay: publishes what has not been published yet, up to the newest event.
    pub fn finish(&mut self, store: &mut dyn Store) -> Result<(), StoreError> {
        if self.clock.has_news() {
            self.publish(store)?;
        }
        Ok(())
    }

    fn publish(&mut self, store: &dyn Store) -> Result<(), StoreError> {
        let head = self.clock.now().minute();
        self.rolling.advance(head, &self.config.taxonomy, store)?;
        let revision = self.clock.publish(head);
        for market in &self.config.markets {
            let shares = self
                .rolling
                .publish(market, &self.config, &self.coverage, revision);
            self.out.extend(
                shares
                    .into_iter()
                    .map(|share| Insight::Voice(Box::new(share))),
            );
        }
        Ok(())
    }

    /// When [`Aggregator::advance`] has something to do next, in the time that moves it; `None`
    /// before the first event, and when only events move time.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        if self.config.time == TimeMode::Event {
            return None;
        }
        let pane = self.clock.next_pane(self.config.out_of_order);
        let publish = self.clock.next_publish(self.config.publish_every);
        let alert = self
            .groups
            .values()
            .map(|group| group.due(&self.config.notify).at())
            .min();
        // Time only moves forward: what is due already is done a moment from now.
        let soon = self.clock.now() + Span::from_millis(1);
        [pane, publish, alert]
            .into_iter()
            .flatten()
            .min()
            .map(|due| due.max(soon))
    }

    /// Ends a step: what was said, and what changed in memory is written to the store.
    pub fn flush(&mut self, store: &mut dyn Store) -> Result<Vec<Insight>, StoreError> {
        for ((brand, author), standing) in std::mem::take(&mut self.changed_standings) {
            self.out.push(match standing {
                Some(standing) => Insight::Standing(Box::new(standing)),
                None => Insight::StandingGone(brand, author),
            });
        }
        for (brand, memory) in &mut self.brands {
            memory.write(brand, store);
        }
        for key in std::mem::take(&mut self.changed_groups) {
            let row = self.groups.get(&key).map(tables::encode);
            store.put(key.0, row);
        }
        self.clock.write(store);
        Ok(std::mem::take(&mut self.out))
    }
}
