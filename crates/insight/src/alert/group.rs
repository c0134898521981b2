//! An alert's life: opened at once, gathered, updated, repeated, resolved.

use super::EvidenceRow;
use crate::config::{Config, NotifyRule};
use crate::contribution::ItemKey;
use crate::tables::GROUPS;
use crate::terms::Background;
use hark_model::{
    Alert, AlertKind, AlertState, BrandId, Evidence, Measure, Occasion, Provenance, SourceId, Span,
    TeamId, Timestamp, TouchpointId,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Mentions a group keeps to choose its evidence from.
const KEPT: usize = 20;
/// Mentions an alert shows.
const SHOWN: usize = 10;

/// What makes mentions one alert.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GroupKey(pub(crate) Vec<u8>);

impl GroupKey {
    /// Mentions of a brand that fell under one rule, at one touchpoint or of one item.
    pub(crate) fn mention(brand: &BrandId, rule: &str, part: &str) -> Self {
        let text = [brand.as_str(), "mention", rule, part].join("\0");
        Self(GROUPS.key(&[text.as_bytes()]))
    }

    /// A brand's incident.
    pub(crate) fn spike(brand: &BrandId) -> Self {
        let text = [brand.as_str(), "spike"].join("\0");
        Self(GROUPS.key(&[text.as_bytes()]))
    }
}

/// A firing alert with all that its later revisions need.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Group {
    id: String,
    spike: bool,
    rule: String,
    brand: String,
    revision: u32,
    pub(crate) severity: u8,
    owner: String,
    due: i64,
    opened_at: i64,
    updated_at: i64,
    /// When people were last told, and how often since something new came.
    told_at: i64,
    repeats: u32,
    /// Mentions that came since people were last told.
    news: u32,
    mentions: u32,
    pub(crate) observed: f64,
    pub(crate) expected: Option<f64>,
    pub(crate) p_value: Option<f64>,
    window_seconds: u32,
    evidence: Vec<EvidenceRow>,
    touchpoints: BTreeMap<String, u32>,
    sources: BTreeMap<String, u32>,
    pub(crate) inhibited_by: Option<String>,
    model: String,
    /// Why, in words: the phrase that matched a rule.
    word: Option<String>,
    /// An incident silences it.
    throttle: bool,
    /// How often it was said, whether or not to people; amendments apart.
    said: u32,
    /// Whether people were told of it at all.
    told: bool,
}

/// What is to be done with a group next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// It is over.
    Resolve(Timestamp),
    /// Tell what came.
    Update(Timestamp),
    /// Say it again.
    Repeat(Timestamp),
}

impl Due {
    pub(crate) fn at(self) -> Timestamp {
        match self {
            Self::Resolve(at) | Self::Update(at) | Self::Repeat(at) => at,
        }
    }
}

/// How a group begins.
pub(crate) struct Opening<'a> {
    pub(crate) kind: AlertKind,
    pub(crate) rule: &'a str,
    pub(crate) brand: &'a BrandId,
    /// What, besides rule and brand, makes this alert this one: the opening item or minute.
    pub(crate) seed: &'a str,
    pub(crate) at: Timestamp,
    pub(crate) severity: u8,
    pub(crate) owner: TeamId,
    pub(crate) due: Span,
    pub(crate) throttle: bool,
    pub(crate) word: Option<&'a str>,
    pub(crate) window: Span,
    pub(crate) now: Timestamp,
}

impl Group {
    pub(crate) fn open(opening: &Opening<'_>) -> Self {
        Self {
            id: alert_id(opening),
            spike: opening.kind == AlertKind::Spike,
            rule: opening.rule.to_owned(),
            brand: opening.brand.to_string(),
            revision: 0,
            severity: opening.severity,
            owner: opening.owner.to_string(),
            due: (opening.at + opening.due).millis(),
            opened_at: opening.at.millis(),
            updated_at: opening.now.millis(),
            told_at: opening.now.millis(),
            repeats: 0,
            news: 0,
            mentions: 0,
            observed: 0.0,
            expected: None,
            p_value: None,
            window_seconds: u32::try_from(opening.window.millis() / 1_000).unwrap_or(u32::MAX),
            evidence: Vec::new(),
            touchpoints: BTreeMap::new(),
            sources: BTreeMap::new(),
            inhibited_by: None,
            model: String::new(),
            word: opening.word.map(str::to_owned),
            throttle: opening.throttle,
            said: 0,
            told: false,
        }
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn brand(&self) -> &str {
        &self.brand
    }

    pub(crate) fn kind(&self) -> AlertKind {
        if self.spike {
            AlertKind::Spike
        } else {
            AlertKind::Mention
        }
    }

    /// Takes a mention in.
    pub(crate) fn add(&mut self, evidence: EvidenceRow, now: Timestamp) {
        for touchpoint in &evidence.touchpoints {
            *self.touchpoints.entry(touchpoint.clone()).or_insert(0) += 1;
        }
        *self
            .sources
            .entry(evidence.source().to_owned())
            .or_insert(0) += 1;
        self.mentions += 1;
        self.model.clone_from(&evidence.model);
        if !self.spike {
            self.observed = f64::from(self.mentions);
        }
        self.news += 1;
        self.updated_at = self.updated_at.max(now.millis());
        self.evidence.push(evidence);
        self.evidence
            .sort_by(|a, b| b.telling().total_cmp(&a.telling()).then(a.key.cmp(&b.key)));
        self.evidence.truncate(KEPT);
    }

    /// Takes a mention out that is gone at its source. Returns whether it was shown.
    pub(crate) fn forget(&mut self, item: ItemKey) -> bool {
        let Some(place) = self.evidence.iter().position(|known| known.key == item) else {
            return false;
        };
        let evidence = self.evidence.remove(place);
        for touchpoint in &evidence.touchpoints {
            lessen(&mut self.touchpoints, touchpoint);
        }
        lessen(&mut self.sources, evidence.source());
        self.mentions = self.mentions.saturating_sub(1);
        self.news = self.news.min(self.mentions);
        if !self.spike {
            self.observed = f64::from(self.mentions);
        }
        true
    }

    /// Mentions the alert stands for.
    pub(crate) fn mentions(&self) -> u32 {
        self.mentions
    }

    /// Mentions beyond those that were handed in as evidence are part of it, too.
    pub(crate) fn stand_for(&mut self, mentions: u32) {
        self.mentions = self.mentions.max(mentions);
    }

    pub(crate) fn is_throttled(&self) -> bool {
        self.throttle
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.mentions == 0
    }

    /// A condition that still holds keeps its alert from being over.
    pub(crate) fn still_holds(&mut self, now: Timestamp) {
        self.updated_at = self.updated_at.max(now.millis());
    }

    /// What is next, and when.
    pub(crate) fn due(&self, rule: &NotifyRule) -> Due {
        let told = Timestamp::from_millis(self.told_at);
        if self.news > 0 {
            let wait = if self.said <= 1 {
                rule.group
            } else {
                rule.update
            };
            return Due::Update(told + wait);
        }
        let over = Timestamp::from_millis(self.updated_at) + rule.resolve_after;
        let pause = rule
            .repeat
            .get(self.repeats as usize)
            .or(rule.repeat.last());
        match pause {
            Some(pause) if told + *pause < over => Due::Repeat(told + *pause),
            _ => Due::Resolve(over),
        }
    }

    /// The next revision, to be published. Whoever was not told that it began hears of it with
    /// the first update, and whoever was never told of it is not told that it is over.
    pub(crate) fn publish(
        &mut self,
        occasion: Occasion,
        now: Timestamp,
        config: &Config,
        background: &Background,
        coverage: f64,
        provenance: Provenance,
    ) -> Alert {
        self.revision += 1;
        let state = match occasion {
            Occasion::Resolved => AlertState::Resolved,
            _ => AlertState::Firing,
        };
        let occasion = match occasion {
            Occasion::Resolved if !self.told => Occasion::Inhibited,
            Occasion::Updated if !self.told => Occasion::Opened,
            occasion => occasion,
        };
        self.told |= occasion.notifies();
        match occasion {
            Occasion::Repeated => self.repeats += 1,
            Occasion::Opened | Occasion::Updated => self.repeats = 0,
            Occasion::Resolved | Occasion::Inhibited | Occasion::Amended => {}
        }
        if occasion != Occasion::Amended {
            self.told_at = now.millis();
            self.news = 0;
            self.said += 1;
        }
        let brand = BrandId::new(&self.brand);
        let terms = background.top(self.evidence.iter().map(|e| e.text.as_str()), &self.brand);
        let touchpoints: Vec<(TouchpointId, u32)> = most_first(&self.touchpoints)
            .map(|(id, n)| (TouchpointId::new(id), n))
            .collect();
        let evidence: Vec<Evidence> = self
            .evidence
            .iter()
            .take(SHOWN)
            .map(EvidenceRow::publish)
            .collect();
        let mut alert = Alert {
            id: Arc::from(self.id.as_str()),
            kind: self.kind(),
            rule: Arc::from(self.rule.as_str()),
            revision: self.revision,
            state,
            occasion,
            markets: config.markets_of(&brand),
            brand,
            summary: String::new(),
            severity: self.severity,
            measure: Measure {
                observed: self.observed,
                expected: self.expected,
                p_value: self.p_value,
                window_seconds: self.window_seconds,
            },
            terms,
            touchpoints,
            sources: most_first(&self.sources)
                .map(|(id, n)| (SourceId::new(id), n))
                .collect(),
            evidence,
            mentions: self.mentions,
            coverage,
            owner: TeamId::new(&self.owner),
            due: Timestamp::from_millis(self.due),
            opened_at: Timestamp::from_millis(self.opened_at),
            updated_at: Timestamp::from_millis(self.updated_at),
            inhibited_by: self.inhibited_by.as_deref().map(Arc::from),
            provenance: Provenance {
                model: Arc::from(self.model.as_str()),
                ..provenance
            },
        };
        alert.summary = self.summary(&alert);
        alert
    }

    fn summary(&self, alert: &Alert) -> String {
        let places: Vec<&str> = alert
            .touchpoints
            .iter()
            .take(2)
            .map(|(id, _)| id.as_str())
            .collect();
        let at = if places.is_empty() {
            String::new()
        } else {
            format!(" about {}", places.join(" and "))
        };
        if self.spike {
            let minutes = self.window_seconds / 60;
            let expected = self.expected.unwrap_or(0.0);
            let mut text = format!(
                "{}: {} negative mentions in {minutes} min, {expected:.1} expected (p {}){at}",
                self.brand,
                self.observed,
                probability(self.p_value.unwrap_or(1.0)),
            );
            let terms: Vec<&str> = alert
                .terms
                .iter()
                .take(3)
                .map(|t| t.term.as_str())
                .collect();
            if !terms.is_empty() {
                text.push_str(&format!("; they say: {}", terms.join(", ")));
            }
            return text;
        }
        let rule = self.rule.replace('-', " ");
        let why = match (
            &self.word,
            self.evidence.first().and_then(EvidenceRow::reach),
        ) {
            (Some(word), _) => format!(" (“{word}”)"),
            (None, Some(reach)) if reach >= 1_000 => format!(" ({reach} followers)"),
            _ => String::new(),
        };
        match self.mentions {
            0 | 1 => format!("{}: {rule}{why}{at}", self.brand),
            many => format!("{}: {rule}{why}{at}, {many} mentions", self.brand),
        }
    }
}

fn lessen(counts: &mut BTreeMap<String, u32>, key: &str) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

fn most_first(counts: &BTreeMap<String, u32>) -> impl Iterator<Item = (&str, u32)> {
    let mut pairs: Vec<_> = counts
        .iter()
        .map(|(id, count)| (id.as_str(), *count))
        .collect();
    pairs.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    pairs.into_iter()
}

fn probability(p: f64) -> String {
    if p < 1e-12 {
        "< 1e-12".to_owned()
    } else {
        format!("{p:.0e}")
    }
}

/// The same event has the same id: SHA-256 over what opened the alert, 16 bytes in hexadecimal.
fn alert_id(opening: &Opening<'_>) -> String {
    let mut digest = Sha256::new();
    for part in [
        opening.kind.as_str(),
        opening.rule,
        opening.brand.as_str(),
        opening.seed,
    ] {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    digest.finalize()[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
