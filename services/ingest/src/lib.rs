//! Sources, text, personal data masking, brand queries: items into the log.
//!
//! The way of an item: a [`Source`] yields it as the outside has it, the [`Pipeline`] makes its
//! text fit to be kept, masks personal data and finds the brands it names, and the [`Worker`]
//! writes it together with the source's cursor.
//!
//! Never contains: models, counts, alerts; a real author's id on its way out.

mod batch;
mod config;
mod dead_letters;
mod metrics;
mod pipeline;
mod pseudonym;
pub mod query;
mod seen;
mod source;
#[doc(hidden)]
pub mod testing;
pub mod text;
mod worker;

pub use config::Config;
pub use metrics::{IngestMetrics, Outcome};
pub use pipeline::{Pipeline, Prepared};
pub use pseudonym::Pseudonyms;
pub use source::{
    Cursor, Delivery, FileConfig, FileSource, HttpConfig, HttpSource, Intake, IntakeClosed,
    IntakeFull, JetstreamConfig, JetstreamCounts, JetstreamSource, Pace, Progress, RawAuthor,
    RawEvent, RawItem, Receipt, Secret, Source, SourceError, Unusable,
};
pub use worker::{Around, Topics, Worker, WorkerError};
