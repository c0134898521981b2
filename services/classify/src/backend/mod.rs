//! The seam between the pool and an inference engine.
//!
//! An engine is blocking, takes a batch and gives a batch, and belongs to the one thread that
//! calls it. It knows token ids and numbers; texts, labels and queues are its callers' business.

mod constant;
mod rten;

pub use constant::ConstantBackend;
pub use rten::{RtenBackend, RtenModel};

use std::sync::Arc;

/// An inference engine.
pub trait Backend: Send {
    /// The raw logits of each row of the batch, in order.
    fn infer(&mut self, batch: &TokenBatch) -> Result<Logits, BackendError>;

    /// A short name for logs.
    fn name(&self) -> &'static str;
}

/// Makes another engine: for each worker at the start, and for one whose engine was lost.
pub type MakeBackend = Arc<dyn Fn() -> Result<Box<dyn Backend>, BackendError> + Send + Sync>;

/// Why a batch was not inferred.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BackendError {
    /// This batch failed; the engine can go on with others.
    #[error("{0}")]
    Batch(String),
    /// The engine is lost; another one has to be made.
    #[error("{0}")]
    Lost(String),
}

/// Token ids of several texts, padded to the longest: row after row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenBatch {
    rows: usize,
    columns: usize,
    ids: Vec<i32>,
    mask: Vec<i32>,
}

impl TokenBatch {
    /// Pads the rows at their ends with `padding` to the length of the longest.
    pub fn pad<'a>(rows: impl IntoIterator<Item = &'a [i32]> + Clone, padding: i32) -> Self {
        let columns = rows
            .clone()
            .into_iter()
            .map(<[i32]>::len)
            .max()
            .unwrap_or(0);
        let (mut count, mut ids, mut mask) = (0, Vec::new(), Vec::new());
        for row in rows {
            count += 1;
            ids.extend_from_slice(row);
            ids.resize(count * columns, padding);
            mask.resize(mask.len() + row.len(), 1);
            mask.resize(count * columns, 0);
        }
        Self {
            rows: count,
            columns,
            ids,
            mask,
        }
    }

    /// The number of texts.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The length of the longest text in tokens.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Padded tokens: what the engine computes.
    pub fn tokens(&self) -> usize {
        self.rows * self.columns
    }

    /// Token ids, `rows × columns`.
    pub fn ids(&self) -> &[i32] {
        &self.ids
    }

    /// 1 for a token, 0 for padding, `rows × columns`.
    pub fn mask(&self) -> &[i32] {
        &self.mask
    }

    /// The ids of one row, without its padding.
    pub fn row(&self, row: usize) -> &[i32] {
        let at = row * self.columns;
        let length = self.mask[at..at + self.columns]
            .iter()
            .filter(|bit| **bit == 1)
            .count();
        &self.ids[at..at + length]
    }
}

/// One head's numbers, row after row.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Matrix {
    columns: usize,
    values: Vec<f32>,
}

impl Matrix {
    /// A matrix of rows of this many columns; `None` when the values do not fill whole rows.
    pub fn new(columns: usize, values: Vec<f32>) -> Option<Self> {
        (columns > 0 && values.len().is_multiple_of(columns)).then_some(Self { columns, values })
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.values.len().checked_div(self.columns).unwrap_or(0)
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// One row.
    pub fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.columns..(row + 1) * self.columns]
    }
}

/// The heads' raw logits; each has a row for each text.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Logits {
    /// Negative, neutral, positive (in the order of labels.json).
    pub sentiment: Matrix,
    /// One column for each touchpoint.
    pub touchpoints: Matrix,
    /// One column for each intent.
    pub intents: Matrix,
    /// One column for each emotion.
    pub emotions: Matrix,
    /// One column for each expectation.
    pub expectation: Matrix,
    /// What the heads look at, a point in the encoder's space; of a model that tells it.
    pub embedding: Option<Matrix>,
}

impl Logits {
    /// Every head with the name it has in the model.
    pub fn heads(&self) -> [(&'static str, &Matrix); 5] {
        [
            ("sentiment", &self.sentiment),
            ("touchpoints", &self.touchpoints),
            ("intents", &self.intents),
            ("emotions", &self.emotions),
            ("expectation", &self.expectation),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_padded_to_its_longest_row_and_masked() {
        let rows: [&[i32]; 2] = [&[1, 2, 3], &[4]];
        let batch = TokenBatch::pad(rows, 9);
        assert_eq!((batch.rows(), batch.columns(), batch.tokens()), (2, 3, 6));
        assert_eq!(batch.ids(), [1, 2, 3, 4, 9, 9]);
        assert_eq!(batch.mask(), [1, 1, 1, 1, 0, 0]);
        assert_eq!(batch.row(1), [4]);
    }

    #[test]
    fn a_matrix_has_whole_rows_only() {
        assert!(Matrix::new(2, vec![0.0; 3]).is_none());
        assert!(Matrix::new(0, vec![]).is_none());
        assert_eq!(
            Matrix::new(2, vec![0.0, 1.0, 2.0, 3.0]).unwrap().row(1),
            [2.0, 3.0]
        );
    }
}
