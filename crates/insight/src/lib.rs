//! The calculus: what many mentions say about brands.
//!
//! [`Aggregator`] takes one mention event after another and says what follows: share of voice,
//! authors' standing, alerts. Where the mentions are shared out by their authors, a
//! [`LocalAggregator`] counts each share, and a [`GlobalAggregator`] decides what they mean together;
//! what goes between them is a [`Partial`]. It has no clock, no I/O and no async; time is an argument and what
//! it remembers lies in a [`Store`] that it is handed. The same events give the same counts in
//! any order, with any duplication, in batches of any size.

mod aggregator;
mod alert;
mod brand;
mod clock;
mod config;
mod contribution;
mod coverage;
mod global;
mod gone;
mod ledger;
mod local;
mod partial;
mod sixteen;
mod sorting;
mod spike;
mod standing;
mod store;
mod tables;
mod terms;
mod voice;

pub use aggregator::{Aggregator, Cause, Insight, Outcome};
pub use config::{
    Config, Market, MentionRule, NotifyRule, SpikeRule, StandingRule, TimeMode, UnknownBrand,
};
pub use global::GlobalAggregator;
pub use local::LocalAggregator;
pub use partial::{Partial, PartialError};
pub use spike::negative_binomial_tail;
pub use store::{MemoryStore, Store, StoreError};
pub use voice::{AlertCounts, Report, VoiceReport, wilson};
