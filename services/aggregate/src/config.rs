//! The `[aggregate]`, `[standing]`, `[alert]` and `[[touchpoint]]` sections, and the rules they
//! make.

use crate::duration::{span, spans};
use hark_insight::{Config, Market, MentionRule, NotifyRule, SpikeRule, StandingRule, TimeMode};
use hark_model::{
    Intent, JourneyStage, Sentiment, Span, Standing, Taxonomy, TeamId, Touchpoint, TouchpointId,
    default_taxonomy,
};
use serde::Deserialize;
use std::sync::Arc;

/// The `[aggregate]` section.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AggregateConfig {
    /// How long a pane waits for events that come out of order.
    #[serde(deserialize_with = "span")]
    pub out_of_order: Span,
    /// Events later than this still count but alert nobody.
    #[serde(deserialize_with = "span")]
    pub allowed_lateness: Span,
    /// What moves time.
    pub time: TimeConfig,
    /// Share of voice is published at most this often.
    #[serde(deserialize_with = "span")]
    pub publish_every: Span,
}

/// What moves time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TimeConfig {
    /// The clock.
    Wall,
    /// The newest event.
    Event,
}

impl Default for AggregateConfig {
    fn default() -> Self {
        let calculus = Config::default();
        Self {
            out_of_order: calculus.out_of_order,
            allowed_lateness: calculus.allowed_lateness,
            time: TimeConfig::Wall,
            publish_every: calculus.publish_every,
        }
    }
}

/// The `[standing]` section.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StandingConfig {
    /// After this long an experience counts half.
    #[serde(deserialize_with = "span")]
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

impl Default for StandingConfig {
    fn default() -> Self {
        let rule = StandingRule::default();
        Self {
            half_life: rule.half_life,
            promoter: rule.promoter,
            detractor: rule.detractor,
            hysteresis: rule.hysteresis,
            min_experiences: rule.min_experiences,
        }
    }
}

/// The `[alert]` section.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlertConfig {
    /// `[[alert.mention]]`: alerts of single mentions, in order.
    pub mention: Vec<MentionRuleConfig>,
    /// `[alert.spike]`: alerts of too many negative mentions.
    pub spike: SpikeConfig,
    /// `[alert.notify]`: how often people are told.
    pub notify: NotifyConfig,
}

/// One `[[alert.mention]]`. Every condition that is given must hold.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MentionRuleConfig {
    /// Its id.
    pub id: String,
    /// One of these sentiments.
    #[serde(default)]
    pub sentiment: Vec<String>,
    /// One of these intents.
    #[serde(default)]
    pub intents: Vec<String>,
    /// One of these touchpoints.
    #[serde(default)]
    pub touchpoints: Vec<String>,
    /// One of these standings.
    #[serde(default)]
    pub standing: Vec<String>,
    /// One of these words or phrases.
    #[serde(default)]
    pub words: Vec<String>,
    /// The sentiment's probability is at least this.
    #[serde(default)]
    pub min_confidence: f32,
    /// The author's reach is known and at least this.
    pub min_reach: Option<u64>,
    /// A touchpoint of at least this moment-of-truth weight.
    pub min_weight: Option<f64>,
    /// Whether like mentions are gathered into one alert.
    #[serde(default = "yes")]
    pub throttle: bool,
    /// The owner; absent: the owner of the leading touchpoint.
    pub owner: Option<String>,
    /// 1..=10, before reach, standing and weight raise it.
    #[serde(default = "medium")]
    pub severity: u8,
    /// Time to act.
    #[serde(default = "four_hours", deserialize_with = "span")]
    pub due: Span,
}

fn yes() -> bool {
    true
}

fn medium() -> u8 {
    5
}

fn four_hours() -> Span {
    Span::from_hours(4)
}

/// `[alert.spike]`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SpikeConfig {
    /// Whether spikes are looked for.
    pub enabled: bool,
    /// The stretch that is judged; whole minutes.
    #[serde(deserialize_with = "span")]
    pub window: Span,
    /// Fires below this tail probability.
    pub p_value: f64,
    /// And with at least this many negative mentions.
    pub min_mentions: u32,
    /// Closed history needed before anything is judged.
    #[serde(deserialize_with = "span")]
    pub min_history: Span,
    /// Least severity.
    pub severity: u8,
    /// Time to act.
    #[serde(deserialize_with = "span")]
    pub due: Span,
}

impl Default for SpikeConfig {
    fn default() -> Self {
        let rule = SpikeRule::default();
        Self {
            enabled: true,
            window: rule.window,
            p_value: rule.p_value,
            min_mentions: rule.min_mentions,
            min_history: rule.min_history,
            severity: rule.severity,
            due: rule.due,
        }
    }
}

/// `[alert.notify]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NotifyConfig {
    /// After the opening, more of the same is gathered for this long.
    #[serde(deserialize_with = "span")]
    pub group: Span,
    /// Afterwards told at most this often.
    #[serde(deserialize_with = "span")]
    pub update: Span,
    /// Pauses between repeats.
    #[serde(deserialize_with = "spans")]
    pub repeat: Vec<Span>,
    /// With nothing new for this long an alert is over.
    #[serde(deserialize_with = "span")]
    pub resolve_after: Span,
}

impl Default for NotifyConfig {
    fn default() -> Self {
        let rule = NotifyRule::default();
        Self {
            group: rule.group,
            update: rule.update,
            repeat: rule.repeat,
            resolve_after: rule.resolve_after,
        }
    }
}

/// One `[[touchpoint]]`: changes a default one, or adds one.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TouchpointConfig {
    /// Its id.
    pub id: String,
    /// The team that owns it.
    pub owner: Option<String>,
    /// The stage of the journey.
    pub stage: Option<String>,
    /// Moment-of-truth weight, greater than 0.
    pub weight: Option<f64>,
    /// Of one that the model does not know: what finds it, in the language of brand queries.
    pub query: Option<String>,
    /// Of one that the model does not know: texts that show it.
    pub examples: Option<Vec<String>>,
}

/// The default taxonomy as `[[touchpoint]]` changes it, or every mistake in them.
pub fn taxonomy(changes: &[TouchpointConfig]) -> Result<Taxonomy, Vec<String>> {
    let defaults = default_taxonomy();
    let mut problems = Vec::new();
    let mut changed = Vec::new();
    for change in changes {
        let id = TouchpointId::new(&change.id);
        let known = defaults.get(&id);
        let stage = match &change.stage {
            Some(stage) => JourneyStage::parse(stage).or_else(|| {
                problems.push(format!(
                    "touchpoint {id}: unknown stage {stage:?}; one of {}",
                    JourneyStage::ALL.map(JourneyStage::as_str).join(", ")
                ));
                None
            }),
            None => known.map(|known| known.stage),
        };
        if change.stage.is_none() && known.is_none() {
            problems.push(format!("touchpoint {id}: a new touchpoint needs a stage"));
        }
        let owner = change.owner.as_deref().map(TeamId::new);
        let owner = owner.or_else(|| known.map(|known| known.owner.clone()));
        if owner.is_none() {
            problems.push(format!("touchpoint {id}: a new touchpoint needs an owner"));
        }
        let weight = change
            .weight
            .or(known.map(|known| known.weight))
            .unwrap_or(1.0);
        if !(weight > 0.0 && weight.is_finite()) {
            problems.push(format!("touchpoint {id}: weight must be greater than 0"));
        }
        if let (Some(stage), Some(owner)) = (stage, owner) {
            changed.push(Touchpoint {
                id,
                stage,
                owner,
                weight,
            });
        }
    }
    if problems.is_empty() {
        Ok(Taxonomy::new(defaults.iter().cloned().chain(changed)))
    } else {
        Err(problems)
    }
}

/// The rules that the sections make, or every mistake in them.
pub fn calculus(
    aggregate: &AggregateConfig,
    standing: &StandingConfig,
    alert: &AlertConfig,
    markets: Vec<Market>,
    taxonomy: Taxonomy,
    fingerprint: &str,
) -> Result<Config, Vec<String>> {
    let mut problems = Vec::new();
    check(aggregate, standing, alert, &mut problems);
    let rules: Vec<MentionRule> = alert
        .mention
        .iter()
        .map(|rule| mention_rule(rule, &taxonomy, &mut problems))
        .collect();
    for (place, rule) in alert.mention.iter().enumerate() {
        if alert.mention[..place]
            .iter()
            .any(|earlier| earlier.id == rule.id)
        {
            problems.push(format!("alert.mention: the id {:?} is used twice", rule.id));
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Config {
        markets,
        taxonomy,
        time: match aggregate.time {
            TimeConfig::Wall => TimeMode::Wall,
            TimeConfig::Event => TimeMode::Event,
        },
        out_of_order: aggregate.out_of_order,
        allowed_lateness: aggregate.allowed_lateness,
        publish_every: aggregate.publish_every,
        standing: StandingRule {
            half_life: standing.half_life,
            promoter: standing.promoter,
            detractor: standing.detractor,
            hysteresis: standing.hysteresis,
            min_experiences: standing.min_experiences,
        },
        mention_rules: rules,
        spike: alert.spike.enabled.then_some(SpikeRule {
            window: alert.spike.window,
            p_value: alert.spike.p_value,
            min_mentions: alert.spike.min_mentions,
            min_history: alert.spike.min_history,
            severity: alert.spike.severity,
            due: alert.spike.due,
        }),
        notify: NotifyRule {
            group: alert.notify.group,
            update: alert.notify.update,
            repeat: alert.notify.repeat.clone(),
            resolve_after: alert.notify.resolve_after,
        },
        fingerprint: Arc::from(fingerprint),
    })
}

fn check(
    aggregate: &AggregateConfig,
    standing: &StandingConfig,
    alert: &AlertConfig,
    problems: &mut Vec<String>,
) {
    let mut need = |ok: bool, problem: &str| {
        if !ok {
            problems.push(problem.to_owned());
        }
    };
    need(
        aggregate.out_of_order <= Span::from_hours(1),
        "aggregate.out_of_order must be at most 1h",
    );
    need(
        aggregate.publish_every > Span::from_millis(0),
        "aggregate.publish_every must be longer than 0s",
    );
    need(
        standing.half_life > Span::from_millis(0),
        "standing.half_life must be longer than 0s",
    );
    need(
        -1.0 <= standing.detractor
            && standing.detractor < standing.promoter
            && standing.promoter <= 1.0,
        "standing: -1 <= detractor < promoter <= 1 must hold",
    );
    need(
        (0.0..=1.0).contains(&standing.hysteresis),
        "standing.hysteresis must be between 0 and 1",
    );
    let spike = &alert.spike;
    need(
        (1..=24 * 60).contains(&spike.window.minutes()) && spike.window.millis() % 60_000 == 0,
        "alert.spike.window must be whole minutes, from 1m to 24h",
    );
    need(
        spike.p_value > 0.0 && spike.p_value < 0.05,
        "alert.spike.p_value must be between 0 and 0.05",
    );
    need(
        spike.min_mentions >= 1,
        "alert.spike.min_mentions must be at least 1",
    );
    need(
        (1..=10).contains(&spike.severity),
        "alert.spike.severity must be between 1 and 10",
    );
    need(
        !alert.notify.repeat.is_empty(),
        "alert.notify.repeat needs at least one pause",
    );
    need(
        alert
            .notify
            .repeat
            .iter()
            .all(|pause| *pause >= Span::from_minutes(1)),
        "alert.notify.repeat: a pause must be at least 1m",
    );
}

fn mention_rule(
    rule: &MentionRuleConfig,
    taxonomy: &Taxonomy,
    problems: &mut Vec<String>,
) -> MentionRule {
    let at = format!("alert.mention {:?}", rule.id);
    if rule.id.is_empty() {
        problems.push(format!("{at}: the id is empty"));
    }
    if !(1..=10).contains(&rule.severity) {
        problems.push(format!("{at}: severity must be between 1 and 10"));
    }
    if !(0.0..=1.0).contains(&rule.min_confidence) {
        problems.push(format!("{at}: min_confidence must be between 0 and 1"));
    }
    let conditions = [
        &rule.sentiment,
        &rule.intents,
        &rule.touchpoints,
        &rule.standing,
        &rule.words,
    ];
    if conditions.iter().all(|list| list.is_empty())
        && rule.min_reach.is_none()
        && rule.min_weight.is_none()
    {
        problems.push(format!(
            "{at}: without a condition every mention would alert; give one"
        ));
    }
    let touchpoints: Vec<TouchpointId> = rule.touchpoints.iter().map(TouchpointId::new).collect();
    for touchpoint in touchpoints.iter().filter(|id| taxonomy.get(id).is_none()) {
        problems.push(format!(
            "{at}: unknown touchpoint {:?}",
            touchpoint.as_str()
        ));
    }
    let sentiments = Sentiment::ALL.map(Sentiment::as_str);
    let intents: Vec<&str> = Intent::ALL.iter().map(|intent| intent.as_str()).collect();
    let standings = Standing::ALL.map(Standing::as_str);
    MentionRule {
        id: Arc::from(rule.id.as_str()),
        sentiment: labels(&at, "sentiment", &rule.sentiment, &sentiments, problems)
            .filter_map(|place| Sentiment::ALL.get(place).copied())
            .collect(),
        intents: labels(&at, "intent", &rule.intents, &intents, problems)
            .filter_map(|place| Intent::ALL.get(place).copied())
            .collect(),
        standing: labels(&at, "standing", &rule.standing, &standings, problems)
            .filter_map(|place| Standing::ALL.get(place).copied())
            .collect(),
        touchpoints,
        words: rule.words.iter().map(|word| word.to_lowercase()).collect(),
        min_confidence: rule.min_confidence,
        min_reach: rule.min_reach,
        min_weight: rule.min_weight,
        throttle: rule.throttle,
        owner: rule.owner.as_deref().map(TeamId::new),
        severity: rule.severity,
        due: rule.due,
    }
}

/// The places of the given labels in the list of known ones.
fn labels<'a>(
    at: &str,
    kind: &str,
    given: &'a [String],
    known: &'a [&'a str],
    problems: &mut Vec<String>,
) -> impl Iterator<Item = usize> + use<'a> {
    for label in given
        .iter()
        .filter(|label| !known.contains(&label.as_str()))
    {
        problems.push(format!(
            "{at}: unknown {kind} {label:?}; one of {}",
            known.join(", ")
        ));
    }
    given
        .iter()
        .filter_map(|label| known.iter().position(|id| id == label))
}
