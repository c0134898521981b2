//! What a data folder was made with: so that a report needs no configuration.

use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::logs::Look;
use hark_insight::{Market, StandingRule};
use hark_model::{
    BrandId, JourneyStage, MarketId, Span, Taxonomy, TeamId, Touchpoint, TouchpointId,
};
use hark_stream::{Commit, Log, StateChange, TaskId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const KEY: &[u8] = b"universe";

/// Brands, markets, touchpoints and the topics' prefix, as last configured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Universe {
    pub(crate) topic_prefix: String,
    /// Brands' names, for people.
    pub(crate) names: BTreeMap<String, String>,
    markets: Vec<(String, Vec<String>)>,
    touchpoints: Vec<(String, String, String, f64)>,
    half_life_ms: i64,
    promoter: f64,
    detractor: f64,
    hysteresis: f64,
    min_experiences: u32,
}

fn task() -> TaskId {
    TaskId::new("universe", 0)
}

impl Universe {
    fn of(config: &Config) -> Self {
        Self {
            topic_prefix: config.log.topic_prefix.clone(),
            names: config
                .brands
                .iter()
                .map(|b| (b.id.clone(), b.name().to_owned()))
                .collect(),
            markets: config
                .markets
                .iter()
                .map(|m| {
                    (
                        m.id.to_string(),
                        m.brands.iter().map(BrandId::to_string).collect(),
                    )
                })
                .collect(),
            touchpoints: config
                .taxonomy
                .iter()
                .map(|t| {
                    (
                        t.id.to_string(),
                        t.stage.as_str().to_owned(),
                        t.owner.to_string(),
                        t.weight,
                    )
                })
                .collect(),
            half_life_ms: config.standing.half_life.millis(),
            promoter: config.standing.promoter,
            detractor: config.standing.detractor,
            hysteresis: config.standing.hysteresis,
            min_experiences: config.standing.min_experiences,
        }
    }

    /// Writes what the folder is now used with.
    pub(crate) fn write(config: &Config, log: &dyn Log) -> Outcome {
        let value = serde_json::to_vec(&Self::of(config))
            .map_err(|error| Failure::System(error.to_string()))?;
        let mut task = log.task(&task(), &[])?;
        if task.get(KEY)?.as_ref() != Some(&value) {
            let change = StateChange {
                key: KEY.to_vec(),
                value: Some(value),
            };
            task.commit(&Commit {
                state: vec![change],
                ..Commit::default()
            })?;
        }
        Ok(())
    }

    /// Reads it; `None` of a folder that nothing was ever run on.
    pub(crate) fn read(look: &Look) -> Outcome<Option<Self>> {
        let Some(bytes) = look.state(&task())?.get(KEY)? else {
            return Ok(None);
        };
        let read = serde_json::from_slice(&bytes);
        read.map(Some)
            .map_err(|error| Failure::System(format!("the data folder: {error}")))
    }

    /// The rules that counting and standing need; no alerts are decided in a report.
    pub(crate) fn calculus(&self) -> hark_insight::Config {
        let touchpoints = self
            .touchpoints
            .iter()
            .map(|(id, stage, owner, weight)| Touchpoint {
                id: TouchpointId::new(id),
                stage: JourneyStage::parse(stage).unwrap_or(JourneyStage::Use),
                owner: TeamId::new(owner),
                weight: *weight,
            });
        hark_insight::Config {
            markets: self
                .markets
                .iter()
                .map(|(id, brands)| Market {
                    id: MarketId::new(id),
                    brands: brands.iter().map(BrandId::new).collect(),
                })
                .collect(),
            taxonomy: Taxonomy::new(touchpoints),
            standing: StandingRule {
                half_life: Span::from_millis(self.half_life_ms),
                promoter: self.promoter,
                detractor: self.detractor,
                hysteresis: self.hysteresis,
                min_experiences: self.min_experiences,
            },
            ..hark_insight::Config::default()
        }
    }
}
