//! A brand's part of its market, as it is published.

use super::Summary;
use crate::config::{Config, Market};
use crate::coverage::Coverage;
use hark_model::{
    BrandId, Counts, Interval, ShareOfVoice, SourceId, Timestamp, TouchpointVoice, Voice, Window,
};

/// The stretch of time that shares are computed for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) window: Option<Window>,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    pub(crate) revision: u32,
}

impl Frame {
    /// Each brand's part of a market, in the market's order.
    pub(crate) fn shares(
        &self,
        market: &Market,
        config: &Config,
        coverage: &Coverage,
        summaries: &[Option<&Summary>],
    ) -> Vec<ShareOfVoice> {
        let none = Summary::default();
        let summaries: Vec<&Summary> = summaries.iter().map(|s| s.unwrap_or(&none)).collect();
        let whole = summaries.iter().fold(Voice::default(), |sum, summary| {
            sum_of(&sum, &summary.voice())
        });
        let covered = coverage.of(self.from, self.to);
        let share_of = |(brand, summary): (&BrandId, &Summary)| {
            let voice = summary.voice();
            ShareOfVoice {
                market: market.id.clone(),
                brand: brand.clone(),
                window: self.window,
                from: self.from,
                to: self.to,
                revision: self.revision,
                voice,
                market_voice: whole,
                touchpoints: touchpoints(summary, config),
                reposts: summary.reposts(),
                mention_share: share(voice.mentions.total, whole.mentions.total),
                mention_share_interval: wilson(voice.mentions.total, whole.mentions.total),
                author_share: share(voice.authors.total, whole.authors.total),
                reach_share: reach_share(&voice, &whole),
                net_sentiment: voice.mentions.net_sentiment(),
                coverage: covered,
                sources: summary.sources().map(SourceId::new).collect(),
                tracked: market.brands.clone(),
            }
        };
        market.brands.iter().zip(summaries).map(share_of).collect()
    }
}

fn touchpoints(summary: &Summary, config: &Config) -> Vec<TouchpointVoice> {
    let touchpoints = config.taxonomy.iter().map(|known| &known.id);
    touchpoints
        .map(|touchpoint| TouchpointVoice {
            touchpoint: touchpoint.clone(),
            voice: summary.at(touchpoint.as_str()),
        })
        .filter(|at| at.voice.mentions.total > 0)
        .collect()
}

pub(super) fn sum_of(a: &Voice, b: &Voice) -> Voice {
    let add = |a: Counts, b: Counts| Counts {
        total: a.total + b.total,
        negative: a.negative + b.negative,
        neutral: a.neutral + b.neutral,
        positive: a.positive + b.positive,
    };
    Voice {
        mentions: add(a.mentions, b.mentions),
        authors: add(a.authors, b.authors),
        reach: add(a.reach, b.reach),
        reach_known: a.reach_known + b.reach_known,
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Of known reach only: a brand all of whose mentions are of unknown reach has an unknown part.
fn reach_share(voice: &Voice, whole: &Voice) -> Option<f64> {
    if voice.mentions.total > 0 && voice.reach_known == 0 {
        return None;
    }
    share(voice.reach.total, whole.reach.total)
}

/// The 95 % Wilson score interval of a proportion; `None` of nothing.
///
/// (p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n) with z = 1.959964. E. B. Wilson, Journal of
/// the American Statistical Association 22 (1927), 209–212.
pub fn wilson(part: u64, whole: u64) -> Option<Interval> {
    const Z: f64 = 1.959_963_984_540_054;
    if whole == 0 {
        return None;
    }
    let (n, p) = (whole as f64, part as f64 / whole as f64);
    let centre = p + Z * Z / (2.0 * n);
    let spread = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    Some(Interval {
        low: ((centre - spread) / scale).max(0.0),
        high: ((centre + spread) / scale).min(1.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wilson_interval_agrees_with_published_values() {
        // R. G. Newcombe, Statistics in Medicine 17 (1998), 857–872, table I, method 3.
        for (part, whole, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let interval = wilson(part, whole).unwrap();
            assert!(
                (interval.low - low).abs() < 5e-5,
                "{part}/{whole}: {interval:?}"
            );
            assert!(
                (interval.high - high).abs() < 5e-5,
                "{part}/{whole}: {interval:?}"
            );
        }
        assert_eq!(wilson(0, 0), None);
    }
}
