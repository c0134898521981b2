//! Timestamp identifiers of the AT protocol.

const DIGITS: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";

/// Microseconds since the epoch at which a TID was made; `None` when it is none.
///
/// A TID is 13 digits of base 32 for 64 bits: a zero, 53 bits of microseconds, 10 bits that tell
/// clocks apart (<https://atproto.com/specs/tid>).
pub(super) fn micros(tid: &str) -> Option<i64> {
    if tid.len() != 13 {
        return None;
    }
    let mut value = 0_u64;
    for byte in tid.bytes() {
        let digit = DIGITS.iter().position(|known| *known == byte)?;
        value = value.checked_mul(32)?.checked_add(digit as u64)?;
    }
    let is_time = value >> 63 == 0;
    is_time.then_some((value >> 10) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The inverse, written apart from it.
    fn tid(micros: i64, clock: u64) -> String {
        let value = (micros as u64) << 10 | clock;
        (0..13)
            .rev()
            .map(|n| char::from(DIGITS[(value >> (5 * n)) as usize & 31]))
            .collect()
    }

    #[test]
    fn a_tid_tells_when_it_was_made() {
        for moment in [0, 1, 1_783_175_888_090_631, (1 << 53) - 1] {
            assert_eq!(micros(&tid(moment, 17)), Some(moment));
        }
    }

    #[test]
    fn tids_order_as_their_times_do() {
        assert!(micros("3mptbypcq372f") < micros("3mptbypk4ze2j"));
    }

    #[test]
    fn what_is_no_tid_has_no_time() {
        for text in [
            "",
            "self",
            "3mptbypcq372",
            "3mptbypcq3720",
            "zzzzzzzzzzzzz",
            "3MPTBYPCQ372F",
        ] {
            assert_eq!(micros(text), None, "{text:?}");
        }
    }
}
