//! The series of this stage. Brands are bounded by the configuration; a brand has at most twelve.

use crate::stage::Tally;
use hark_insight::{Insight, Outcome};
use hark_model::{Alert, AlertKind, AlertState, BrandId, Sentiment, ShareOfVoice, Window};
use hark_telemetry::{GaugeVec, Histogram, IntCounter, IntCounterVec, IntGaugeVec, Metrics};
use std::collections::BTreeMap;

/// What operators and dashboards see of aggregate.
#[derive(Clone)]
pub struct AggregateMetrics {
    /// Mention events, by what became of them.
    pub events: IntCounterVec,
    /// Mentions counted, by brand and sentiment: three series a brand.
    pub mentions: IntCounterVec,
    /// Share of voice over 24 hours, by market and brand: one series a brand and market.
    pub share: GaugeVec,
    /// Net sentiment over 24 hours, by brand: one series a brand.
    pub net_sentiment: GaugeVec,
    /// Alerts that fire, by brand and kind: two series a brand.
    pub firing: IntGaugeVec,
    /// Alerts published, by kind and occasion.
    pub alerts: IntCounterVec,
    /// Records that could not be read.
    pub dead_letters: IntCounter,
    /// From arrival to aggregation.
    pub latency: Histogram,
}

impl AggregateMetrics {
    /// Makes the series in a registry; once for each registry.
    pub fn new(metrics: &Metrics, brands: &[BrandId]) -> Self {
        let made = Self {
            events: metrics.counter_vec(
                "hark_aggregate_events_total",
                "Records read from the mentions topic, by what became of them.",
                &["outcome"],
            ),
            mentions: metrics.counter_vec(
                "hark_mentions_total",
                "Mentions counted, by sentiment towards the brand.",
                &["brand", "sentiment"],
            ),
            share: metrics.float_gauge_vec(
                "hark_share_of_voice_ratio",
                "Mentions of the brand over mentions of its market, last 24 hours of event time.",
                &["market", "brand"],
            ),
            net_sentiment: metrics.float_gauge_vec(
                "hark_net_sentiment",
                "100 times (positive - negative) / all mentions, last 24 hours of event time.",
                &["brand"],
            ),
            firing: metrics.gauge_vec(
                "hark_alerts_firing",
                "Alerts that fire now.",
                &["brand", "kind"],
            ),
            alerts: metrics.counter_vec(
                "hark_alerts_total",
                "Alert revisions published, by kind and occasion.",
                &["kind", "occasion"],
            ),
            dead_letters: metrics.counter(
                "hark_aggregate_dead_letters_total",
                "Records of the mentions topic that could not be read.",
            ),
            latency: metrics.histogram(
                "hark_aggregate_latency_seconds",
                "From the arrival of an item to its mention being counted.",
                &[
                    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0,
                ],
            ),
        };
        for outcome in Outcome::LABELS {
            made.events.with_label_values(&[outcome]);
        }
        for brand in brands {
            for sentiment in Sentiment::ALL {
                made.mentions
                    .with_label_values(&[brand.as_str(), sentiment.as_str()]);
            }
            for kind in AlertKind::ALL {
                made.firing
                    .with_label_values(&[brand.as_str(), kind.as_str()]);
            }
        }
        made
    }

    pub(crate) fn share(&self, share: &ShareOfVoice) {
        if share.window != Some(Window::Day) {
            return;
        }
        if let Some(ratio) = share.mention_share {
            let labels = [share.market.as_str(), share.brand.as_str()];
            self.share.with_label_values(&labels).set(ratio);
        }
        if let Some(net) = share.net_sentiment {
            self.net_sentiment
                .with_label_values(&[share.brand.as_str()])
                .set(net);
        }
    }

    /// Shows what a step decided.
    pub(crate) fn committed(&self, decided: Tally) {
        for outcome in decided.outcomes {
            self.events.with_label_values(&[outcome.as_str()]).inc();
        }
        for (brand, sentiment) in decided.counted {
            self.mentions
                .with_label_values(&[brand.as_str(), sentiment])
                .inc();
        }
        for latency in decided.latencies {
            self.latency.observe(latency);
        }
        self.dead_letters.inc_by(decided.dead_letters);
        self.said(&decided.insights);
    }

    fn said(&self, insights: &[Insight]) {
        for insight in insights {
            match insight {
                Insight::Voice(share) => self.share(share),
                Insight::Alert(alert) => {
                    self.alert(alert);
                    tracing::info!(
                        alert = %alert.id, brand = %alert.brand, kind = alert.kind.as_str(),
                        occasion = alert.occasion.as_str(), severity = alert.severity, "{}", alert.summary
                    );
                }
                Insight::Standing(_) | Insight::StandingGone(..) => {}
            }
        }
    }

    /// Shows no more what is decided about these brands.
    pub(crate) fn forget(&self, brands: &[BrandId]) {
        for brand in brands {
            for kind in AlertKind::ALL {
                // One that was never set is not there.
                let _ = self
                    .firing
                    .remove_label_values(&[brand.as_str(), kind.as_str()]);
            }
            let _ = self.net_sentiment.remove_label_values(&[brand.as_str()]);
        }
    }

    /// Shows the alerts about these brands that fired before a restart.
    pub(crate) fn restored(
        &self,
        brands: &[BrandId],
        firing: impl Iterator<Item = (BrandId, AlertKind)>,
    ) {
        let mut counts: BTreeMap<_, i64> = BTreeMap::new();
        for alert in firing {
            *counts.entry(alert).or_default() += 1;
        }
        // Of the others too: after a failed step they show what was never committed.
        for brand in brands {
            for kind in AlertKind::ALL {
                let count = counts.remove(&(brand.clone(), kind)).unwrap_or(0);
                let labels = [brand.as_str(), kind.as_str()];
                self.firing.with_label_values(&labels).set(count);
            }
        }
    }

    pub(crate) fn alert(&self, alert: &Alert) {
        let kind = alert.kind.as_str();
        self.alerts
            .with_label_values(&[kind, alert.occasion.as_str()])
            .inc();
        let firing = self.firing.with_label_values(&[alert.brand.as_str(), kind]);
        if alert.state == AlertState::Resolved {
            firing.dec();
        } else if alert.revision == 1 {
            firing.inc();
        }
    }
}
