//! Texts to token ids.

use crate::text::normalise;
use tokenizers::{Tokenizer, TruncationDirection, TruncationParams, TruncationStrategy};

/// A text's longest form in tokens, the special ones included; the rest is cut off. The model was
/// trained with it.
pub const MAX_TOKENS: usize = 80;

/// Ready to use from any thread.
pub struct Tokeniser {
    units: Units,
    padding: i32,
}

/// What a token is.
enum Units {
    /// A piece of a word, as a tokenizer.json has it.
    Pieces(Box<Tokenizer>),
    /// A byte.
    Bytes,
}

/// A text the tokenizer cannot take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text cannot be tokenised: {0}")]
pub struct TokeniseError(String);

impl Tokeniser {
    /// Reads a tokenizer.json. Its own settings for cutting and padding are replaced: at most
    /// [`MAX_TOKENS`], no padding.
    pub fn parse(json: &[u8]) -> Result<Self, String> {
        let mut tokenizer = Tokenizer::from_bytes(json).map_err(|error| error.to_string())?;
        let cut = TruncationParams {
            direction: TruncationDirection::Right,
            max_length: MAX_TOKENS,
            strategy: TruncationStrategy::LongestFirst,
            stride: 0,
        };
        tokenizer
            .with_truncation(Some(cut))
            .map_err(|error| error.to_string())?;
        tokenizer.with_padding(None);
        let padding = tokenizer
            .token_to_id("[PAD]")
            .or_else(|| tokenizer.token_to_id("<pad>"))
            .ok_or("it has no padding token, [PAD] or <pad>")?;
        Ok(Self {
            units: Units::Pieces(Box::new(tokenizer)),
            padding: id(padding).map_err(|error| error.to_string())?,
        })
    }

    /// Every byte is a token: for a backend without a model, which has no vocabulary.
    pub fn bytes() -> Self {
        Self {
            units: Units::Bytes,
            padding: -1,
        }
    }

    /// The ids of a text, normalised first; between 2 (an empty text) and [`MAX_TOKENS`] of them.
    pub fn encode(&self, text: &str) -> Result<Vec<i32>, TokeniseError> {
        let tokenizer = match &self.units {
            Units::Pieces(tokenizer) => tokenizer,
            Units::Bytes => return Ok(text.bytes().take(MAX_TOKENS).map(i32::from).collect()),
        };
        let normal = normalise(text);
        // A word gives a token or more, save the rare one of invisible characters only; so what
        // follows this many words is cut anyway and need not be paid for.
        let kept = first_words(&normal, 4 * MAX_TOKENS);
        let encoding = tokenizer
            .encode_fast(kept, true)
            .map_err(|error| TokeniseError(error.to_string()))?;
        encoding.get_ids().iter().copied().map(id).collect()
    }

    /// The id that fills a batch's shorter rows.
    pub fn padding(&self) -> i32 {
        self.padding
    }
}

fn id(id: u32) -> Result<i32, TokeniseError> {
    i32::try_from(id).map_err(|_| TokeniseError(format!("token id {id} is too great")))
}

/// The text up to the end of its `count`th word, words being split by single spaces.
fn first_words(text: &str, count: usize) -> &str {
    let end = text
        .match_indices(' ')
        .nth(count - 1)
        .map_or(text.len(), |(at, _)| at);
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_behind_its_last_whole_word() {
        assert_eq!(first_words("a b c d", 2), "a b");
        assert_eq!(first_words("a b", 2), "a b");
        assert_eq!(first_words("", 2), "");
    }
}
