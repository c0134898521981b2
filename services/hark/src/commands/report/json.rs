//! The report as JSON: a contract that scripts rely on.

use super::{Findings, MarketFindings};
use hark_model::{AlertKind, ShareOfVoice, Standing};
use serde_json::{Map, Value, json};

pub(super) fn render(found: &Findings) -> Value {
    let by_kind: Map<String, Value> = AlertKind::ALL
        .iter()
        .zip(found.alerts.opened)
        .map(|(kind, opened)| (kind.as_str().to_owned(), json!(opened)))
        .collect();
    json!({
        "markets": found.markets.iter().map(|m| market(m, found.window)).collect::<Vec<_>>(),
        "alerts": { "firing": found.alerts.firing, "by_kind": by_kind },
    })
}

fn market(market: &MarketFindings, window: &str) -> Value {
    let brands: Vec<Value> = market
        .voice
        .shares
        .iter()
        .zip(&market.standings)
        .map(|(share, standings)| brand(share, standings))
        .collect();
    json!({
        "id": market.id.as_str(),
        "window": window,
        "from": market.voice.from.to_string(),
        "to": market.voice.to.to_string(),
        "brands": brands,
    })
}

fn brand(share: &ShareOfVoice, standings: &[u64; 4]) -> Value {
    let mentions = &share.voice.mentions;
    let touchpoints: Vec<Value> = share
        .touchpoints
        .iter()
        .map(|at| {
            let counts = &at.voice.mentions;
            json!({
                "id": at.touchpoint.as_str(),
                "mentions": counts.total,
                "negative": counts.negative,
                "neutral": counts.neutral,
                "positive": counts.positive,
            })
        })
        .collect();
    let standing: Map<String, Value> = Standing::ALL
        .iter()
        .zip(standings)
        .map(|(standing, count)| (standing.as_str().to_owned(), json!(count)))
        .collect();
    let reach = (share.voice.reach_known > 0).then_some(share.voice.reach.total);
    json!({
        "id": share.brand.as_str(),
        "mentions": mentions.total,
        "mention_share": share.mention_share,
        "mention_share_interval": share.mention_share_interval.map(|i| [i.low, i.high]),
        "authors": share.voice.authors.total,
        "author_share": share.author_share,
        "reach": reach,
        "reach_share": share.reach_share,
        "negative": mentions.negative,
        "neutral": mentions.neutral,
        "positive": mentions.positive,
        "net_sentiment": share.net_sentiment,
        "reposts": share.reposts,
        "touchpoints": touchpoints,
        "standing": standing,
        "coverage": share.coverage,
    })
}
