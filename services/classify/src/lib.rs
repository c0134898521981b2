//! Items in, scored mentions out.
//!
//! A record of the items topic becomes a mention for each brand it names, judged by one
//! transformer with five heads: sentiment, touchpoints, intents, emotions, expectation. The way of
//! a text:
//!
//! 1. [`towards`] marks the brand it is read towards, and the others it names.
//! 2. [`normalise`] and [`Tokeniser`] turn it into token ids, as in training.
//! 3. [`Pool`] queues it; an idle engine takes it with others of its length.
//! 4. A [`Backend`] turns ids into logits, and [`Judgement`] says what they mean.
//!
//! [`ClassifyStage`] does this for the log, [`Classifier`] for the command line.
//!
//! Never contains: HTTP, a clock that decides anything, or training; the model comes from
//! `training/` as three files.

mod backend;
mod classifier;
mod config;
mod dead_letters;
pub mod eval;
mod explain;
mod judge;
mod labels;
mod likeness;
mod metrics;
mod model;
mod pace;
mod pool;
mod stage;
mod target;
mod text;
mod tokens;

pub use backend::{
    Backend, BackendError, ConstantBackend, Logits, MakeBackend, Matrix, RtenBackend, RtenModel,
    TokenBatch,
};
pub use classifier::{Classifier, ClassifierError, Request};
pub use config::Config;
pub use explain::{Explained, Influence};
pub use judge::{Judgement, NotANumber, Verdict};
pub use labels::{Head, Labels, LabelsError, SentimentHead};
pub use likeness::{LEAST_EXAMPLES, Likeness, Quality};
pub use metrics::{Metrics, Outcome as RecordOutcome};
pub use model::{LoadedModel, ModelError};
pub use pool::{Outcome, Pool, PoolError, PoolOptions, Submission, Unjudged};
pub use stage::{ClassifyStage, Rules, STAGE, Topics};
pub use target::{OTHER, TARGET, towards, towards_name};
pub use text::normalise;
pub use tokens::{MAX_TOKENS, TokeniseError, Tokeniser};
