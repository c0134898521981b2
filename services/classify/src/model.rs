//! A model's files: the built-in ones, or those of a folder.

use crate::backend::{BackendError, ConstantBackend, MakeBackend, RtenModel, TokenBatch};
use crate::config::Config;
use crate::labels::{Labels, LabelsError};
use crate::likeness::{Likeness, Quality};
use crate::tokens::Tokeniser;
use hark_model::{Taxonomy, TouchpointId};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A model ready to run: what turns text into ids, what infers, and what the numbers mean.
pub struct LoadedModel {
    /// Text to token ids.
    pub tokeniser: Arc<Tokeniser>,
    /// What the heads' columns mean.
    pub labels: Arc<Labels>,
    /// Makes an engine; the engines share the weights.
    pub make: MakeBackend,
}

/// Why a model cannot be used. `origin` is its folder, or "the built-in model".
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file is missing or cannot be read.
    #[error(
        "{}: {error}; classify.model must name a folder with model.onnx, tokenizer.json and \
         labels.json", path.display()
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// labels.json does not fit.
    #[error("labels.json of {origin}: {error}")]
    Labels {
        /// Whose.
        origin: String,
        /// What is wrong.
        error: LabelsError,
    },
    /// tokenizer.json cannot be used.
    #[error("tokenizer.json of {origin}: {error}")]
    Tokeniser {
        /// Whose.
        origin: String,
        /// What is wrong.
        error: String,
    },
    /// A touchpoint cannot be learnt from its examples.
    #[error("touchpoint {id}: {problem}")]
    Examples {
        /// The touchpoint.
        id: TouchpointId,
        /// What is wrong.
        problem: String,
    },
    /// model.onnx cannot be used.
    #[error("model.onnx of {origin}: {error}")]
    Network {
        /// Whose.
        origin: String,
        /// What is wrong.
        error: String,
    },
}

const ONNX: &[u8] = include_bytes!("../model/model.onnx");
const TOKENIZER: &[u8] = include_bytes!("../model/tokenizer.json");
const LABELS: &[u8] = include_bytes!("../model/labels.json");

impl LoadedModel {
    /// The model that is part of the binary. The taxonomy says which touchpoints may be labels.
    pub fn built_in(taxonomy: &Taxonomy) -> Result<Self, ModelError> {
        let network = RtenModel::load_static(ONNX);
        Self::assemble("the built-in model", network, TOKENIZER, LABELS, taxonomy)
    }

    /// The model that a configuration names, by default the built-in one.
    pub fn configured(config: &Config, taxonomy: &Taxonomy) -> Result<Self, ModelError> {
        match &config.model {
            Some(folder) => Self::read(folder, taxonomy),
            None => Self::built_in(taxonomy),
        }
    }

    /// The built-in model's labels with no model behind them: [`ConstantBackend`] on bytes. For
    /// measuring what everything but the model and its tokeniser costs.
    pub fn constant(taxonomy: &Taxonomy) -> Result<Self, ModelError> {
        let labels = Labels::parse(LABELS, taxonomy).map_err(|error| ModelError::Labels {
            origin: "the built-in model".to_owned(),
            error,
        })?;
        Ok(Self {
            tokeniser: Arc::new(Tokeniser::bytes()),
            labels: Arc::new(labels),
            make: Arc::new(|| Ok(Box::new(ConstantBackend::default()))),
        })
    }

    /// The model in a folder: model.onnx, tokenizer.json and labels.json.
    pub fn read(folder: &Path, taxonomy: &Taxonomy) -> Result<Self, ModelError> {
        let file = |name: &str| {
            let path = folder.join(name);
            std::fs::read(&path).map_err(|error| ModelError::Read { path, error })
        };
        let (labels, tokenizer, onnx) = (
            file("labels.json")?,
            file("tokenizer.json")?,
            file("model.onnx")?,
        );
        let origin = folder.display().to_string();
        Self::assemble(
            &origin,
            RtenModel::load(onnx),
            &tokenizer,
            &labels,
            taxonomy,
        )
    }

    /// Adds touchpoints that are told by examples, each told from `others` and from the examples
    /// of the rest. Returns how well that goes.
    ///
    /// # Errors
    ///
    /// The model tells no embedding, or an engine fails.
    pub fn learn(
        &mut self,
        touchpoints: &[(TouchpointId, Vec<String>)],
        others: &[String],
    ) -> Result<Vec<Quality>, ModelError> {
        let Some((first, _)) = touchpoints.first() else {
            return Ok(Vec::new());
        };
        let embed = |id: &TouchpointId, texts: &[String]| {
            self.embed(texts).map_err(|problem| ModelError::Examples {
                id: id.clone(),
                problem,
            })
        };
        let background = embed(first, others)?;
        let examples: Vec<_> = touchpoints
            .iter()
            .map(|(id, texts)| embed(id, texts))
            .collect::<Result<_, _>>()?;
        let (mut learnt, mut qualities) = (Vec::new(), Vec::new());
        for (place, (id, _)) in touchpoints.iter().enumerate() {
            let rest = examples.iter().enumerate();
            let rest = rest.filter(|(other, _)| *other != place);
            let rest = rest.flat_map(|(_, texts)| texts);
            let others: Vec<Vec<f32>> = background.iter().chain(rest).cloned().collect();
            let (likeness, quality) = Likeness::learn(id.clone(), &examples[place], &others);
            learnt.push(likeness);
            qualities.push(quality);
        }
        Arc::make_mut(&mut self.labels).own = learnt;
        Ok(qualities)
    }

    /// Where texts lie in the encoder's space.
    fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, String> {
        let mut engine = (self.make)().map_err(|error| error.to_string())?;
        let mut points = Vec::with_capacity(texts.len());
        for text in texts {
            let tokens = self
                .tokeniser
                .encode(text)
                .map_err(|error| error.to_string())?;
            let batch = TokenBatch::pad([&tokens[..]], self.tokeniser.padding());
            let logits = engine.infer(&batch).map_err(|error| error.to_string())?;
            let embedding = logits
                .embedding
                .ok_or("examples need a model with an output `embedding`; this one has none")?;
            points.push(embedding.row(0).to_vec());
        }
        Ok(points)
    }

    fn assemble(
        origin: &str,
        network: Result<RtenModel, String>,
        tokenizer: &[u8],
        labels: &[u8],
        taxonomy: &Taxonomy,
    ) -> Result<Self, ModelError> {
        let origin = origin.to_owned();
        let labels = Labels::parse(labels, taxonomy).map_err(|error| ModelError::Labels {
            origin: origin.clone(),
            error,
        })?;
        let tokeniser = Tokeniser::parse(tokenizer).map_err(|error| ModelError::Tokeniser {
            origin: origin.clone(),
            error,
        })?;
        let network = network.map_err(|error| ModelError::Network { origin, error })?;
        let make: MakeBackend =
            Arc::new(move || Ok::<_, BackendError>(Box::new(network.engine()) as Box<_>));
        Ok(Self {
            tokeniser: Arc::new(tokeniser),
            labels: Arc::new(labels),
            make,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hark_model::default_taxonomy;

    #[test]
    fn a_folder_without_a_model_is_named_with_what_it_needs() {
        let folder = tempfile::tempdir().unwrap();
        let error = LoadedModel::read(folder.path(), &default_taxonomy())
            .err()
            .unwrap();
        let text = error.to_string();
        assert!(
            text.contains("labels.json") && text.contains("classify.model"),
            "{text}"
        );
    }

    #[test]
    fn a_folder_with_broken_files_says_which_one() {
        let folder = tempfile::tempdir().unwrap();
        let read = || {
            LoadedModel::read(folder.path(), &default_taxonomy())
                .err()
                .unwrap()
                .to_string()
        };
        std::fs::write(folder.path().join("labels.json"), LABELS).unwrap();
        std::fs::write(folder.path().join("tokenizer.json"), TOKENIZER).unwrap();
        std::fs::write(folder.path().join("model.onnx"), &ONNX[..1_000]).unwrap();
        assert!(read().starts_with("model.onnx of "), "{}", read());
        std::fs::write(folder.path().join("tokenizer.json"), "{}").unwrap();
        assert!(read().starts_with("tokenizer.json of "), "{}", read());
        std::fs::write(folder.path().join("labels.json"), "{}").unwrap();
        assert!(read().starts_with("labels.json of "), "{}", read());
    }

    #[test]
    fn a_model_in_a_folder_loads_like_the_built_in_one() {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in [
            ("labels.json", LABELS),
            ("tokenizer.json", TOKENIZER),
            ("model.onnx", ONNX),
        ] {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        let read = LoadedModel::read(folder.path(), &default_taxonomy()).unwrap();
        assert_eq!(
            read.labels,
            LoadedModel::built_in(&default_taxonomy()).unwrap().labels
        );
    }
}
