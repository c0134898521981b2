//! The topics, what they carry and what becomes of old records.

use crate::Wire;

/// A topic by its default name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Its default name.
    pub name: &'static str,
    /// The full name of the message its values carry; `None` for original bytes.
    pub message: Option<&'static str>,
    /// Records older than this many days go; `None` keeps them for ever.
    pub retention_days: Option<u32>,
    /// Of records with the same key only the newest stays.
    pub compact: bool,
    /// It has as many partitions as are configured, so that several processes can share reading it;
    /// the others have one.
    pub shared_out: bool,
}

impl Topic {
    /// Its name without the prefix: `items` of `hark.items`.
    pub fn suffix(self) -> &'static str {
        self.name
            .split_once('.')
            .map_or(self.name, |(_, suffix)| suffix)
    }

    /// Its name under another prefix than `hark`.
    pub fn under(self, prefix: &str) -> String {
        format!("{prefix}.{}", self.suffix())
    }
}

/// What sources published. Key: `source:native_id`.
pub const ITEMS: Topic = Topic {
    name: "hark.items",
    message: Some(<hark_model::ItemEvent as Wire>::MESSAGE),
    retention_days: Some(14),
    compact: false,
    shared_out: true,
};

/// Items seen from a brand, judged. Key: `author_key`.
pub const MENTIONS: Topic = Topic {
    name: "hark.mentions",
    message: Some(<hark_model::MentionEvent as Wire>::MESSAGE),
    retention_days: Some(30),
    compact: false,
    shared_out: true,
};

/// Share of voice, revisioned. Key: `market/brand/window`.
pub const SHARE_OF_VOICE: Topic = Topic {
    name: "hark.share-of-voice",
    message: Some(<hark_model::ShareOfVoice as Wire>::MESSAGE),
    retention_days: None,
    compact: true,
    shared_out: false,
};

/// Author standing. Key: `brand/author_key`.
pub const AUTHORS: Topic = Topic {
    name: "hark.authors",
    message: Some(<hark_model::AuthorStanding as Wire>::MESSAGE),
    retention_days: None,
    compact: true,
    shared_out: true,
};

/// Alerts. Key: the alert's id. Compacted, and gone after 90 days: they hold texts as evidence,
/// so they do not stay for ever.
pub const ALERTS: Topic = Topic {
    name: "hark.alerts",
    message: Some(<hark_model::Alert as Wire>::MESSAGE),
    retention_days: Some(90),
    compact: true,
    shared_out: false,
};

/// What each share of the mentions says to its markets: sums by window and pane, and what alerts may
/// have to show. Internal: hark's own encoding, which may change with any version. Key: the market.
pub const PANES: Topic = Topic {
    name: "hark.panes",
    message: None,
    retention_days: Some(7),
    compact: false,
    shared_out: true,
};

/// Records no stage could use: original bytes, the reason in the headers of
/// [`crate::dead_letter`]. Key: `topic/partition/offset` of the record.
pub const DEAD_LETTERS: Topic = Topic {
    name: "hark.dead-letters",
    message: None,
    retention_days: Some(14),
    compact: false,
    shared_out: false,
};

/// Every topic, in the order a mention passes them.
pub const ALL: [Topic; 7] = [
    ITEMS,
    MENTIONS,
    PANES,
    SHARE_OF_VOICE,
    AUTHORS,
    ALERTS,
    DEAD_LETTERS,
];

/// The topic with this default name.
pub fn find(name: &str) -> Option<Topic> {
    ALL.into_iter().find(|topic| topic.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_found_by_its_name() {
        for topic in ALL {
            assert_eq!(find(topic.name), Some(topic));
        }
        assert_eq!(find("hark.nothing"), None);
    }
}
