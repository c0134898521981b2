//! How a brand is talked about in one window: sums that can be added up over shares of the mentions.

use super::share::sum_of;
use hark_model::{Counts, Voice};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The counts of one brand in one window. Authors of different shares are different authors, so even
/// they add up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Summary {
    whole: Numbers,
    /// By touchpoint; those without a mention are left out.
    touchpoints: BTreeMap<String, Numbers>,
    /// By source, likewise.
    sources: BTreeMap<String, u64>,
    reposts: u64,
}

/// A [`Voice`] as it is stored: mentions, authors and reach, each in total and by sentiment, and the
/// mentions whose reach is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Numbers([[u64; 4]; 3], u64);

impl Summary {
    pub(crate) fn new<'a>(
        whole: Voice,
        touchpoints: impl Iterator<Item = (&'a str, Voice)>,
        sources: impl Iterator<Item = (&'a str, u64)>,
        reposts: u64,
    ) -> Self {
        Self {
            whole: Numbers::of(&whole),
            touchpoints: touchpoints
                .filter(|(_, voice)| voice.mentions.total > 0)
                .map(|(id, voice)| (id.to_owned(), Numbers::of(&voice)))
                .collect(),
            sources: sources
                .filter(|(_, mentions)| *mentions > 0)
                .map(|(id, mentions)| (id.to_owned(), mentions))
                .collect(),
            reposts,
        }
    }

    /// Adds what another share counted in the same window.
    pub(crate) fn add(&mut self, other: &Self) {
        self.whole.add(&other.whole);
        for (touchpoint, numbers) in &other.touchpoints {
            let sum = self.touchpoints.entry(touchpoint.clone()).or_default();
            sum.add(numbers);
        }
        for (source, mentions) in &other.sources {
            *self.sources.entry(source.clone()).or_default() += mentions;
        }
        self.reposts += other.reposts;
    }

    pub(crate) fn voice(&self) -> Voice {
        self.whole.voice()
    }

    /// At one touchpoint.
    pub(crate) fn at(&self, touchpoint: &str) -> Voice {
        let found = self.touchpoints.get(touchpoint);
        found.map_or_else(Voice::default, Numbers::voice)
    }

    /// Where it was heard.
    pub(crate) fn sources(&self) -> impl Iterator<Item = &str> {
        self.sources.keys().map(String::as_str)
    }

    pub(crate) fn reposts(&self) -> u64 {
        self.reposts
    }
}

impl Numbers {
    fn of(voice: &Voice) -> Self {
        let counts = |c: Counts| [c.total, c.negative, c.neutral, c.positive];
        Self(
            [voice.mentions, voice.authors, voice.reach].map(counts),
            voice.reach_known,
        )
    }

    fn voice(&self) -> Voice {
        let counts = |[total, negative, neutral, positive]: [u64; 4]| Counts {
            total,
            negative,
            neutral,
            positive,
        };
        let [mentions, authors, reach] = self.0.map(counts);
        Voice {
            mentions,
            authors,
            reach,
            reach_known: self.1,
        }
    }

    fn add(&mut self, other: &Self) {
        *self = Self::of(&sum_of(&self.voice(), &other.voice()));
    }
}
