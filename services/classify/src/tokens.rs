//! Texts to token ids.

use crate::text::normalise;
use std::borrow::Cow;
use tokenizers::Tokenizer;

/// A text's longest form in tokens, the special ones included. Of a longer one the middle is left
/// out, for a story's point may come late. The model was trained with it.
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
        tokenizer
            .with_truncation(None)
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
        // lies between this many words at either end is cut anyway and need not be paid for.
        let kept = outer_words(&normal, 2 * MAX_TOKENS);
        let encoding = tokenizer
            .encode_fast(kept, true)
            .map_err(|error| TokeniseError(error.to_string()))?;
        let ids = encoding.get_ids();
        let (head, tail) = match ids.len().checked_sub(MAX_TOKENS / 2) {
            Some(tail) if ids.len() > MAX_TOKENS => (&ids[..MAX_TOKENS / 2], &ids[tail..]),
            _ => (ids, &[][..]),
        };
        head.iter().chain(tail).copied().map(id).collect()
    }

    /// The id that fills a batch's shorter rows.
    pub fn padding(&self) -> i32 {
        self.padding
    }
}

fn id(id: u32) -> Result<i32, TokeniseError> {
    i32::try_from(id).map_err(|_| TokeniseError(format!("token id {id} is too great")))
}

/// The first and the last `count` words, words being split by single spaces.
fn outer_words(text: &str, count: usize) -> Cow<'_, str> {
    let first = text.match_indices(' ').nth(count - 1);
    let last = text.rmatch_indices(' ').nth(count - 1);
    match (first, last) {
        (Some((end, _)), Some((start, _))) if end < start => {
            Cow::Owned(format!("{}{}", &text[..end], &text[start..]))
        }
        _ => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_text_the_outer_words_are_kept_whole() {
        assert_eq!(outer_words("a b c d e", 2), "a b d e");
        assert_eq!(outer_words("a b c d", 2), "a b c d");
        assert_eq!(outer_words("a b c", 2), "a b c");
        assert_eq!(outer_words("", 2), "");
    }
}
