//! What `prepare` promises of every text.

use hark_ingest::text::{Limits, Prepared, TextFormat, prepare};
use proptest::prelude::{any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::strategy::{Just, Strategy};
use std::path::PathBuf;
use unicode_normalization::is_nfc;
use unicode_segmentation::UnicodeSegmentation;

fn plain(raw: &str) -> Prepared {
    prepare(raw, TextFormat::Plain, &Limits::default())
}

#[test]
fn a_text_of_invisible_characters_is_empty() {
    let prepared = plain("\u{200b}\u{200d}\u{feff}\u{2060}\u{202e}\u{fe0f} \u{0}\n");
    let empty = Prepared {
        text: String::new(),
        redactions: Vec::new(),
        truncated: false,
    };
    assert_eq!(prepared, empty);
}

#[test]
fn html_becomes_text() {
    let html = "<p>Die Lieferung von <a href='https://x.example'>Beispiel</a> kam leider \
                viel zu sp&auml;t an.</p><p>Schreibt an jane@example.com</p>";
    let prepared = prepare(html, TextFormat::Html, &Limits::default());
    assert_eq!(
        prepared.text,
        "Die Lieferung von Beispiel kam leider viel zu spät an.\n\nSchreibt an [email]"
    );
}

#[test]
fn ten_megabytes_are_cut_and_said_to_be() {
    for format in [TextFormat::Plain, TextFormat::Html, TextFormat::Markdown] {
        let prepared = prepare(&"Käse 🇩🇪 <b>".repeat(500_000), format, &Limits::default());
        assert!(prepared.truncated);
        assert!(prepared.text.len() <= 20_000);
        assert!(prepared.text.len() > 19_000);
    }
}

#[test]
fn a_text_of_exactly_the_limit_is_whole() {
    let text = "x".repeat(20_000);
    let prepared = plain(&text);
    assert!(!prepared.truncated && prepared.text == text);
    assert!(plain(&format!("{text}x")).truncated);
}

#[test]
fn there_may_be_no_limit_at_all() {
    let limits = Limits {
        max_bytes: usize::MAX,
    };
    let text = "Käse ".repeat(10_000);
    assert_eq!(prepare(&text, TextFormat::Plain, &limits).text, text.trim());
}

#[test]
fn personal_data_across_the_cut_does_not_leak_by_half() {
    let limits = Limits { max_bytes: 100 };
    for filler in 60..2_000 {
        let raw = format!(
            "{} 4111 1111 1111 1111 {}",
            "x".repeat(filler),
            "y ".repeat(2_000)
        );
        let text = prepare(&raw, TextFormat::Plain, &limits).text;
        assert!(!text.contains("411"), "{filler}: {text}");
    }
}

#[test]
fn real_posts_keep_their_words() {
    let shared = std::env::var_os("HARK_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let path = shared.join("sources/payloads/bluesky/jetstream_v1_prod_capture_2026-07-04.jsonl");
    let Ok(capture) = std::fs::read_to_string(&path) else {
        println!("skipped: {} is not there", path.display());
        return;
    };
    let mut posts = 0;
    for line in capture.lines() {
        let event: serde_json::Value = serde_json::from_str(line).expect("a line is an event");
        let Some(text) = event["commit"]["record"]["text"].as_str() else {
            continue;
        };
        posts += 1;
        let prepared = plain(text);
        assert!(!prepared.truncated);
        let letters = |text: &str| text.chars().filter(|c| c.is_alphabetic()).count();
        if prepared.redactions.is_empty() {
            assert_eq!(letters(&prepared.text), letters(text));
        }
    }
    assert!(posts >= 5, "only {posts} posts in {}", path.display());
}

fn raw() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        Just("🇩🇪".to_owned()),
        Just("👨‍👩‍👧".to_owned()),
        Just("e\u{301}\u{200b}".to_owned()),
        Just(" \r\n ".to_owned()),
        Just("\u{202e}".to_owned()),
        Just("<p>x</p><br>&amp;<table><tr><td>".to_owned()),
        Just("**a** [b](c) ".to_owned()),
        Just("4111 1111 1111 1111 ".to_owned()),
        "[<>/a-z&;\"= ]{0,20}",
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn what_is_prepared_is_normal_short_and_visible(raw in raw(), max_bytes in 0_usize..200) {
        for format in [TextFormat::Plain, TextFormat::Html, TextFormat::Markdown] {
            let Prepared { text, .. } = prepare(&raw, format, &Limits { max_bytes });
            prop_assert!(text.len() <= max_bytes);
            prop_assert!(is_nfc(&text));
            let invisible = |c: char| c.is_control() && c != '\n' || matches!(c, '\u{200b}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
            prop_assert!(!text.contains(invisible), "{:?}", text);
            prop_assert!(!text.contains("\n\n\n") && !text.contains("  ") && !text.contains(" \n"));
            prop_assert_eq!(text.trim(), &text);
        }
    }

    #[test]
    fn preparing_what_was_prepared_changes_nothing(raw in raw()) {
        let once = plain(&raw);
        let twice = plain(&once.text);
        prop_assert_eq!(&twice.text, &once.text);
    }

    #[test]
    fn a_cut_falls_between_two_characters(raw in raw(), max_bytes in 0_usize..60) {
        let whole = prepare(&raw, TextFormat::Plain, &Limits::default()).text;
        let cut = prepare(&raw, TextFormat::Plain, &Limits { max_bytes }).text;
        let mut boundaries = whole.grapheme_indices(true).map(|(at, _)| at).chain([whole.len()]);
        if whole.starts_with(&cut) {
            prop_assert!(boundaries.any(|at| at == cut.len()), "{:?} of {:?}", cut, whole);
        }
    }
}
