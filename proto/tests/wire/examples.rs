//! One invented value of each message.

use hark_model::{
    Alert, AlertKind, AlertState, Author, AuthorKey, AuthorStanding, BrandMatch, Counts, Emotion,
    Evidence, Expectation, Intent, Interval, Item, ItemEvent, ItemId, Measure, Mention,
    MentionEvent, Occasion, PersonalData, Provenance, RecordRange, Redaction, Scored, Sentiment,
    SentimentScores, ShareOfVoice, Standing, Timestamp, TopTerm, TouchpointVoice, Version, Voice,
    Window,
};
use std::sync::Arc;

const TEXT: &str = "Acme lost my parcel again, mail me at [email]";

/// 2026-03-01T09:30:00Z.
pub(crate) const NINE_THIRTY: i64 = 1_772_357_400_000;

fn key() -> AuthorKey {
    AuthorKey::new(*b"an invented name")
}

fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_millis(NINE_THIRTY + seconds * 1_000)
}

fn version() -> Version {
    Version {
        order: NINE_THIRTY * 1_000,
        tag: Arc::from("v1"),
    }
}

pub(crate) fn item_event() -> ItemEvent {
    ItemEvent::Upsert(Box::new(Item {
        id: ItemId::new("bluesky", "at://did:plc:x/post/1"),
        version: version(),
        created_at: moment(0),
        arrived_at: moment(2),
        author: Some(Author {
            key: key(),
            reach: Some(0),
        }),
        url: Some(Arc::from("https://example.org/1")),
        text: Arc::from(TEXT),
        language: Some(Arc::from("eng")),
        declared_language: None,
        parent: None,
        quote_of: None,
        repost_of: None,
        rating: None,
        place: None,
        has_media: false,
        matches: vec![BrandMatch {
            brand: "acme".into(),
            clause: Arc::from("acme AND parcel"),
            spans: vec![0..4, 13..19],
        }],
        redactions: vec![Redaction {
            kind: PersonalData::Email,
            count: 1,
        }],
    }))
}

pub(crate) fn mention_event() -> MentionEvent {
    MentionEvent::Observed(Box::new(Mention {
        item: ItemId::new("bluesky", "at://did:plc:x/post/1"),
        version: version(),
        brand: "acme".into(),
        item_brands: vec!["acme".into()],
        event_time: moment(0),
        arrived_at: moment(2),
        author: Some(key()),
        reach: None,
        url: Some(Arc::from("https://example.org/1")),
        text: Arc::from(TEXT),
        language: Some(Arc::from("eng")),
        clause: Arc::from("\"acme\""),
        sentiment: SentimentScores {
            negative: 0.9,
            neutral: 0.1,
            positive: 0.0,
        },
        uncertain: false,
        touchpoints: vec![Scored {
            label: "delivery".into(),
            probability: 0.8,
        }],
        intents: vec![Scored {
            label: Intent::Complaint,
            probability: 0.95,
        }],
        emotions: vec![Scored {
            label: Emotion::Anger,
            probability: 0.7,
        }],
        expectation: Some(Scored {
            label: Expectation::Missed,
            probability: 0.9,
        }),
        repost: false,
        rating: None,
        model: Arc::from("hark-small/1"),
    }))
}

pub(crate) fn share_of_voice() -> ShareOfVoice {
    let counts = |total| Counts {
        total,
        negative: 0,
        neutral: 0,
        positive: total,
    };
    let silent = Voice {
        mentions: counts(3),
        authors: counts(2),
        ..Voice::default()
    };
    let voice = Voice {
        reach: counts(500),
        reach_known: 2,
        ..silent
    };
    ShareOfVoice {
        market: "parcels".into(),
        brand: "acme".into(),
        window: Some(Window::Day),
        from: moment(-86_400),
        to: moment(0),
        revision: 1,
        voice,
        market_voice: voice,
        touchpoints: vec![TouchpointVoice {
            touchpoint: "delivery".into(),
            voice: silent,
        }],
        reposts: 0,
        mention_share: Some(1.0),
        mention_share_interval: Some(Interval {
            low: 0.4385,
            high: 1.0,
        }),
        author_share: Some(1.0),
        reach_share: None,
        net_sentiment: Some(100.0),
        coverage: 1.0,
        sources: vec!["bluesky".into()],
        tracked: vec!["acme".into()],
    }
}

pub(crate) fn author_standing() -> AuthorStanding {
    AuthorStanding {
        brand: "acme".into(),
        author: key(),
        standing: Standing::Detractor,
        previous: Standing::Provisional,
        score: -0.75,
        experiences: 4,
        recommendations: 0,
        reach: None,
        updated_at: moment(0),
    }
}

pub(crate) fn alert() -> Alert {
    Alert {
        id: Arc::from("spike-acme-29539290"),
        kind: AlertKind::Spike,
        rule: Arc::from("negative-volume"),
        revision: 2,
        state: AlertState::Firing,
        occasion: Occasion::Updated,
        brand: "acme".into(),
        markets: vec!["parcels".into()],
        summary: "Acme: 14 negative mentions in an hour where 2 are usual".to_owned(),
        severity: 8,
        measure: Measure {
            observed: 14.0,
            expected: Some(2.1),
            p_value: Some(3e-7),
            window_seconds: 3_600,
        },
        terms: vec![TopTerm {
            term: "parcel".to_owned(),
            count: 11,
            lift: 6.5,
        }],
        touchpoints: vec![("delivery".into(), 12), ("support".into(), 3)],
        sources: vec![("bluesky".into(), 14)],
        evidence: vec![Evidence {
            item: ItemId::new("bluesky", "at://did:plc:x/post/1"),
            url: Some(Arc::from("https://example.org/1")),
            text: Arc::from(TEXT),
            event_time: moment(0),
            sentiment: Sentiment::Negative,
            confidence: 0.9,
            author: Some(key()),
            standing: Standing::Detractor,
            reach: None,
            clause: Arc::from("\"acme\""),
        }],
        mentions: 14,
        coverage: 0.98,
        owner: "logistics".into(),
        due: moment(3_600),
        opened_at: moment(-600),
        updated_at: moment(0),
        inhibited_by: None,
        provenance: Provenance {
            model: Arc::from("hark-small/1"),
            configuration: Arc::from("5f2a"),
            records: vec![RecordRange {
                topic: Arc::from("hark.mentions"),
                partition: 3,
                offset: 4_711,
            }],
        },
    }
}
