//! What the counts must be, from the bag of events alone, by brute force.

use hark_model::{
    AuthorKey, BrandId, Counts, Intent, ItemId, Mention, MentionEvent, Sentiment, SourceId,
    Standing, Taxonomy, Timestamp, TouchpointId, Voice,
};
use std::collections::{BTreeMap, BTreeSet};

/// The mentions that count.
pub(crate) struct Oracle {
    counted: Vec<Mention>,
    taxonomy: Taxonomy,
}

/// What one brand said over a stretch of time.
#[derive(Debug, PartialEq)]
pub(crate) struct BrandVoice {
    pub(crate) voice: Voice,
    pub(crate) touchpoints: Vec<(TouchpointId, Voice)>,
    pub(crate) reposts: u64,
    pub(crate) sources: Vec<SourceId>,
}

/// Where an author stands, and why.
#[derive(Debug)]
pub(crate) struct AuthorView {
    pub(crate) standing: Standing,
    pub(crate) previous: Standing,
    pub(crate) score: f64,
    pub(crate) experiences: u32,
}

impl Oracle {
    /// Of each item the version of the greatest (order, deletion, tag) holds; it counts unless
    /// it is a deletion or its author is gone at its order or later.
    pub(crate) fn of(events: &[MentionEvent], brands: &[BrandId], taxonomy: Taxonomy) -> Self {
        let mut gone: BTreeMap<AuthorKey, i64> = BTreeMap::new();
        let mut winners: BTreeMap<ItemId, (i64, bool, String)> = BTreeMap::new();
        let mut wins = |item: &ItemId, rank: (i64, bool, String)| {
            let best = winners.entry(item.clone()).or_insert_with(|| rank.clone());
            *best = best.clone().max(rank);
        };
        for event in events {
            match event {
                MentionEvent::Observed(m) => wins(&m.item, rank(&m.version, false)),
                MentionEvent::RetractItem(delete) => wins(&delete.id, rank(&delete.version, true)),
                MentionEvent::RetractAuthor(delete) => {
                    let order = gone.entry(delete.author).or_insert(i64::MIN);
                    *order = (*order).max(delete.version.order);
                }
                MentionEvent::Gap(_) => {}
            }
        }
        let mut counted: BTreeMap<(ItemId, BrandId), Mention> = BTreeMap::new();
        for event in events {
            let MentionEvent::Observed(mention) = event else {
                continue;
            };
            let is_gone = mention
                .author
                .and_then(|author| gone.get(&author))
                .is_some_and(|order| *order >= mention.version.order);
            let is_winner = winners[&mention.item] == rank(&mention.version, false);
            if is_winner && !is_gone && brands.contains(&mention.brand) {
                let key = (mention.item.clone(), mention.brand.clone());
                counted.insert(key, (**mention).clone());
            }
        }
        Self {
            counted: counted.into_values().collect(),
            taxonomy,
        }
    }

    /// A brand's voice in the minutes of `from..to`.
    pub(crate) fn voice(&self, brand: &BrandId, from: Timestamp, to: Timestamp) -> BrandVoice {
        let heard: Vec<&Mention> = self
            .counted
            .iter()
            .filter(|m| m.brand == *brand && (from..to).contains(&m.event_time))
            .collect();
        let own: Vec<&Mention> = heard.iter().copied().filter(|m| !m.repost).collect();
        let touchpoints = self
            .taxonomy
            .iter()
            .map(|touchpoint| {
                let touches =
                    |m: &&&Mention| m.touchpoints.iter().any(|t| t.label == touchpoint.id);
                let there: Vec<&Mention> = own.iter().filter(touches).copied().collect();
                (touchpoint.id.clone(), voice_of(&there))
            })
            .filter(|(_, voice)| voice.mentions.total > 0)
            .collect();
        let sources: BTreeSet<SourceId> = heard.iter().map(|m| m.item.source.clone()).collect();
        BrandVoice {
            voice: voice_of(&own),
            touchpoints,
            reposts: (heard.len() - own.len()) as u64,
            sources: sources.into_iter().collect(),
        }
    }

    /// Every author with an experience of a brand.
    pub(crate) fn standings(&self, brand: &BrandId) -> BTreeMap<AuthorKey, AuthorView> {
        let mut told: BTreeMap<AuthorKey, Vec<&Mention>> = BTreeMap::new();
        for mention in self
            .counted
            .iter()
            .filter(|m| m.brand == *brand && !m.repost)
        {
            let tells = mention.label() != Sentiment::Neutral || !mention.touchpoints.is_empty();
            if let (true, Some(author)) = (tells, mention.author) {
                told.entry(author).or_default().push(mention);
            }
        }
        told.into_iter()
            .map(|(author, mentions)| (author, self.view(mentions)))
            .collect()
    }

    fn view(&self, mut mentions: Vec<&Mention>) -> AuthorView {
        mentions.sort_by_key(|m| m.event_time);
        let mut view = AuthorView {
            standing: Standing::Provisional,
            previous: Standing::Provisional,
            score: 0.0,
            experiences: 0,
        };
        for last in 1..=mentions.len() {
            let told = &mentions[..last];
            view.score = self.score(told);
            view.experiences = last as u32;
            let now = next(view.standing, view.score, told);
            if now != view.standing {
                view.previous = view.standing;
                view.standing = now;
            }
        }
        view
    }

    /// The mean of polarity weighted by moment of truth, confidence and a half-life of 90 days.
    fn score(&self, told: &[&Mention]) -> f64 {
        let now = told[told.len() - 1].event_time;
        let (mut sum, mut weights) = (0.0, 0.0);
        for mention in told {
            let days = (now - mention.event_time).seconds() / 86_400.0;
            let moment = mention
                .touchpoints
                .iter()
                .map(|t| self.taxonomy.weight(&t.label));
            let moment = moment.fold(None, |most: Option<f64>, w| {
                Some(most.map_or(w, |m| m.max(w)))
            });
            let weight = moment.unwrap_or(1.0)
                * f64::from(mention.sentiment.confidence())
                * 0.5_f64.powf(days / 90.0);
            sum += weight * f64::from(mention.sentiment.positive - mention.sentiment.negative);
            weights += weight;
        }
        sum / weights
    }
}

fn rank(version: &hark_model::Version, deletion: bool) -> (i64, bool, String) {
    (version.order, deletion, version.tag.to_string())
}

fn next(before: Standing, score: f64, told: &[&Mention]) -> Standing {
    let recommended = told
        .iter()
        .any(|m| m.has_intent(Intent::Recommendation) && m.label() == Sentiment::Positive);
    let promoter = if before == Standing::Promoter {
        0.3
    } else {
        0.4
    };
    let detractor = if before == Standing::Detractor {
        -0.2
    } else {
        -0.3
    };
    match told.len() {
        0 | 1 => Standing::Provisional,
        _ if recommended && score >= promoter => Standing::Promoter,
        _ if score <= detractor => Standing::Detractor,
        _ => Standing::Passive,
    }
}

fn voice_of(mentions: &[&Mention]) -> Voice {
    let counts = |measure: &dyn Fn(&[&Mention]) -> u64| {
        let of = |sentiment| {
            let part: Vec<&Mention> = mentions
                .iter()
                .copied()
                .filter(|m| m.label() == sentiment)
                .collect();
            measure(&part)
        };
        Counts {
            total: measure(mentions),
            negative: of(Sentiment::Negative),
            neutral: of(Sentiment::Neutral),
            positive: of(Sentiment::Positive),
        }
    };
    Voice {
        mentions: counts(&|part| part.len() as u64),
        authors: counts(&|part| {
            part.iter()
                .filter_map(|m| m.author)
                .collect::<BTreeSet<_>>()
                .len() as u64
        }),
        reach: counts(&|part| part.iter().filter_map(|m| m.reach).sum()),
        reach_known: mentions.iter().filter(|m| m.reach.is_some()).count() as u64,
    }
}
