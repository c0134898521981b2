//! The rules in force.

use hark_model::{
    BrandId, Intent, MarketId, Sentiment, Span, Standing, Taxonomy, TeamId, TouchpointId,
    default_taxonomy,
};
use std::sync::Arc;

/// Everything that decides, apart from the mentions themselves.
#[derive(Clone, Debug)]
pub struct Config {
    /// The brands and who they are compared with.
    pub markets: Vec<Market>,
    /// Touchpoints, their weights and owners.
    pub taxonomy: Taxonomy,
    /// What moves time.
    pub time: TimeMode,
    /// How long a pane waits for events that come out of order.
    pub out_of_order: Span,
    /// Events later than this count, but alert nobody.
    pub allowed_lateness: Span,
    /// Share of voice is published at most this often.
    pub publish_every: Span,
    /// Author standing.
    pub standing: StandingRule,
    /// Alerts of single mentions, in order; the first that holds decides.
    pub mention_rules: Vec<MentionRule>,
    /// Alerts of spikes; `None` when turned off.
    pub spike: Option<SpikeRule>,
    /// How often people are told.
    pub notify: NotifyRule,
    /// Hash of the configuration in force, for the provenance of alerts.
    pub fingerprint: Arc<str>,
}

/// What moves time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeMode {
    /// The clock handed to `advance`: panes close whether or not anybody speaks.
    Wall,
    /// The newest event: for replays of the past.
    Event,
}

/// Brands that are compared with each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Market {
    /// Its id.
    pub id: MarketId,
    /// Its brands, in the order of publication.
    pub brands: Vec<BrandId>,
}

/// A market names a brand that does not exist.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown brand {0}")]
pub struct UnknownBrand(pub BrandId);

/// When an author is a promoter, passive or a detractor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StandingRule {
    /// After this long an experience counts half.
    pub half_life: Span,
    /// A score from here on, with a recommendation, makes a promoter.
    pub promoter: f64,
    /// A score down to here makes a detractor.
    pub detractor: f64,
    /// How far back a score must come before a promoter or detractor is one no longer.
    pub hysteresis: f64,
    /// With fewer experiences a standing is provisional.
    pub min_experiences: u32,
}

/// A single mention that matters by itself. Every condition that is given must hold.
#[derive(Clone, Debug, PartialEq)]
pub struct MentionRule {
    /// Its id.
    pub id: Arc<str>,
    /// One of these sentiments; empty: any.
    pub sentiment: Vec<Sentiment>,
    /// One of these intents; empty: any.
    pub intents: Vec<Intent>,
    /// One of these touchpoints; empty: any.
    pub touchpoints: Vec<TouchpointId>,
    /// One of these standings; empty: any.
    pub standing: Vec<Standing>,
    /// One of these words or phrases, lower case, whole words; empty: any.
    pub words: Vec<String>,
    /// The sentiment's probability is at least this.
    pub min_confidence: f32,
    /// The author's reach is known and at least this.
    pub min_reach: Option<u64>,
    /// A touchpoint of at least this moment-of-truth weight.
    pub min_weight: Option<f64>,
    /// Whether like mentions are gathered into one alert. Safety and legal ones never are.
    pub throttle: bool,
    /// The owner; `None`: the owner of the leading touchpoint.
    pub owner: Option<TeamId>,
    /// Severity before reach, standing and weight raise it, 1..=10.
    pub severity: u8,
    /// Time to act, from the opening mention.
    pub due: Span,
}

/// When negative mentions are too many to be chance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpikeRule {
    /// The stretch that is judged, in whole minutes.
    pub window: Span,
    /// Fires below this tail probability.
    pub p_value: f64,
    /// And with at least this many negative mentions.
    pub min_mentions: u32,
    /// Closed history needed before anything is judged.
    pub min_history: Span,
    /// Least severity, 1..=10.
    pub severity: u8,
    /// Time to act.
    pub due: Span,
}

/// How often people are told of the same alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotifyRule {
    /// After the opening, more of the same is gathered for this long.
    pub group: Span,
    /// Afterwards told at most this often.
    pub update: Span,
    /// Pauses between repeats while nothing new comes; the last one again and again.
    pub repeat: Vec<Span>,
    /// With nothing new for this long an alert is over.
    pub resolve_after: Span,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            markets: Vec::new(),
            taxonomy: default_taxonomy(),
            time: TimeMode::Wall,
            out_of_order: Span::from_seconds(10),
            allowed_lateness: Span::from_hours(24),
            publish_every: Span::from_seconds(10),
            standing: StandingRule::default(),
            mention_rules: Vec::new(),
            spike: Some(SpikeRule::default()),
            notify: NotifyRule::default(),
            fingerprint: Arc::from(""),
        }
    }
}

impl Default for StandingRule {
    fn default() -> Self {
        Self {
            half_life: Span::from_days(90),
            promoter: 0.4,
            detractor: -0.3,
            hysteresis: 0.1,
            min_experiences: 2,
        }
    }
}

impl Default for SpikeRule {
    fn default() -> Self {
        Self {
            window: Span::from_minutes(15),
            p_value: 1e-4,
            min_mentions: 5,
            min_history: Span::from_minutes(20),
            severity: 6,
            due: Span::from_minutes(30),
        }
    }
}

impl Default for NotifyRule {
    fn default() -> Self {
        Self {
            group: Span::from_seconds(30),
            update: Span::from_minutes(5),
            repeat: vec![
                Span::from_minutes(30),
                Span::from_hours(2),
                Span::from_hours(6),
                Span::from_hours(24),
            ],
            resolve_after: Span::from_hours(1),
        }
    }
}

impl Default for MentionRule {
    fn default() -> Self {
        Self {
            id: Arc::from(""),
            sentiment: Vec::new(),
            intents: Vec::new(),
            touchpoints: Vec::new(),
            standing: Vec::new(),
            words: Vec::new(),
            min_confidence: 0.0,
            min_reach: None,
            min_weight: None,
            throttle: true,
            owner: None,
            severity: 5,
            due: Span::from_hours(4),
        }
    }
}

impl Config {
    /// Every brand of every market, each once, in order of appearance.
    pub fn brands(&self) -> Vec<BrandId> {
        let mut brands: Vec<BrandId> = Vec::new();
        for brand in self.markets.iter().flat_map(|market| &market.brands) {
            if !brands.contains(brand) {
                brands.push(brand.clone());
            }
        }
        brands
    }

    /// The markets a brand is compared in.
    pub fn markets_of(&self, brand: &BrandId) -> Vec<MarketId> {
        self.markets
            .iter()
            .filter(|market| market.brands.contains(brand))
            .map(|market| market.id.clone())
            .collect()
    }
}
