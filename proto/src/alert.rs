//! `hark.v1.Alert`.

use crate::common::{
    Label, id, ids, label, labels, list, optional_author_key, owned, required, shared, texts,
};
use crate::{FieldError, v1, wire};
use hark_model as model;
use model::Timestamp;
use std::sync::Arc;

wire!(Alert, 5);

labels!(AlertKind { Mention = Mention, Spike = Spike });
labels!(AlertState {
    Firing = Firing,
    Acknowledged = Acknowledged,
    Assigned = Assigned,
    Resolved = Resolved,
    Reopened = Reopened,
});
labels!(Occasion {
    Opened = Opened,
    Updated = Updated,
    Repeated = Repeated,
    Resolved = Resolved,
    Inhibited = Inhibited,
    Amended = Amended,
});

impl From<&model::Alert> for v1::Alert {
    fn from(alert: &model::Alert) -> Self {
        let touchpoints =
            alert
                .touchpoints
                .iter()
                .map(|(touchpoint, mentions)| v1::TouchpointCount {
                    touchpoint: touchpoint.to_string(),
                    mentions: *mentions,
                });
        let sources = alert
            .sources
            .iter()
            .map(|(source, mentions)| v1::SourceCount {
                source: source.to_string(),
                mentions: *mentions,
            });
        Self {
            id: alert.id.to_string(),
            kind: alert.kind.number(),
            rule: alert.rule.to_string(),
            revision: alert.revision,
            state: alert.state.number(),
            occasion: alert.occasion.number(),
            brand: alert.brand.to_string(),
            markets: texts(&alert.markets),
            summary: alert.summary.clone(),
            severity: u32::from(alert.severity),
            measure: Some((&alert.measure).into()),
            terms: alert.terms.iter().map(Into::into).collect(),
            touchpoints: touchpoints.collect(),
            sources: sources.collect(),
            evidence: alert.evidence.iter().map(Into::into).collect(),
            mentions: alert.mentions,
            coverage: alert.coverage,
            owner: alert.owner.to_string(),
            due_ms: alert.due.millis(),
            opened_at_ms: alert.opened_at.millis(),
            updated_at_ms: alert.updated_at.millis(),
            inhibited_by: owned(alert.inhibited_by.as_ref()),
            provenance: Some((&alert.provenance).into()),
        }
    }
}

impl TryFrom<v1::Alert> for model::Alert {
    type Error = FieldError;

    fn try_from(wire: v1::Alert) -> Result<Self, FieldError> {
        let touchpoints = wire.touchpoints.iter().enumerate().map(|(index, count)| {
            let touchpoint = id(
                &format!("touchpoints[{index}].touchpoint"),
                &count.touchpoint,
            )?;
            Ok((touchpoint, count.mentions))
        });
        let sources = wire.sources.iter().enumerate().map(|(index, count)| {
            let source = id(&format!("sources[{index}].source"), &count.source)?;
            Ok((source, count.mentions))
        });
        Ok(Self {
            touchpoints: touchpoints.collect::<Result<_, _>>()?,
            sources: sources.collect::<Result<_, _>>()?,
            id: id("id", &wire.id)?,
            kind: label("kind", wire.kind)?,
            rule: Arc::from(wire.rule),
            revision: wire.revision,
            state: label("state", wire.state)?,
            occasion: label("occasion", wire.occasion)?,
            brand: id("brand", &wire.brand)?,
            markets: ids("markets", &wire.markets)?,
            summary: wire.summary,
            severity: severity(wire.severity)?,
            measure: required("measure", wire.measure)?,
            terms: list("terms", wire.terms)?,
            evidence: list("evidence", wire.evidence)?,
            mentions: wire.mentions,
            coverage: wire.coverage,
            owner: id("owner", &wire.owner)?,
            due: Timestamp::from_millis(wire.due_ms),
            opened_at: Timestamp::from_millis(wire.opened_at_ms),
            updated_at: Timestamp::from_millis(wire.updated_at_ms),
            inhibited_by: shared(wire.inhibited_by),
            provenance: required("provenance", wire.provenance)?,
        })
    }
}

/// Routes compare it: a severity outside its scale would reach nobody, in silence.
fn severity(number: u32) -> Result<u8, FieldError> {
    match u8::try_from(number) {
        Ok(severity @ 1..=10) => Ok(severity),
        _ => Err(FieldError::invalid(
            "severity",
            format!("{number} is not within 1 to 10"),
        )),
    }
}

impl From<&model::Measure> for v1::Measure {
    fn from(measure: &model::Measure) -> Self {
        Self {
            observed: measure.observed,
            expected: measure.expected,
            p_value: measure.p_value,
            window_seconds: measure.window_seconds,
        }
    }
}

impl TryFrom<v1::Measure> for model::Measure {
    type Error = FieldError;

    fn try_from(wire: v1::Measure) -> Result<Self, FieldError> {
        Ok(Self {
            observed: wire.observed,
            expected: wire.expected,
            p_value: wire.p_value,
            window_seconds: wire.window_seconds,
        })
    }
}

impl From<&model::TopTerm> for v1::TopTerm {
    fn from(term: &model::TopTerm) -> Self {
        Self {
            term: term.term.clone(),
            count: term.count,
            lift: term.lift,
        }
    }
}

impl TryFrom<v1::TopTerm> for model::TopTerm {
    type Error = FieldError;

    fn try_from(wire: v1::TopTerm) -> Result<Self, FieldError> {
        Ok(Self {
            term: wire.term,
            count: wire.count,
            lift: wire.lift,
        })
    }
}

impl From<&model::Evidence> for v1::Evidence {
    fn from(evidence: &model::Evidence) -> Self {
        Self {
            item: Some((&evidence.item).into()),
            url: owned(evidence.url.as_ref()),
            text: evidence.text.to_string(),
            event_time_ms: evidence.event_time.millis(),
            sentiment: evidence.sentiment.number(),
            confidence: evidence.confidence,
            author_key: evidence.author.map(|key| key.to_string()),
            standing: evidence.standing.number(),
            reach: evidence.reach,
            clause: evidence.clause.to_string(),
        }
    }
}

impl TryFrom<v1::Evidence> for model::Evidence {
    type Error = FieldError;

    fn try_from(wire: v1::Evidence) -> Result<Self, FieldError> {
        Ok(Self {
            item: required("item", wire.item)?,
            url: shared(wire.url),
            text: Arc::from(wire.text),
            event_time: Timestamp::from_millis(wire.event_time_ms),
            sentiment: label("sentiment", wire.sentiment)?,
            confidence: wire.confidence,
            author: optional_author_key("author_key", wire.author_key.as_deref())?,
            standing: label("standing", wire.standing)?,
            reach: wire.reach,
            clause: Arc::from(wire.clause),
        })
    }
}

impl From<&model::Provenance> for v1::Provenance {
    fn from(provenance: &model::Provenance) -> Self {
        Self {
            model: provenance.model.to_string(),
            configuration: provenance.configuration.to_string(),
            records: provenance.records.iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<v1::Provenance> for model::Provenance {
    type Error = FieldError;

    fn try_from(wire: v1::Provenance) -> Result<Self, FieldError> {
        Ok(Self {
            model: Arc::from(wire.model),
            configuration: Arc::from(wire.configuration),
            records: list("records", wire.records)?,
        })
    }
}

impl From<&model::RecordRange> for v1::RecordRange {
    fn from(range: &model::RecordRange) -> Self {
        Self {
            topic: range.topic.to_string(),
            partition: range.partition,
            offset: range.offset,
        }
    }
}

impl TryFrom<v1::RecordRange> for model::RecordRange {
    type Error = FieldError;

    fn try_from(wire: v1::RecordRange) -> Result<Self, FieldError> {
        Ok(Self {
            topic: id("topic", &wire.topic)?,
            partition: wire.partition,
            offset: wire.offset,
        })
    }
}
