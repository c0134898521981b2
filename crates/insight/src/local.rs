//! The first step: one share of the mentions, those of some authors.
//!
//! All mentions of an author lie in one share, so that standing, different authors and what counts at
//! all are decided here, exactly. What needs the whole market is left to the second step.

use crate::aggregator::{Cause, Insight, Outcome};
use crate::alert::{EvidenceRow, first_match, mention_severity};
use crate::clock::Clock;
use crate::config::{Config, TimeMode};
use crate::contribution::{Contribution, ItemKey, leading_touchpoint};
use crate::gone::Gone;
use crate::ledger::{self, Change, Fate};
use crate::partial::{Partial, Raised, Step, at};
use crate::store::{Store, StoreError};
use crate::tables::CLOCK;
use crate::voice::Rolling;
use hark_model::{
    AuthorKey, AuthorStanding, BrandId, Mention, MentionEvent, Sentiment, Standing, TeamId,
    Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The team that gets what belongs to no touchpoint.
pub(crate) const FALLBACK_OWNER: &str = "care";

/// Counts one share of the mentions.
pub struct LocalAggregator {
    config: Config,
    /// Which share.
    task: u32,
    clock: Clock,
    rolling: Rolling,
    brands: BTreeSet<BrandId>,
    gone: Gone,
    /// Standings that changed since the last flush; `None`: gone.
    changed_standings: BTreeMap<(BrandId, AuthorKey), Option<AuthorStanding>>,
    /// Brands that were said to have begun.
    begun: BTreeSet<BrandId>,
    /// Since when hark was said to listen.
    heard: Option<Timestamp>,
    /// What is to be said to the second step.
    steps: Vec<Step>,
}

impl LocalAggregator {
    /// Takes up where the store left off.
    pub fn restore(config: Config, task: u32, store: &dyn Store) -> Result<Self, StoreError> {
        let names = config.brands();
        let clock = Clock::restore(store, &CLOCK.key(&[]))?;
        let mut rolling = Rolling::new(&names);
        if let Some(published) = clock.published() {
            rolling.advance(published, &config.taxonomy, store)?;
        }
        Ok(Self {
            clock,
            task,
            rolling,
            brands: names.into_iter().collect(),
            gone: Gone::restore(store)?,
            changed_standings: BTreeMap::new(),
            begun: BTreeSet::new(),
            heard: None,
            steps: Vec::new(),
            config,
        })
    }

    /// The rules in force.
    pub fn config(&self) -> &Config {
        &self.config
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
        let time = match (self.config.time, event) {
            (TimeMode::Wall, _) => now,
            (TimeMode::Event, MentionEvent::Observed(mention)) => mention.event_time,
            // Of what is gone nobody knows when.
            (TimeMode::Event, _) => self.clock.now(),
        };
        self.advance(time, store)?;
        match event {
            MentionEvent::Observed(mention) => self.observe_mention(mention, cause.offset, store),
            MentionEvent::RetractItem(delete) => {
                let change = ledger::retract_item(store, delete, &self.config.standing)?;
                Ok(self.retract(change))
            }
            MentionEvent::RetractAuthor(delete) => {
                let rule = &self.config.standing;
                let change = ledger::retract_author(store, &mut self.gone, delete, rule)?;
                Ok(self.retract(change))
            }
            MentionEvent::Gap(gap) => {
                self.steps.push(Step::gap(gap));
                self.clock.touch();
                Ok(Outcome::Gap)
            }
        }
    }

    fn observe_mention(
        &mut self,
        mention: &Mention,
        place: u64,
        store: &mut dyn Store,
    ) -> Result<Outcome, StoreError> {
        let tracked = self.brands.contains(&mention.brand);
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
                self.rolling.add(brand, contribution, &self.config.taxonomy);
                self.clock.heard(mention.event_time);
                self.listening_since(self.heard_from(mention));
            }
        }
        let amends = self.withdraw(change);
        let late = mention.event_time < self.clock.now() - self.config.allowed_lateness;
        if !mention.repost {
            let standing = match (standing, mention.author) {
                (Some(standing), _) => standing,
                (None, Some(author)) => {
                    ledger::standing(store, &mention.brand, author, &self.config.standing)?
                }
                (None, None) => Standing::Provisional,
            };
            self.tell(mention, item, standing, late);
        }
        if amends {
            self.steps.push(Step::Settled);
        }
        Ok(if late {
            Outcome::Late
        } else {
            Outcome::Counted
        })
    }

    fn listening_since(&mut self, time: Timestamp) {
        if self.heard.is_none_or(|heard| time < heard) {
            self.heard = Some(time);
            self.steps.push(Step::Heard(time.millis()));
        }
    }

    /// The moment from which a mention shows that hark was listening: of a live stream its
    /// arrival (a review of last year may arrive today), of a replay its own time.
    fn heard_from(&self, mention: &Mention) -> Timestamp {
        match self.config.time {
            TimeMode::Wall => mention.arrived_at,
            TimeMode::Event => mention.event_time,
        }
    }

    /// What a counted mention says beyond the counts.
    fn tell(&mut self, mention: &Mention, item: ItemKey, standing: Standing, late: bool) {
        let brand: Arc<str> = Arc::from(mention.brand.as_str());
        if self.begun.insert(mention.brand.clone()) {
            self.steps.push(Step::Begun(Arc::clone(&brand)));
        }
        if mention.is_negative() {
            if self.config.spike.is_some() {
                let minute = mention.event_time.minute().get();
                self.steps
                    .push(Step::Negatives(Arc::clone(&brand), minute, 1));
            }
            let evidence = EvidenceRow::of(mention, item, standing, &self.config.taxonomy);
            self.steps
                .push(Step::Evidence(Arc::clone(&brand), Box::new(evidence)));
        }
        if !late && let Some(raised) = self.raised(mention, item, standing) {
            self.steps.push(Step::Raised(Box::new(raised)));
        }
        // One mention in eight tells which words are usual: enough to know them, and cheap. Which
        // ones is decided by the item, so that a replay takes the same ones. An alert's words are
        // held against those that were usual before it.
        if item.0[0].is_multiple_of(8) {
            self.steps
                .push(Step::Words(brand, mention.text.to_string()));
        }
    }

    /// What a mention says that matters by itself.
    fn raised(&self, mention: &Mention, item: ItemKey, standing: Standing) -> Option<Raised> {
        let taxonomy = &self.config.taxonomy;
        let matched = first_match(&self.config.mention_rules, mention, standing, taxonomy)?;
        let rule = matched.rule;
        let touchpoint = leading_touchpoint(mention, taxonomy);
        let id = mention.item.to_string();
        let part = match (&touchpoint, rule.throttle) {
            (_, false) => id.clone(),
            (Some(touchpoint), true) => touchpoint.to_string(),
            (None, true) => String::new(),
        };
        let evidence = EvidenceRow::of(mention, item, standing, taxonomy);
        let theirs = |id| taxonomy.get(id).map(|touchpoint| touchpoint.owner.clone());
        let owner = rule
            .owner
            .clone()
            .or_else(|| touchpoint.as_ref().and_then(theirs))
            .unwrap_or_else(|| TeamId::new(FALLBACK_OWNER));
        Some(Raised {
            brand: Arc::from(mention.brand.as_str()),
            rule: Arc::clone(&rule.id),
            part,
            // The version is part of it: an edit that alerts after its item's alert was over,
            // or at another touchpoint, is another alert.
            seed: format!("{id}\0{}\0{}", mention.version.order, mention.version.tag),
            at: mention.event_time.millis(),
            severity: mention_severity(rule.severity, mention.reach, standing, evidence.weight),
            owner: owner.to_string(),
            due: rule.due.millis(),
            throttle: rule.throttle,
            word: matched.word.map(str::to_owned),
            evidence,
        })
    }

    fn retract(&mut self, change: Change) -> Outcome {
        let outcome = match change.fate {
            Fate::Applied => Outcome::Retracted(change.removed.len() as u32),
            Fate::Duplicate => Outcome::Duplicate,
            Fate::Stale => Outcome::Stale,
        };
        if self.withdraw(change) {
            self.steps.push(Step::Settled);
        }
        outcome
    }

    /// Takes what no longer counts out of the windows, and says so. Returns whether there was
    /// something.
    fn withdraw(&mut self, change: Change) -> bool {
        self.changed_standings.extend(change.authors);
        for (brand, contribution, item) in &change.removed {
            self.rolling
                .remove(brand, contribution, &self.config.taxonomy);
            self.clock.touch();
            self.take_back(brand, contribution, *item);
        }
        !change.removed.is_empty()
    }

    fn take_back(&mut self, brand: &BrandId, contribution: &Contribution, item: ItemKey) {
        let brand: Arc<str> = Arc::from(brand.as_str());
        if contribution.sentiment() == Sentiment::Negative
            && !contribution.repost
            && self.config.spike.is_some()
        {
            let minute = contribution.minute().get();
            self.steps
                .push(Step::Negatives(Arc::clone(&brand), minute, -1));
        }
        self.steps.push(Step::Forgotten(brand, item));
    }

    /// Moves time forward (never back), and says how the windows stand when that is due.
    pub fn advance(&mut self, now: Timestamp, store: &mut dyn Store) -> Result<(), StoreError> {
        let moved = self.clock.advance(now);
        self.steps.push(at(self.clock.now(), &self.clock.cause()));
        if moved && self.clock.should_publish(self.config.publish_every) {
            self.publish(store)?;
        }
        Ok(())
    }

    /// Ends a replay: says what has not been said yet, up to the newest event.
    pub fn finish(&mut self, store: &mut dyn Store) -> Result<(), StoreError> {
        if self.clock.has_news() {
            self.publish(store)?;
        }
        Ok(())
    }

    fn publish(&mut self, store: &dyn Store) -> Result<(), StoreError> {
        let head = self.clock.now().minute();
        self.rolling.advance(head, &self.config.taxonomy, store)?;
        self.clock.publish(head);
        let windows = self.rolling.summaries(&self.config.taxonomy);
        self.steps.push(Step::Windows(head.get(), windows));
        Ok(())
    }

    /// When [`LocalAggregator::advance`] has something to say next, in the time that moves it;
    /// `None` before the first event, and when only events move time.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        match self.config.time {
            TimeMode::Event => None,
            TimeMode::Wall => self
                .clock
                .next_publish(self.config.publish_every)
                .map(|due| due.max(self.clock.soon())),
        }
    }

    /// What is to be done by the second step so far.
    pub(crate) fn take_steps(&mut self) -> Vec<Step> {
        std::mem::take(&mut self.steps)
    }

    /// Ends a step: what was said of authors, and what each market is to be told.
    pub fn flush(&mut self, store: &mut dyn Store) -> (Vec<Insight>, Vec<Partial>) {
        let steps = self.take_steps();
        let partials = crate::sorting::partials(&self.config, self.task, steps);
        (self.flush_standings(store), partials)
    }

    /// As [`LocalAggregator::flush`], of one whose steps were taken already.
    pub(crate) fn flush_standings(&mut self, store: &mut dyn Store) -> Vec<Insight> {
        self.clock.write(store);
        let changed = std::mem::take(&mut self.changed_standings);
        let said = |((brand, author), standing): (_, Option<AuthorStanding>)| match standing {
            Some(standing) => Insight::Standing(Box::new(standing)),
            None => Insight::StandingGone(brand, author),
        };
        changed.into_iter().map(said).collect()
    }
}
