//! Which language a text is in.

use whatlang::{Detector, Lang};

/// How much of a text is looked at, in bytes. The detector is sure long before, and its time
/// grows with the text.
const ENOUGH: usize = 2_000;

/// Finds the language of a text among those it is told to expect.
///
/// Each language in Latin letters costs some 2 µs a text, of 10 µs in all; a language that is not
/// expected may be taken for one of its relatives.
#[derive(Debug)]
pub struct LanguageDetector(Detector);

/// A code that no language the detector knows has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code:?} is not a language that can be detected; those are {known}")]
pub struct UnknownLanguage {
    code: String,
    known: String,
}

impl LanguageDetector {
    /// Expects these languages (ISO 639-3); with none, every language the detector knows. Codes
    /// that it does not know are left out; [`LanguageDetector::check`] finds them.
    pub fn new<'a>(codes: impl IntoIterator<Item = &'a str>) -> Self {
        let known: Vec<Lang> = codes.into_iter().filter_map(Lang::from_code).collect();
        Self(match known.is_empty() {
            true => Detector::new(),
            false => Detector::with_allowlist(known),
        })
    }

    /// Whether the detector knows all of these codes.
    ///
    /// # Errors
    ///
    /// The first code that it does not know.
    pub fn check<'a>(codes: impl IntoIterator<Item = &'a str>) -> Result<(), UnknownLanguage> {
        match codes
            .into_iter()
            .find(|code| Lang::from_code(*code).is_none())
        {
            None => Ok(()),
            Some(code) => Err(UnknownLanguage {
                code: code.to_owned(),
                known: known(),
            }),
        }
    }

    /// The language as an ISO 639-3 code, or `None` when the detector is not sure, as with texts
    /// of a few words. The text should be the normalised one.
    pub fn detect(&self, text: &str) -> Option<&'static str> {
        let found = self.0.detect(&text[..text.floor_char_boundary(ENOUGH)])?;
        found.is_reliable().then(|| found.lang().code())
    }
}

fn known() -> String {
    let mut known: Vec<_> = Lang::all().iter().map(Lang::code).collect();
    known.sort_unstable();
    known.join(" ")
}

#[cfg(test)]
mod tests {
    use super::LanguageDetector;

    const GERMAN: &str =
        "Die Lieferung kam drei Tage zu spät und niemand hat mir Bescheid gegeben.";
    const FINNISH: &str =
        "Tilaus tuli kolme päivää myöhässä eikä kukaan ilmoittanut siitä minulle.";

    #[test]
    fn a_sentence_is_recognised_and_a_word_is_not_guessed_at() {
        let any = LanguageDetector::new([]);
        assert_eq!(any.detect(GERMAN), Some("deu"));
        let english = "The delivery was three days late and nobody told me anything about it.";
        assert_eq!(any.detect(english), Some("eng"));
        for text in ["ok", "", "🎉🎉", "12345"] {
            assert_eq!(any.detect(text), None, "{text}");
        }
    }

    #[test]
    fn only_expected_languages_are_found() {
        let two = LanguageDetector::new(["eng", "deu"]);
        assert_eq!(two.detect(GERMAN), Some("deu"));
        assert_ne!(two.detect(FINNISH), Some("fin"));
        let three = LanguageDetector::new(["eng", "deu", "fin"]);
        assert_eq!(three.detect(FINNISH), Some("fin"));
    }

    #[test]
    fn an_unknown_code_is_named_with_those_that_are_known() {
        let error = LanguageDetector::check(["eng", "english"]).unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with("\"english\" is not") && text.contains(" fin "),
            "{text}"
        );
    }
}
