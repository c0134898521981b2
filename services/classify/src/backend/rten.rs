//! The default engine: rten, pure Rust, reads the int8 ONNX file as it is.

use super::{Backend, BackendError, Logits, Matrix, TokenBatch};
use ::rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value};
use rten_tensor::NdTensorView;
use rten_tensor::prelude::{AsView, Layout};
use std::sync::Arc;

/// Names in the ONNX file; the contract with `training/`.
const INPUTS: [&str; 2] = ["input_ids", "attention_mask"];
const OUTPUTS: [&str; 5] = [
    "sentiment",
    "touchpoints",
    "intents",
    "emotions",
    "expectation",
];
/// An output that a model may have besides.
const EMBEDDING: &str = "embedding";

/// A loaded model. Its weights are shared by the engines made from it.
#[derive(Clone)]
pub struct RtenModel {
    shared: Arc<Shared>,
}

struct Shared {
    model: Model,
    inputs: [NodeId; 2],
    outputs: [NodeId; 5],
    embedding: Option<NodeId>,
}

impl RtenModel {
    /// Loads an ONNX file's bytes. The error says what is wrong with them.
    pub fn load(onnx: Vec<u8>) -> Result<Self, String> {
        Self::check(options().load(onnx))
    }

    /// Loads an ONNX file that is part of the binary.
    pub fn load_static(onnx: &'static [u8]) -> Result<Self, String> {
        Self::check(options().load_static_slice(onnx))
    }

    fn check(loaded: Result<Model, ::rten::LoadError>) -> Result<Self, String> {
        let model =
            loaded.map_err(|error| format!("it is not an ONNX model rten can run: {error}"))?;
        let find = |name: &str| {
            model.find_node(name).ok_or_else(|| {
                format!("it has no input or output {name:?}; it needs {INPUTS:?} and {OUTPUTS:?}")
            })
        };
        let [ids, mask] = INPUTS;
        let [sentiment, touchpoints, intents, emotions, expectation] = OUTPUTS;
        let inputs = [find(ids)?, find(mask)?];
        let outputs = [
            find(sentiment)?,
            find(touchpoints)?,
            find(intents)?,
            find(emotions)?,
            find(expectation)?,
        ];
        let outputs_of_model = model.output_ids();
        let embedding = model
            .find_node(EMBEDDING)
            .filter(|node| outputs_of_model.contains(node));
        if let Some(extra) = model.input_ids().iter().find(|id| !inputs.contains(id)) {
            let name = model
                .node_info(*extra)
                .and_then(|info| info.name().map(str::to_owned));
            let name = name.unwrap_or_default();
            return Err(format!(
                "it asks for another input, {name:?}, beside {INPUTS:?}"
            ));
        }
        Ok(Self {
            shared: Arc::new(Shared {
                model,
                inputs,
                outputs,
                embedding,
            }),
        })
    }

    /// Another engine on the same weights, with one thread of its own: two sessions of one
    /// thread give more texts a second than one session of two.
    pub fn engine(&self) -> RtenBackend {
        RtenBackend {
            shared: Arc::clone(&self.shared),
            threads: Arc::new(ThreadPool::with_num_threads(1)),
        }
    }
}

fn options() -> ModelOptions {
    let mut options = ModelOptions::with_all_ops();
    options.prepack_weights(true);
    options
}

/// An engine on a loaded model.
pub struct RtenBackend {
    shared: Arc<Shared>,
    threads: Arc<ThreadPool>,
}

impl Backend for RtenBackend {
    fn infer(&mut self, batch: &TokenBatch) -> Result<Logits, BackendError> {
        let shape = [batch.rows(), batch.columns()];
        let inputs = vec![
            (
                self.shared.inputs[0],
                NdTensorView::from_data(shape, batch.ids()).into(),
            ),
            (
                self.shared.inputs[1],
                NdTensorView::from_data(shape, batch.mask()).into(),
            ),
        ];
        let mut options = RunOptions::default();
        options.thread_pool = Some(Arc::clone(&self.threads));
        let outputs: Vec<NodeId> = self
            .shared
            .outputs
            .into_iter()
            .chain(self.shared.embedding)
            .collect();
        let values = self
            .shared
            .model
            .run(inputs, &outputs, Some(options))
            .map_err(|error| BackendError::Batch(format!("rten: {error}")))?;
        let mut values = values.into_iter();
        let mut next = || values.next().map(|value| matrix(value, batch.rows()));
        let mut head = || {
            let missing = || BackendError::Batch("rten: an output is missing".to_owned());
            next().unwrap_or_else(|| Err(missing()))
        };
        Ok(Logits {
            sentiment: head()?,
            touchpoints: head()?,
            intents: head()?,
            emotions: head()?,
            expectation: head()?,
            embedding: next().transpose()?,
        })
    }

    fn name(&self) -> &'static str {
        "rten"
    }
}

fn matrix(value: Value, rows: usize) -> Result<Matrix, BackendError> {
    let wrong = |what: String| BackendError::Batch(format!("rten: an output {what}"));
    let tensor = value
        .into_tensor::<f32>()
        .ok_or_else(|| wrong("is not of 32-bit floating point numbers".to_owned()))?;
    let (shape, values) = (tensor.shape().to_vec(), tensor.to_vec());
    match shape[..] {
        [found, columns] if found == rows => Matrix::new(columns, values),
        _ => None,
    }
    .ok_or_else(|| wrong(format!("has the shape {shape:?} for {rows} texts")))
}
