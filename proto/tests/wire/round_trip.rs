//! What is written is read back, and what is broken never panics.

use crate::{examples, strategies};
use hark_proto::{DecodeError, Encoding, Format, HEADER_LEN, Wire, to_json};
use proptest::prelude::{any, proptest};
use std::fmt::Debug;

fn survives<T: Wire + PartialEq + Debug>(value: &T) {
    let bytes = value.encode();
    assert_eq!(T::decode(&bytes).as_ref().ok(), Some(value));
    let shown = to_json(T::MESSAGE, &bytes).unwrap();
    assert!(shown.is_object());
    let json = Encoding {
        format: Format::Json,
        ..Encoding::default()
    }
    .write(value);
    assert_eq!(T::decode(&json).as_ref().ok(), Some(value));
    assert_eq!(to_json(T::MESSAGE, &json).unwrap(), shown);
}

proptest! {
    #[test]
    fn an_item_event_survives_the_wire(event in strategies::item_event()) {
        survives(&event);
    }

    #[test]
    fn a_mention_event_survives_the_wire(event in strategies::mention_event()) {
        survives(&event);
    }

    #[test]
    fn a_share_of_voice_survives_the_wire(share in strategies::share_of_voice()) {
        survives(&share);
    }

    #[test]
    fn an_author_standing_survives_the_wire(standing in strategies::author_standing()) {
        survives(&standing);
    }

    #[test]
    fn an_alert_survives_the_wire(alert in strategies::alert()) {
        survives(&alert);
    }

    #[test]
    fn arbitrary_bytes_behind_a_frame_never_panic(bytes in any::<Vec<u8>>()) {
        let framed = [&[0, 0, 0, 0, 1, 0], &bytes[..]].concat();
        never_panics(&framed);
        never_panics(&bytes);
    }

    #[test]
    fn a_flipped_byte_never_panics(
        event in strategies::item_event(),
        place in any::<proptest::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = event.encode();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        never_panics(&bytes);
    }
}

/// Reads the bytes as everything; the outcome does not matter.
fn never_panics(bytes: &[u8]) {
    let _ = hark_model::ItemEvent::decode(bytes);
    let _ = hark_model::MentionEvent::decode(bytes);
    let _ = hark_model::ShareOfVoice::decode(bytes);
    let _ = hark_model::AuthorStanding::decode(bytes);
    let _ = hark_model::Alert::decode(bytes);
    for topic in hark_proto::topics::ALL {
        let _ = topic.message.map(|message| to_json(message, bytes));
    }
}

fn cut_at_every_length<T: Wire + PartialEq + Debug>(value: &T) {
    let bytes = value.encode();
    for length in 0..bytes.len() {
        let cut = &bytes[..length];
        never_panics(cut);
        match T::decode(cut) {
            Err(DecodeError::Truncated { found, .. }) => assert_eq!(found, length),
            Err(_) => assert!(length >= HEADER_LEN),
            Ok(shorter) => assert_ne!(&shorter, value, "{length} bytes read as all of it"),
        }
    }
}

#[test]
fn bytes_cut_at_any_length_never_panic_and_never_read_as_the_whole() {
    cut_at_every_length(&examples::item_event());
    cut_at_every_length(&examples::mention_event());
    cut_at_every_length(&examples::share_of_voice());
    cut_at_every_length(&examples::author_standing());
    cut_at_every_length(&examples::alert());
}
