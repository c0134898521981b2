//! Webhooks and alerts.

use hark_care::{Secret, Webhook};
use hark_model::{
    Alert, AlertKind, AlertState, BrandId, Measure, Occasion, Provenance, TeamId, Timestamp,
};
use std::sync::Arc;
use url::Url;

/// The key behind the secret of every webhook here.
pub(crate) const KEY: &[u8] = b"canarycanarycanarycanary";
const SECRET: &str = "whsec_Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5";
/// When every world begins, ms since the epoch.
pub(crate) const START: i64 = 1_700_000_000_000;

pub(crate) fn webhook(id: &str, url: &Url) -> Webhook {
    webhook_with(id, url, "")
}

/// With further lines of its section.
pub(crate) fn webhook_with(id: &str, url: &Url, lines: &str) -> Webhook {
    let text = format!("id = {id:?}\nurl = \"{url}\"\nsecret_env = \"S\"\n{lines}");
    Webhook::new(
        &toml::from_str(&text).unwrap(),
        Secret::parse(SECRET).unwrap(),
    )
}

pub(crate) fn alert(id: &str, revision: u32, occasion: Occasion) -> Alert {
    let state = match occasion {
        Occasion::Resolved => AlertState::Resolved,
        _ => AlertState::Firing,
    };
    Alert {
        id: Arc::from(id),
        kind: AlertKind::Mention,
        rule: Arc::from("safety"),
        revision,
        state,
        occasion,
        brand: BrandId::new("skylark"),
        markets: Vec::new(),
        summary: format!("skylark: safety, revision {revision}"),
        severity: 5,
        measure: Measure::default(),
        terms: Vec::new(),
        touchpoints: Vec::new(),
        sources: Vec::new(),
        evidence: Vec::new(),
        mentions: 1,
        coverage: 1.0,
        owner: TeamId::new("care"),
        due: Timestamp::from_millis(START + 3_600_000),
        opened_at: Timestamp::from_millis(START),
        updated_at: Timestamp::from_millis(START),
        inhibited_by: None,
        provenance: Provenance::default(),
    }
}

pub(crate) fn opened(id: &str) -> Alert {
    alert(id, 1, Occasion::Opened)
}
