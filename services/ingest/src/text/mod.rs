//! Makes a source's text fit to be written: plain, in one spelling, without personal data.

mod html;
mod language;
mod markdown;
mod mask;
mod normalise;
mod truncate;

pub use language::{LanguageDetector, UnknownLanguage};
pub use mask::{Masked, mask};
pub use truncate::truncate_graphemes;

use hark_model::Redaction;
use std::borrow::Cow;

/// How a source writes its texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum TextFormat {
    /// As it is read.
    #[default]
    Plain,
    /// HTML, whole or in part, as Mastodon and feeds have it.
    Html,
    /// Markdown, as Reddit and GitHub have it.
    Markdown,
}

/// Bounds on what is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest text kept, in bytes.
    pub max_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_bytes: 20_000 }
    }
}

/// A text fit to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// Plain, normalised, masked, at most [`Limits::max_bytes`] long. Empty when nothing can be
    /// seen of it.
    pub text: String,
    /// What was masked, each kind once, in the order of [`hark_model::PersonalData::ALL`].
    pub redactions: Vec<Redaction>,
    /// Whether the text was longer than is kept.
    pub truncated: bool,
}

/// The longest piece of personal data that is recognised, in bytes: an e-mail address.
const LONGEST_PERSONAL_DATA: usize = 384;

/// Makes `raw` fit to be written. Masking comes before everything that could write, and before
/// the text is cut, so that no half of a number escapes it.
pub fn prepare(raw: &str, format: TextFormat, limits: &Limits) -> Prepared {
    let (plain, read_all) = match format {
        TextFormat::Plain => (Cow::Borrowed(raw), true),
        TextFormat::Markdown => (Cow::Owned(markdown::to_text(raw)), true),
        TextFormat::Html => {
            let (text, complete) = html::to_text(raw);
            (Cow::Owned(text), complete)
        }
    };
    let enough = limits.max_bytes.saturating_add(2 * LONGEST_PERSONAL_DATA);
    let (tidy, normalised_all) = normalise::normalise(&plain, enough);
    let Masked {
        mut text,
        redactions,
    } = mask(&tidy);

    let mut keep = limits.max_bytes;
    if !normalised_all {
        // The end may be the first half of something that would have been masked.
        keep = keep.min(text.len().saturating_sub(LONGEST_PERSONAL_DATA));
    }
    let kept = truncate_graphemes(&text, keep).trim_end().len();
    let cut = kept < text.len();
    text.truncate(kept);
    if cut {
        // What was too long to be a number may have become one.
        text = mask(&text).text;
        text.truncate(truncate_graphemes(&text, limits.max_bytes).len());
    }
    Prepared {
        text,
        redactions,
        truncated: cut || !read_all || !normalised_all,
    }
}
