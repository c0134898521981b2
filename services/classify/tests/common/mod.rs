//! What the tests share: the built-in model's parts, and an engine that can be told to fail.

#![allow(dead_code, unreachable_pub)]

use hark_classify::{
    Backend, BackendError, ConstantBackend, LoadedModel, Logits, MakeBackend, Metrics, Pool,
    PoolError, PoolOptions, TokenBatch,
};
use hark_model::default_taxonomy;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The model that is part of the binary.
pub fn built_in() -> LoadedModel {
    LoadedModel::built_in(&default_taxonomy()).unwrap()
}

/// What a text does to the engine that reads it.
#[derive(Clone, Copy, PartialEq)]
pub enum Poison {
    /// The batch fails.
    Fails,
    /// The engine is lost.
    Loses,
    /// The engine panics.
    Panics,
}

/// An engine with hooks.
#[derive(Clone, Default)]
pub struct Fake {
    poison: Vec<(Vec<i32>, Poison)>,
    /// No engine is made beyond this many.
    most_engines: Option<usize>,
    /// Engines made so far.
    pub made: Arc<AtomicUsize>,
    /// Rows inferred, in batches that failed too.
    pub rows: Arc<AtomicUsize>,
}

impl Fake {
    /// Texts equal to this one are poison.
    pub fn with_poison(mut self, text: &str, poison: Poison) -> Self {
        self.poison
            .push((built_in().tokeniser.encode(text).unwrap(), poison));
        self
    }

    /// From the engine after these on, none can be made.
    pub fn with_most_engines(mut self, most: usize) -> Self {
        self.most_engines = Some(most);
        self
    }

    /// A pool of such engines with the real tokeniser and labels.
    pub fn pool(&self, engines: usize) -> Result<Pool, PoolError> {
        let LoadedModel {
            tokeniser, labels, ..
        } = built_in();
        let options = PoolOptions {
            engines,
            batch_tokens: 512,
            queue: 64,
        };
        Pool::start(options, self.maker(), tokeniser, labels, Metrics::default())
    }

    fn maker(&self) -> MakeBackend {
        let fake = self.clone();
        Arc::new(move || {
            let made = fake.made.fetch_add(1, Ordering::Relaxed);
            match fake.most_engines {
                Some(most) if made >= most => Err(BackendError::Lost(
                    "no more engines in the store".to_owned(),
                )),
                _ => Ok(Box::new(fake.clone())),
            }
        })
    }
}

impl Backend for Fake {
    fn infer(&mut self, batch: &TokenBatch) -> Result<Logits, BackendError> {
        self.rows.fetch_add(batch.rows(), Ordering::Relaxed);
        for row in 0..batch.rows() {
            let poison = self
                .poison
                .iter()
                .find(|(tokens, _)| tokens == batch.row(row));
            match poison.map(|(_, poison)| poison) {
                Some(Poison::Fails) => return Err(BackendError::Batch("indigestible".to_owned())),
                Some(Poison::Loses) => return Err(BackendError::Lost("engine on fire".to_owned())),
                Some(Poison::Panics) => panic!("poison"),
                None => {}
            }
        }
        ConstantBackend::default().infer(batch)
    }

    fn name(&self) -> &'static str {
        "fake"
    }
}
