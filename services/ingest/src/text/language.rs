//! Which language a text is in.

/// How much of a text is looked at, in bytes. The detector is sure long before, and its time
/// grows with the text: some 150 µs for a post of 150 bytes.
const ENOUGH: usize = 2_000;

/// The language as an ISO 639-3 code, or `None` when the detector is not sure, as with texts of
/// a few words. The text should be the normalised one.
pub fn detect(text: &str) -> Option<&'static str> {
    let found = whatlang::detect(&text[..text.floor_char_boundary(ENOUGH)])?;
    found.is_reliable().then(|| found.lang().code())
}

#[cfg(test)]
mod tests {
    use super::detect;

    #[test]
    fn a_sentence_is_recognised_and_a_word_is_not_guessed_at() {
        let german = "Die Lieferung kam drei Tage zu spät und niemand hat mir Bescheid gegeben.";
        assert_eq!(detect(german), Some("deu"));
        let english = "The delivery was three days late and nobody told me anything about it.";
        assert_eq!(detect(english), Some("eng"));
        for text in ["ok", "", "🎉🎉", "12345"] {
            assert_eq!(detect(text), None, "{text}");
        }
    }
}
