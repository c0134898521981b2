//! What is remembered of one brand besides the counts: baseline, usual words, latest negatives.

use crate::alert::EvidenceRow;
use crate::contribution::ItemKey;
use crate::spike::Baseline;
use crate::store::{Store, StoreError};
use crate::tables::{BASELINES, RECENTS, TERMS, brand_part, load, save};
use crate::terms::Background;
use hark_model::{BrandId, Span, Timestamp};

/// Negative mentions kept as a spike's evidence and vocabulary.
pub(crate) const RECENT: usize = 40;

/// One brand's memory, written back only where it changed.
#[derive(Debug, Default)]
pub(crate) struct BrandMemory {
    pub(crate) baseline: Baseline,
    pub(crate) background: Background,
    /// The latest negative mentions, oldest first.
    pub(crate) recent: Vec<EvidenceRow>,
    pub(crate) baseline_changed: bool,
    background_changed: bool,
    recent_changed: bool,
}

impl BrandMemory {
    pub(crate) fn restore(brand: &BrandId, store: &dyn Store) -> Result<Self, StoreError> {
        let part = brand_part(brand.as_str());
        Ok(Self {
            baseline: load(store, &BASELINES.key(&[&part]))?.unwrap_or_default(),
            background: load(store, &TERMS.key(&[&part]))?.unwrap_or_default(),
            recent: load(store, &RECENTS.key(&[&part]))?.unwrap_or_default(),
            ..Self::default()
        })
    }

    pub(crate) fn write(&mut self, brand: &BrandId, store: &mut dyn Store) {
        let part = brand_part(brand.as_str());
        if std::mem::take(&mut self.baseline_changed) {
            save(store, BASELINES.key(&[&part]), &self.baseline);
        }
        if std::mem::take(&mut self.background_changed) {
            save(store, TERMS.key(&[&part]), &self.background);
        }
        if std::mem::take(&mut self.recent_changed) {
            save(store, RECENTS.key(&[&part]), &self.recent);
        }
    }

    /// Lets a text into the usual words.
    pub(crate) fn learn_words(&mut self, text: &str) {
        self.background.add(text);
        self.background_changed = true;
    }

    pub(crate) fn remember_negative(&mut self, evidence: EvidenceRow) {
        let place = self
            .recent
            .partition_point(|known| known.time <= evidence.time);
        self.recent.insert(place, evidence);
        if self.recent.len() > RECENT {
            self.recent.remove(0);
        }
        self.recent_changed = true;
    }

    pub(crate) fn forget(&mut self, item: ItemKey) {
        let before = self.recent.len();
        self.recent.retain(|known| known.key != item);
        self.recent_changed |= self.recent.len() != before;
    }

    /// The kept negatives of the `window` that ends at `to`.
    pub(crate) fn negatives(
        &self,
        to: Timestamp,
        window: Span,
    ) -> impl Iterator<Item = &EvidenceRow> {
        let (from, to) = ((to - window).millis(), to.millis());
        self.recent
            .iter()
            .filter(move |evidence| (from..to).contains(&evidence.time))
    }
}
