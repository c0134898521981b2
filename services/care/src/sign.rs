//! Signing by the Standard Webhooks specification.

use crate::Secret;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP};
use std::fmt::Write;

/// `<alert id>/<revision>`: the same at every attempt, so that a receiver can drop what it
/// already has.
///
/// Bytes that are neither letters, digits nor one of `/:_~-` are percent-encoded: the id travels
/// in a header, and a full stop in it would let one signature stand for two messages.
pub(crate) fn message_id(alert: &str, revision: u32) -> String {
    let mut id = String::with_capacity(alert.len() + 11);
    for byte in alert.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b':' | b'_' | b'~' | b'-' => {
                id.push(char::from(byte));
            }
            other => write!(id, "%{other:02X}").expect(ENDLESS),
        }
    }
    write!(id, "/{revision}").expect(ENDLESS);
    id
}

const ENDLESS: &str = "a string takes every character";

/// The three headers for an attempt at `now` (ms since the epoch).
pub(crate) fn headers(secret: &Secret, message_id: &str, now: i64, body: &str) -> HeaderMap {
    let seconds = now.div_euclid(1_000);
    let signature = standardwebhooks::Webhook::from_bytes(secret.key().to_vec())
        .and_then(|signer| signer.sign(message_id, seconds, body.as_bytes()))
        .expect("any key signs any text");
    let value = |text: &str| HeaderValue::from_str(text).expect("visible ASCII by construction");
    HeaderMap::from_iter([
        (
            HeaderName::from_static(HEADER_WEBHOOK_ID),
            value(message_id),
        ),
        (
            HeaderName::from_static(HEADER_WEBHOOK_TIMESTAMP),
            value(&seconds.to_string()),
        ),
        (
            HeaderName::from_static(HEADER_WEBHOOK_SIGNATURE),
            value(&signature),
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use hmac::{Hmac, Mac};

    #[test]
    fn the_signature_is_the_one_of_the_specification() {
        // The example of the specification's reference libraries.
        let secret = Secret::parse("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD").unwrap();
        let body = r#"{"email":"test@example.com","username":"test_user"}"#;
        let headers = headers(
            &secret,
            "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
            1_649_367_553_999,
            body,
        );
        assert_eq!(headers["webhook-timestamp"], "1649367553");
        assert_eq!(
            headers["webhook-signature"],
            "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="
        );
    }

    #[test]
    fn the_signature_is_an_hmac_over_id_time_and_body() {
        let secret = Secret::parse("whsec_Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5").unwrap();
        let headers = headers(&secret, "7f/2", 1_700_000_000_000, "{\"text\":\"zu spät\"}");
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(b"canarycanarycanarycanary").unwrap();
        mac.update("7f/2.1700000000.{\"text\":\"zu spät\"}".as_bytes());
        let code = base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
        assert_eq!(headers["webhook-signature"], format!("v1,{code}").as_str());
    }

    #[test]
    fn a_message_id_holds_no_full_stop_and_fits_a_header() {
        assert_eq!(message_id("0af3", 7), "0af3/7");
        assert_eq!(message_id("a.b é\n", 1), "a%2Eb%20%C3%A9%0A/1");
    }
}
