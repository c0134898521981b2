//! hark's words as types.
//!
//! One vocabulary for every crate: what a source published ([`Item`]), how one brand is touched
//! by it ([`Mention`]), and what hark concludes from many of them ([`ShareOfVoice`],
//! [`AuthorStanding`], [`Alert`]). No serialisation and no I/O live here: wire types stop in the
//! `proto` crate, and time is always a value that somebody hands in.

mod alert;
mod ids;
mod item;
mod mention;
mod sentiment;
mod standing;
mod taxonomy;
mod time;
mod voice;

pub use alert::{
    Alert, AlertKind, AlertState, Evidence, Measure, Occasion, Provenance, RecordRange, TopTerm,
};
pub use ids::{
    AuthorKey, BrandId, InvalidAuthorKey, ItemId, MarketId, SourceId, TeamId, TouchpointId,
};
pub use item::{
    Author, AuthorDelete, BrandMatch, Gap, Item, ItemDelete, ItemEvent, PersonalData, Rating,
    Redaction, Version,
};
pub use mention::{Mention, MentionEvent, Scored};
pub use sentiment::{Emotion, Expectation, Intent, Sentiment, SentimentScores};
pub use standing::{AuthorStanding, Standing};
pub use taxonomy::{JourneyStage, Taxonomy, Touchpoint, default_taxonomy};
pub use time::{Minute, Span, Timestamp};
pub use voice::{Counts, Interval, ShareOfVoice, TouchpointVoice, Voice, Window};
