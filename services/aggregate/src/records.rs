//! What goes where: topics, keys and headers of all that is written here.

use hark_insight::{Insight, Partial};
use hark_model::Timestamp;
use hark_proto::{Encoding, cloud_event_headers, dead_letter, topics};
use hark_stream::{NewRecord, Record, TopicName};

/// Where the stages write.
#[derive(Clone, Debug)]
pub struct Topics {
    /// Share of voice, keyed market/brand/window.
    pub share_of_voice: TopicName,
    /// Author standing, keyed brand/author.
    pub authors: TopicName,
    /// Alerts, keyed by their id.
    pub alerts: TopicName,
    /// What each share of the mentions says to the markets, keyed by the market.
    pub panes: TopicName,
    /// Records it could not use.
    pub dead_letters: TopicName,
    /// How all but the panes is written.
    pub encoding: Encoding,
}

impl Topics {
    /// The topics' names under a prefix: `hark` gives `hark.alerts` and so on.
    pub fn new(prefix: &str, encoding: Encoding) -> Self {
        let name = |topic: topics::Topic| TopicName::new(topic.under(prefix));
        Self {
            share_of_voice: name(topics::SHARE_OF_VOICE),
            authors: name(topics::AUTHORS),
            alerts: name(topics::ALERTS),
            panes: name(topics::PANES),
            dead_letters: name(topics::DEAD_LETTERS),
            encoding,
        }
    }
}

/// What the calculus said, as a record.
pub(crate) fn insight(topics: &Topics, insight: &Insight, now: Timestamp) -> NewRecord {
    let encoding = &topics.encoding;
    let (topic, key, value) = match insight {
        Insight::Voice(share) => {
            let window = share.window.map_or("all", |window| window.as_str());
            let key = format!("{}/{}/{window}", share.market, share.brand);
            (&topics.share_of_voice, key, Some(encoding.write(&**share)))
        }
        Insight::Standing(standing) => {
            let key = format!("{}/{}", standing.brand, standing.author);
            (&topics.authors, key, Some(encoding.write(&**standing)))
        }
        Insight::StandingGone(brand, author) => {
            (&topics.authors, format!("{brand}/{author}"), None)
        }
        Insight::Alert(alert) => {
            let value = encoding.write(&**alert);
            (&topics.alerts, alert.id.to_string(), Some(value))
        }
    };
    let headers = match (insight, &value) {
        (Insight::Alert(alert), Some(value)) => cloud_event_headers(alert, value)
            .into_iter()
            .map(|(name, value)| (name, value.into_bytes()))
            .collect(),
        _ => Vec::new(),
    };
    NewRecord {
        headers,
        ..NewRecord::keyed(topic, key.into_bytes(), value, now.millis())
    }
}

/// What a share of the mentions says to a market.
pub(crate) fn partial(topics: &Topics, partial: &Partial, now: Timestamp) -> NewRecord {
    let key = partial.market().as_str().as_bytes().to_vec();
    NewRecord::keyed(&topics.panes, key, Some(partial.encode()), now.millis())
}

/// A record that could not be read, whole, with the reason: its kind, of a bounded set, and in words.
pub(crate) fn dead_letter(
    topic: &TopicName,
    record: &Record,
    stage: &str,
    (kind, reason): (&str, &str),
    now: Timestamp,
) -> NewRecord {
    let letter = dead_letter::Letter {
        stage,
        kind,
        reason,
        topic: record.topic.as_str(),
        partition: record.partition,
        offset: record.offset,
        failed_at: now,
    };
    let value = record.value.as_deref().map(<[u8]>::to_vec);
    let own = record.headers.iter().cloned();
    NewRecord {
        headers: own.chain(letter.headers()).collect(),
        ..NewRecord::keyed(topic, letter.key(), value, now.millis())
    }
}
