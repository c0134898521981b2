//! The seam towards the outside: a source yields events and a cursor.
//!
//! A source only fetches and maps. What it hands over goes through [`Intake`], which writes the
//! items and the cursor in one commit and answers when that has happened; so a source that
//! resumes from the cursor it is given loses nothing and counts nothing twice.

mod file;
mod http;
mod jetstream;

pub use file::{FileConfig, FileSource, Progress};
pub use http::{HttpConfig, HttpSource, Secret};
pub(crate) use jetstream::replay;
pub use jetstream::{JetstreamConfig, JetstreamCounts, JetstreamSource, Pace};

use crate::text::TextFormat;
use hark_model::{Rating, SourceId, Timestamp, Version};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// A source's own notion of how far it has come; opaque to everyone else.
pub type Cursor = Vec<u8>;

/// Somewhere people say things.
pub trait Source: Send {
    /// Its configured id.
    fn id(&self) -> &SourceId;

    /// Delivers events until `stop`, or until there is nothing more to come (a file's end).
    /// `cursor` is the last one that was committed; `None` at the first start.
    ///
    /// A source mends by itself what waiting can mend (a broken connection, a busy server); an
    /// error is for what a person has to mend.
    fn run<'a>(
        &'a mut self,
        intake: &'a Intake,
        cursor: Option<Cursor>,
        stop: CancellationToken,
    ) -> Pin<Box<dyn Future<Output = Result<(), SourceError>> + Send + 'a>>;
}

/// What a person has to mend before a source can run.
#[derive(Debug, thiserror::Error)]
#[error("source {source_id}: {message}")]
pub struct SourceError {
    /// Which source.
    pub source_id: SourceId,
    /// What is wrong and what to do.
    pub message: String,
}

/// What a source saw, in its own words.
#[derive(Clone, Debug, PartialEq)]
pub enum RawEvent {
    /// An item was created or edited.
    Upsert(Box<RawItem>),
    /// An item is gone.
    Delete {
        /// Its id at the source.
        native_id: String,
        /// Deletes every version up to this one.
        version: Version,
        /// Its author's id at the source, when known.
        author: Option<String>,
    },
    /// An author is gone with all they wrote.
    AuthorDelete {
        /// The author's id at the source.
        author: String,
        /// Everything up to this version goes.
        version: Version,
    },
    /// The source may have missed something.
    Gap {
        /// The first moment that may be missing.
        from: Timestamp,
        /// The first moment that is complete again.
        to: Timestamp,
        /// Why, in a sentence for an operator.
        reason: String,
    },
    /// Something that cannot be an item: goes to the dead letters as it is.
    Unusable {
        /// The bytes as received; bounded by the source's own cap.
        raw: Vec<u8>,
        /// Why, bounded for metrics.
        reason: Unusable,
        /// Why, in a sentence that says where and what to do.
        detail: String,
    },
}

/// Why something cannot be an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unusable {
    /// Not the format it should be (JSON, CSV).
    Malformed,
    /// Not UTF-8, nor the declared encoding.
    Encoding,
    /// A required field is missing.
    MissingField,
    /// A field has a value that cannot be.
    InvalidField,
    /// Larger than allowed.
    TooLarge,
}

impl Unusable {
    /// Every reason.
    pub const ALL: [Self; 5] = [
        Self::Malformed,
        Self::Encoding,
        Self::MissingField,
        Self::InvalidField,
        Self::TooLarge,
    ];

    /// A stable label for metrics and headers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Encoding => "encoding",
            Self::MissingField => "missing_field",
            Self::InvalidField => "invalid_field",
            Self::TooLarge => "too_large",
        }
    }
}

/// An item as a source gives it: mapped, not yet judged, nothing masked.
#[derive(Clone, Debug, PartialEq)]
pub struct RawItem {
    /// Its id at the source, never parsed as a number.
    pub native_id: String,
    /// Which version; see [`Version`].
    pub version: Version,
    /// When the source says it was written; may lie.
    pub created_at: Timestamp,
    /// Who wrote it.
    pub author: Option<RawAuthor>,
    /// Where a person can read it.
    pub url: Option<String>,
    /// Its text as received; may be empty.
    pub text: String,
    /// What the text is written in.
    pub format: TextFormat,
    /// Language as the source declares it.
    pub declared_language: Option<String>,
    /// Native id of the item it answers.
    pub parent: Option<String>,
    /// Native id of the item it quotes.
    pub quote_of: Option<String>,
    /// Native id of the item it repeats without a word of its own.
    pub repost_of: Option<String>,
    /// The score given.
    pub rating: Option<Rating>,
    /// The place it is about.
    pub place: Option<String>,
    /// It carries pictures or video.
    pub has_media: bool,
    /// The bytes it was read from, kept for the dead letters should a later step refuse it.
    pub raw: Vec<u8>,
}

impl RawItem {
    /// A plain text and what must be known of it. Its version is the moment it was written, as
    /// of a source that knows no edits.
    pub fn new(
        native_id: impl Into<String>,
        text: impl Into<String>,
        created_at: Timestamp,
    ) -> Self {
        Self {
            native_id: native_id.into(),
            version: Version {
                order: created_at.millis() * 1_000,
                tag: Arc::from("1"),
            },
            created_at,
            author: None,
            url: None,
            text: text.into(),
            format: TextFormat::Plain,
            declared_language: None,
            parent: None,
            quote_of: None,
            repost_of: None,
            rating: None,
            place: None,
            has_media: false,
            raw: Vec::new(),
        }
    }
}

/// An author as a source gives them; only a pseudonym of `id` is ever written.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct RawAuthor {
    /// What identifies them at the source.
    pub id: String,
    /// Handle or name, for `author:` clauses of brand queries.
    pub handle: Option<String>,
    /// Followers; `None` when unknown.
    pub followers: Option<u64>,
}

/// Some events and the cursor that stands behind the last of them.
#[derive(Debug, Default)]
pub struct Delivery {
    /// What was seen, in order.
    pub events: Vec<RawEvent>,
    /// Where to resume once these are committed.
    pub cursor: Option<Cursor>,
}

/// What became of a delivery, once it is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Receipt {
    /// Written to the items topic.
    pub accepted: u64,
    /// Known already, in this version or a newer one.
    pub duplicate: u64,
    /// Matched no brand.
    pub filtered: u64,
    /// Written to the dead letters.
    pub dead_lettered: u64,
}

/// The entrance of the pipeline: bounded in events, so that a slow log makes its sources wait.
#[derive(Clone, Debug)]
pub struct Intake {
    queue: mpsc::UnboundedSender<Queued>,
    /// A permit for each event that may wait; the queue itself needs no bound beside it.
    room: Arc<Semaphore>,
    capacity: u32,
}

/// A delivery, who waits for its receipt, and the room it takes until it is committed.
#[derive(Debug)]
pub(crate) struct Queued {
    pub(crate) delivery: Delivery,
    pub(crate) receipt: Option<oneshot::Sender<Receipt>>,
    pub(crate) room: OwnedSemaphorePermit,
}

/// The pipeline has stopped: what was delivered last may not have been committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the pipeline has stopped; nothing of this was acknowledged")]
pub struct IntakeClosed;

/// Why a delivery was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IntakeFull {
    /// There was no room within the time given.
    #[error("the pipeline is full; try again later")]
    Full,
    /// It was taken in, and not committed within the time given: it may be yet, or not at all.
    #[error("the log does not answer; deliver this again later")]
    Unknown,
    /// The pipeline has stopped.
    #[error(transparent)]
    Closed(#[from] IntakeClosed),
}

impl Intake {
    /// An entrance with room for `capacity` events, and its other end.
    pub(crate) fn new(capacity: usize) -> (Self, mpsc::UnboundedReceiver<Queued>) {
        let capacity = u32::try_from(capacity.clamp(1, Semaphore::MAX_PERMITS)).unwrap_or(u32::MAX);
        let (queue, other_end) = mpsc::unbounded_channel();
        let room = Arc::new(Semaphore::new(capacity as usize));
        (
            Self {
                queue,
                room,
                capacity,
            },
            other_end,
        )
    }

    /// Hands over a delivery, waiting for room, without waiting for the commit: for sources
    /// that resume by cursor.
    pub async fn deliver(&self, delivery: Delivery) -> Result<(), IntakeClosed> {
        self.enqueue(delivery, None).await
    }

    /// Hands over a delivery and waits until it is committed.
    pub async fn commit(&self, delivery: Delivery) -> Result<Receipt, IntakeClosed> {
        let (receipt, committed) = oneshot::channel();
        self.enqueue(delivery, Some(receipt)).await?;
        committed.await.map_err(|_| IntakeClosed)
    }

    /// As [`Intake::commit`], but gives up when there is no room within `room`, and when what was
    /// taken is not committed within `commit`.
    pub async fn commit_within(
        &self,
        delivery: Delivery,
        room: std::time::Duration,
        commit: std::time::Duration,
    ) -> Result<Receipt, IntakeFull> {
        let (receipt, committed) = oneshot::channel();
        tokio::time::timeout(room, self.enqueue(delivery, Some(receipt)))
            .await
            .map_err(|_| IntakeFull::Full)??;
        let committed = tokio::time::timeout(commit, committed)
            .await
            .map_err(|_| IntakeFull::Unknown)?;
        Ok(committed.map_err(|_| IntakeClosed)?)
    }

    async fn enqueue(
        &self,
        delivery: Delivery,
        receipt: Option<oneshot::Sender<Receipt>>,
    ) -> Result<(), IntakeClosed> {
        // A delivery larger than all the room there is takes all of it.
        let events = u32::try_from(delivery.events.len()).unwrap_or(u32::MAX);
        let needed = events.clamp(1, self.capacity);
        let room = Arc::clone(&self.room);
        let room = room
            .acquire_many_owned(needed)
            .await
            .map_err(|_| IntakeClosed)?;
        self.queue
            .send(Queued {
                delivery,
                receipt,
                room,
            })
            .map_err(|_| IntakeClosed)
    }
}
