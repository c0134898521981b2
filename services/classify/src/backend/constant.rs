//! An engine without a model.

use super::{Backend, BackendError, Logits, Matrix, TokenBatch};
use std::ops::Range;

/// Logits of labels that hold in about one text of ten: thresholds lie near 0.
const RARELY: Range<f32> = -10.0..1.0;

/// Answers at once with logits that depend on nothing but a text's tokens.
///
/// It measures the path round the model (log, queue, commit) and makes a whole pipeline's output
/// reproducible without one. Its judgements mean nothing, but there are as many as a model gives:
/// a mention holds one or two touchpoints and rather less than one intent and one emotion.
#[derive(Clone, Copy, Debug)]
pub struct ConstantBackend {
    touchpoints: usize,
    intents: usize,
    emotions: usize,
}

impl ConstantBackend {
    /// An engine whose heads have these many columns (sentiment and expectation have three).
    pub fn new(touchpoints: usize, intents: usize, emotions: usize) -> Self {
        Self {
            touchpoints,
            intents,
            emotions,
        }
    }
}

impl Default for ConstantBackend {
    /// The shape of the default model.
    fn default() -> Self {
        Self::new(16, 7, 6)
    }
}

impl Backend for ConstantBackend {
    fn infer(&mut self, batch: &TokenBatch) -> Result<Logits, BackendError> {
        let head = |salt: u64, columns: usize, range: Range<f32>| {
            let mut values = Vec::with_capacity(batch.rows() * columns);
            for row in 0..batch.rows() {
                let text = hash(batch.row(row));
                let number = |column| uniform(text, salt + column);
                let logit = |column| range.start + number(column) * (range.end - range.start);
                values.extend((0..columns as u64).map(logit));
            }
            Matrix { columns, values }
        };
        Ok(Logits {
            sentiment: head(0, 3, -4.0..4.0),
            touchpoints: head(100, self.touchpoints, RARELY),
            intents: head(200, self.intents, RARELY),
            emotions: head(300, self.emotions, RARELY),
            expectation: head(400, 3, RARELY),
            embedding: None,
        })
    }

    fn name(&self) -> &'static str {
        "constant"
    }
}

/// FNV-1a over the token ids.
fn hash(tokens: &[i32]) -> u64 {
    tokens
        .iter()
        .flat_map(|token| token.to_le_bytes())
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
}

/// A number from 0 to 1 (the finaliser of SplitMix64 spreads neighbouring inputs).
fn uniform(text: u64, column: u64) -> f32 {
    let mut mixed = text.wrapping_add(column.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    (mixed >> 40) as f32 / (1_u64 << 24) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_holds_in_about_one_text_of_ten() {
        let texts: Vec<[i32; 1]> = (0..1_000).map(|text| [text]).collect();
        let batch = TokenBatch::pad(texts.iter().map(|text| &text[..]), 0);
        let logits = ConstantBackend::default().infer(&batch).unwrap();
        let values = (0..1_000).flat_map(|row| logits.touchpoints.row(row));
        let held = values.filter(|logit| **logit > 0.0).count();
        assert!(
            (16_000 / 12..16_000 / 9).contains(&held),
            "{held} of 16,000"
        );
    }

    #[test]
    fn logits_stay_in_their_ranges() {
        let rows: [&[i32]; 3] = [&[1, 2, 3], &[4], &[5, 6]];
        let logits = ConstantBackend::new(16, 7, 6)
            .infer(&TokenBatch::pad(rows, 0))
            .unwrap();
        for (name, head) in logits.heads() {
            let range = match name {
                "sentiment" => -4.0..4.0,
                _ => RARELY,
            };
            for row in 0..3 {
                assert!(
                    head.row(row).iter().all(|logit| range.contains(logit)),
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn a_text_gets_the_same_logits_in_any_company_and_another_text_others() {
        let mut engine = ConstantBackend::default();
        let rows: [&[i32]; 2] = [&[1, 2, 3], &[4]];
        let both = engine.infer(&TokenBatch::pad(rows, 0)).unwrap();
        let alone = engine.infer(&TokenBatch::pad([&[4][..]], 0)).unwrap();
        for ((_, both), (_, alone)) in both.heads().into_iter().zip(alone.heads()) {
            assert_eq!(both.row(1), alone.row(0));
            assert_ne!(both.row(0), both.row(1));
        }
    }
}
