//! `mention("skylark").by(3).at("10:05").negative().touching("delivery")`

use super::time;
use hark_model::{
    AuthorDelete, AuthorKey, BrandId, Gap, Intent, ItemDelete, ItemId, Mention, MentionEvent,
    Scored, SentimentScores, Timestamp, TouchpointId, Version,
};
use std::sync::Arc;

/// A mention being said.
#[derive(Clone, Debug)]
pub(crate) struct Said(pub(crate) Mention);

/// A neutral mention of a brand by nobody known, in the source `web`, at Monday 00:00.
pub(crate) fn mention(brand: &str) -> Said {
    Said(Mention {
        item: ItemId::new("web", "1"),
        version: Version {
            order: 0,
            tag: Arc::from(""),
        },
        brand: BrandId::new(brand),
        item_brands: vec![BrandId::new(brand)],
        event_time: time::at("00:00"),
        arrived_at: time::at("00:00"),
        author: None,
        reach: None,
        url: None,
        text: Arc::from(""),
        language: None,
        clause: Arc::from("name"),
        sentiment: SentimentScores {
            negative: 0.05,
            neutral: 0.9,
            positive: 0.05,
        },
        uncertain: false,
        touchpoints: Vec::new(),
        intents: Vec::new(),
        emotions: Vec::new(),
        expectation: None,
        repost: false,
        rating: None,
        model: Arc::from("model-1"),
    })
}

pub(crate) fn author(number: u8) -> AuthorKey {
    AuthorKey::new([number; 16])
}

impl Said {
    pub(crate) fn item(mut self, native_id: impl ToString) -> Self {
        self.0.item = ItemId::new(self.0.item.source.clone(), native_id.to_string());
        self
    }

    pub(crate) fn from(mut self, source: &str) -> Self {
        self.0.item.source = source.into();
        self
    }

    pub(crate) fn version(mut self, order: i64, tag: &str) -> Self {
        self.0.version = Version {
            order,
            tag: Arc::from(tag),
        };
        self
    }

    pub(crate) fn by(mut self, number: u8) -> Self {
        self.0.author = Some(author(number));
        self
    }

    pub(crate) fn at(self, text: &str) -> Self {
        self.on(time::at(text))
    }

    pub(crate) fn on(mut self, moment: Timestamp) -> Self {
        self.0.event_time = moment;
        self.0.arrived_at = moment;
        self
    }

    pub(crate) fn negative(mut self) -> Self {
        self.0.sentiment = SentimentScores {
            negative: 0.9,
            neutral: 0.05,
            positive: 0.05,
        };
        self
    }

    pub(crate) fn positive(mut self) -> Self {
        self.0.sentiment = SentimentScores {
            negative: 0.05,
            neutral: 0.05,
            positive: 0.9,
        };
        self
    }

    pub(crate) fn uncertain(mut self) -> Self {
        self.0.sentiment = SentimentScores {
            negative: 0.4,
            neutral: 0.3,
            positive: 0.3,
        };
        self.0.uncertain = true;
        self
    }

    pub(crate) fn touching(mut self, touchpoint: &str) -> Self {
        let label = TouchpointId::new(touchpoint);
        self.0.touchpoints.push(Scored {
            label,
            probability: 0.9,
        });
        self
    }

    pub(crate) fn meaning(mut self, intent: Intent) -> Self {
        self.0.intents.push(Scored {
            label: intent,
            probability: 0.9,
        });
        self
    }

    pub(crate) fn churning(self) -> Self {
        self.negative().meaning(Intent::Churn)
    }

    pub(crate) fn reaching(mut self, followers: u64) -> Self {
        self.0.reach = Some(followers);
        self
    }

    pub(crate) fn saying(mut self, text: &str) -> Self {
        self.0.text = Arc::from(text);
        self
    }

    pub(crate) fn repost(mut self) -> Self {
        self.0.repost = true;
        self
    }

    pub(crate) fn event(self) -> MentionEvent {
        MentionEvent::Observed(Box::new(self.0))
    }
}

/// An author's item is gone at its source, up to an order.
pub(crate) fn gone(
    native_id: impl ToString,
    author: Option<AuthorKey>,
    order: i64,
) -> MentionEvent {
    MentionEvent::RetractItem(ItemDelete {
        id: ItemId::new("web", native_id.to_string()),
        version: Version {
            order,
            tag: Arc::from(""),
        },
        author,
        arrived_at: time::at("00:00"),
    })
}

/// The author is gone, with everything up to an order.
pub(crate) fn author_gone(number: u8, order: i64) -> MentionEvent {
    MentionEvent::RetractAuthor(AuthorDelete {
        source: "web".into(),
        author: author(number),
        version: Version {
            order,
            tag: Arc::from(""),
        },
        arrived_at: time::at("00:00"),
    })
}

/// A source missed something.
pub(crate) fn gap(from: &str, to: &str) -> MentionEvent {
    MentionEvent::Gap(Gap {
        source: "web".into(),
        from: time::at(from),
        to: time::at(to),
        reason: Arc::from("the source was unreachable"),
    })
}
