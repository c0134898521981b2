//! `hark.v1.MentionEvent`.

use crate::common::{
    Label, finite, id, ids, labels, optional, optional_author_key, owned, required, shared, texts,
};
use crate::{FieldError, v1, wire};
use hark_model as model;
use model::{Scored, Timestamp};
use std::sync::Arc;
use v1::mention_event::Event;

wire!(MentionEvent, 2);

labels!(Intent {
    Complaint = Complaint,
    Question = Question,
    Praise = Praise,
    Suggestion = Suggestion,
    Purchase = Purchase,
    Churn = Churn,
    Recommendation = Recommendation,
});
labels!(Emotion {
    Anger = Anger,
    Disgust = Disgust,
    Fear = Fear,
    Joy = Joy,
    Sadness = Sadness,
    Surprise = Surprise,
});

labels!(Expectation {
    Missed = Missed,
    Met = Met,
    Exceeded = Exceeded,
});

impl From<&model::MentionEvent> for v1::MentionEvent {
    fn from(event: &model::MentionEvent) -> Self {
        let event = match event {
            model::MentionEvent::Observed(mention) => Event::Observed((&**mention).into()),
            model::MentionEvent::RetractItem(delete) => Event::RetractItem(delete.into()),
            model::MentionEvent::RetractAuthor(delete) => Event::RetractAuthor(delete.into()),
            model::MentionEvent::Gap(gap) => Event::Gap(gap.into()),
        };
        Self { event: Some(event) }
    }
}

impl TryFrom<v1::MentionEvent> for model::MentionEvent {
    type Error = FieldError;

    fn try_from(wire: v1::MentionEvent) -> Result<Self, FieldError> {
        Ok(match wire.event {
            Some(Event::Observed(mention)) => {
                Self::Observed(Box::new(required("observed", Some(mention))?))
            }
            Some(Event::RetractItem(delete)) => {
                Self::RetractItem(required("retract_item", Some(delete))?)
            }
            Some(Event::RetractAuthor(delete)) => {
                Self::RetractAuthor(required("retract_author", Some(delete))?)
            }
            Some(Event::Gap(gap)) => Self::Gap(required("gap", Some(gap))?),
            None => return Err(FieldError::missing("event")),
        })
    }
}

impl From<&model::Mention> for v1::Mention {
    fn from(mention: &model::Mention) -> Self {
        Self {
            item: Some((&mention.item).into()),
            version: Some((&mention.version).into()),
            brand: mention.brand.to_string(),
            item_brands: texts(&mention.item_brands),
            event_time_ms: mention.event_time.millis(),
            arrived_at_ms: mention.arrived_at.millis(),
            author_key: mention.author.map(|key| key.to_string()),
            reach: mention.reach,
            url: owned(mention.url.as_ref()),
            text: mention.text.to_string(),
            language: owned(mention.language.as_ref()),
            clause: mention.clause.to_string(),
            sentiment: Some(v1::SentimentScores {
                negative: mention.sentiment.negative,
                neutral: mention.sentiment.neutral,
                positive: mention.sentiment.positive,
            }),
            label: mention.label().number(),
            uncertain: mention.uncertain,
            touchpoints: mention.touchpoints.iter().map(Into::into).collect(),
            intents: mention.intents.iter().map(Into::into).collect(),
            emotions: mention.emotions.iter().map(Into::into).collect(),
            expectation: mention.expectation.as_ref().map(Into::into),
            repost: mention.repost,
            rating: mention.rating.as_ref().map(Into::into),
            model: mention.model.to_string(),
        }
    }
}

impl TryFrom<v1::Mention> for model::Mention {
    type Error = FieldError;

    fn try_from(wire: v1::Mention) -> Result<Self, FieldError> {
        Ok(Self {
            item: required("item", wire.item)?,
            version: required("version", wire.version)?,
            brand: id("brand", &wire.brand)?,
            item_brands: ids("item_brands", &wire.item_brands)?,
            event_time: Timestamp::from_millis(wire.event_time_ms),
            arrived_at: Timestamp::from_millis(wire.arrived_at_ms),
            author: optional_author_key("author_key", wire.author_key.as_deref())?,
            reach: wire.reach,
            url: shared(wire.url),
            text: Arc::from(wire.text),
            language: shared(wire.language),
            clause: Arc::from(wire.clause),
            sentiment: required("sentiment", wire.sentiment)?,
            uncertain: wire.uncertain,
            touchpoints: scored("touchpoints", wire.touchpoints, |scored| {
                id("touchpoint", &scored.touchpoint).map(|label| Some((label, scored.probability)))
            })?,
            intents: scored("intents", wire.intents, |scored| {
                Ok(Label::from_number(scored.intent).map(|label| (label, scored.probability)))
            })?,
            emotions: scored("emotions", wire.emotions, |scored| {
                Ok(Label::from_number(scored.emotion).map(|label| (label, scored.probability)))
            })?,
            expectation: scored("expectation", Vec::from_iter(wire.expectation), |scored| {
                Ok(Label::from_number(scored.expectation).map(|label| (label, scored.probability)))
            })?
            .pop(),
            repost: wire.repost,
            rating: optional("rating", wire.rating)?,
            model: Arc::from(wire.model),
        })
    }
}

/// A list of labels with probabilities, without those `read` does not know.
fn scored<W, T>(
    field: &str,
    list: Vec<W>,
    read: impl Fn(&W) -> Result<Option<(T, f32)>, FieldError>,
) -> Result<Vec<Scored<T>>, FieldError> {
    let mut known = Vec::with_capacity(list.len());
    for (index, wire) in list.iter().enumerate() {
        let at = |error: FieldError| error.under(format_args!("{field}[{index}]"));
        if let Some((label, probability)) = read(wire).map_err(at)? {
            let probability = finite("probability", probability).map_err(at)?;
            known.push(Scored { label, probability });
        }
    }
    Ok(known)
}

impl TryFrom<v1::SentimentScores> for model::SentimentScores {
    type Error = FieldError;

    fn try_from(wire: v1::SentimentScores) -> Result<Self, FieldError> {
        Ok(Self {
            negative: finite("negative", wire.negative)?,
            neutral: finite("neutral", wire.neutral)?,
            positive: finite("positive", wire.positive)?,
        })
    }
}

impl From<&Scored<model::TouchpointId>> for v1::ScoredTouchpoint {
    fn from(scored: &Scored<model::TouchpointId>) -> Self {
        Self {
            touchpoint: scored.label.to_string(),
            probability: scored.probability,
        }
    }
}

impl From<&Scored<model::Intent>> for v1::ScoredIntent {
    fn from(scored: &Scored<model::Intent>) -> Self {
        Self {
            intent: scored.label.number(),
            probability: scored.probability,
        }
    }
}

impl From<&Scored<model::Emotion>> for v1::ScoredEmotion {
    fn from(scored: &Scored<model::Emotion>) -> Self {
        Self {
            emotion: scored.label.number(),
            probability: scored.probability,
        }
    }
}

impl From<&Scored<model::Expectation>> for v1::ScoredExpectation {
    fn from(scored: &Scored<model::Expectation>) -> Self {
        Self {
            expectation: scored.label.number(),
            probability: scored.probability,
        }
    }
}
