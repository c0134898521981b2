//! `hark.v1.ShareOfVoice`.

use crate::common::{Label, id, ids, label, labels, list, optional, required, texts};
use crate::{FieldError, v1, wire};
use hark_model as model;
use model::Timestamp;

wire!(ShareOfVoice, 3);

labels!(Window {
    Hour = Window1h,
    Day = Window24h,
    Week = Window7d,
    FourWeeks = Window28d,
});

impl From<&model::ShareOfVoice> for v1::ShareOfVoice {
    fn from(share: &model::ShareOfVoice) -> Self {
        Self {
            market: share.market.to_string(),
            brand: share.brand.to_string(),
            window: share.window.map(Label::number),
            from_ms: share.from.millis(),
            to_ms: share.to.millis(),
            revision: share.revision,
            voice: Some((&share.voice).into()),
            market_voice: Some((&share.market_voice).into()),
            touchpoints: share.touchpoints.iter().map(Into::into).collect(),
            reposts: share.reposts,
            mention_share: share.mention_share,
            mention_share_interval: share.mention_share_interval.as_ref().map(Into::into),
            author_share: share.author_share,
            reach_share: share.reach_share,
            net_sentiment: share.net_sentiment,
            coverage: share.coverage,
            sources: texts(&share.sources),
            tracked: texts(&share.tracked),
        }
    }
}

impl TryFrom<v1::ShareOfVoice> for model::ShareOfVoice {
    type Error = FieldError;

    fn try_from(wire: v1::ShareOfVoice) -> Result<Self, FieldError> {
        Ok(Self {
            market: id("market", &wire.market)?,
            brand: id("brand", &wire.brand)?,
            window: wire
                .window
                .map(|number| label("window", number))
                .transpose()?,
            from: Timestamp::from_millis(wire.from_ms),
            to: Timestamp::from_millis(wire.to_ms),
            revision: wire.revision,
            voice: required("voice", wire.voice)?,
            market_voice: required("market_voice", wire.market_voice)?,
            touchpoints: list("touchpoints", wire.touchpoints)?,
            reposts: wire.reposts,
            mention_share: wire.mention_share,
            mention_share_interval: optional(
                "mention_share_interval",
                wire.mention_share_interval,
            )?,
            author_share: wire.author_share,
            reach_share: wire.reach_share,
            net_sentiment: wire.net_sentiment,
            coverage: wire.coverage,
            sources: ids("sources", &wire.sources)?,
            tracked: ids("tracked", &wire.tracked)?,
        })
    }
}

impl From<&model::Voice> for v1::Voice {
    fn from(voice: &model::Voice) -> Self {
        // Unknown reach is absent, never zero.
        let unknown = voice.reach_known == 0 && voice.reach == model::Counts::default();
        Self {
            mentions: Some((&voice.mentions).into()),
            authors: Some((&voice.authors).into()),
            reach: (!unknown).then(|| (&voice.reach).into()),
            reach_known: voice.reach_known,
        }
    }
}

impl TryFrom<v1::Voice> for model::Voice {
    type Error = FieldError;

    fn try_from(wire: v1::Voice) -> Result<Self, FieldError> {
        let reach = optional("reach", wire.reach)?;
        if reach.is_none() && wire.reach_known > 0 {
            return Err(FieldError::missing("reach"));
        }
        Ok(Self {
            mentions: required("mentions", wire.mentions)?,
            authors: required("authors", wire.authors)?,
            reach: reach.unwrap_or_default(),
            reach_known: wire.reach_known,
        })
    }
}

impl From<&model::Counts> for v1::Counts {
    fn from(counts: &model::Counts) -> Self {
        Self {
            total: counts.total,
            negative: counts.negative,
            neutral: counts.neutral,
            positive: counts.positive,
        }
    }
}

impl TryFrom<v1::Counts> for model::Counts {
    type Error = FieldError;

    fn try_from(wire: v1::Counts) -> Result<Self, FieldError> {
        Ok(Self {
            total: wire.total,
            negative: wire.negative,
            neutral: wire.neutral,
            positive: wire.positive,
        })
    }
}

impl From<&model::TouchpointVoice> for v1::TouchpointVoice {
    fn from(part: &model::TouchpointVoice) -> Self {
        Self {
            touchpoint: part.touchpoint.to_string(),
            voice: Some((&part.voice).into()),
        }
    }
}

impl TryFrom<v1::TouchpointVoice> for model::TouchpointVoice {
    type Error = FieldError;

    fn try_from(wire: v1::TouchpointVoice) -> Result<Self, FieldError> {
        Ok(Self {
            touchpoint: id("touchpoint", &wire.touchpoint)?,
            voice: required("voice", wire.voice)?,
        })
    }
}

impl From<&model::Interval> for v1::Interval {
    fn from(interval: &model::Interval) -> Self {
        Self {
            low: interval.low,
            high: interval.high,
        }
    }
}

impl TryFrom<v1::Interval> for model::Interval {
    type Error = FieldError;

    fn try_from(wire: v1::Interval) -> Result<Self, FieldError> {
        Ok(Self {
            low: wire.low,
            high: wire.high,
        })
    }
}
