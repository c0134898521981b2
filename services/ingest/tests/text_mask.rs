//! What is masked, what is not, and what holds for every text.

use hark_ingest::text::{TextFormat, mask, prepare};
use hark_model::PersonalData;
use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::strategy::{Just, Strategy};

fn masked(text: &str) -> String {
    mask(text).text
}

#[track_caller]
fn is_masked(cases: &[(&str, &str)]) {
    for (text, wanted) in cases {
        assert_eq!(masked(text), *wanted, "{text}");
    }
}

#[track_caller]
fn is_left_alone(texts: &[&str]) {
    for text in texts {
        assert_eq!(masked(text), *text);
    }
}

#[test]
fn email_addresses_are_masked() {
    is_masked(&[
        (
            "write to jane.doe+shop@mail.example.co.uk, please",
            "write to [email], please",
        ),
        ("<a@b.de>", "<[email]>"),
        ("müller@firma.de.", "[email]."),
        ("邮箱foo@bar.com谢谢", "邮箱[email]谢谢"),
        ("jane＠example.com", "[email]"),
        ("mailto:x_y@z.org?subject=1", "mailto:[email]?subject=1"),
        ("a@b@c.com", "a@[email]"),
        ("a@b.com,c@d.com", "[email],[email]"),
    ]);
}

#[test]
fn handles_are_no_email_addresses() {
    is_left_alone(&[
        "@nike",
        "hey @nike.bsky.social!",
        "@jane@mastodon.social",
        "user@localhost",
        "a @ b.c",
        "@",
        "@@@.com",
    ]);
}

#[test]
fn cards_are_masked_in_any_grouping() {
    is_masked(&[
        ("card 4111111111111111 charged", "card [card] charged"),
        ("4111 1111 1111 1111", "[card]"),
        ("4111-1111-1111-1111.", "[card]."),
        ("4111\u{a0}1111\u{a0}1111\u{a0}1111", "[card]"),
        ("3782 822463 10005", "[card]"),
        ("４１１１１１１１１１１１１１１１", "[card]"),
        (
            "order 12345 4111 1111 1111 1111 12/27",
            "order 12345 [card] 12/27",
        ),
        ("5555555555554444,4012888888881881", "[card],[card]"),
        ("#4111111111111111", "#[card]"),
    ]);
}

#[test]
fn long_numbers_that_are_no_cards_stay() {
    is_left_alone(&[
        "order 4111111111111112",
        "https://x.example/status/4111111111111111",
        "tracking 1Z4111111111111111",
        "0000000000000000",
        "parcel 00340434161094042557",
    ]);
}

#[test]
fn ibans_are_masked_with_and_without_spaces() {
    is_masked(&[
        ("to DE89370400440532013000 today", "to [iban] today"),
        ("DE89 3704 0044 0532 0130 00 please", "[iban] please"),
        ("gb29 nwbk 6016 1331 9268 19", "[iban]"),
        ("IBAN:FR14-2004-1010-0505-0001-3M02-606", "IBAN:[iban]"),
        ("NO9386011117947", "[iban]"),
    ]);
    is_left_alone(&["order DE89370400440532013001", "model AB12 3456 C"]);
}

#[test]
fn internet_addresses_are_masked_where_they_are_addresses() {
    is_masked(&[
        ("from 203.0.113.17 at night", "from [ip] at night"),
        ("http://192.168.1.10:8080/admin", "http://[ip]:8080/admin"),
        ("http://1.2.3.4/x", "http://[ip]/x"),
        ("my ip is 8.8.8.8.", "my ip is [ip]."),
        ("2001:db8::8a2e:370:7334 is down", "[ip] is down"),
        ("fe80::1", "[ip]"),
        ("2001:0db8:0000:0000:0000:ff00:0042:8329", "[ip]"),
    ]);
}

#[test]
fn versions_times_and_code_are_no_internet_addresses() {
    is_left_alone(&[
        "since 1.2.3.4 it crashes",
        "version 10.15.7.102 is broken",
        "iOS 17.4.1.200",
        "v192.168.10.10",
        "999.888.777.666",
        "at 10:30:45",
        "std::fd and add::bed",
        "::",
        "00:1a:2b:3c:4d:5e",
    ]);
}

#[test]
fn telephone_numbers_are_masked_by_shape() {
    is_masked(&[
        ("call me +49 171 2345678!", "call me [phone]!"),
        ("+1 (415) 555-2671", "[phone]"),
        ("(+44) 20 7946 0958", "[phone]"),
        ("0049 171 2345678", "[phone]"),
        ("0171/2345678", "[phone]"),
        ("07911 123456 or 07911123456", "[phone] or [phone]"),
        ("06 12 34 56 78", "[phone]"),
        ("06.12.34.56.78", "[phone]"),
        ("(030) 12345678", "[phone]"),
        ("(415) 555-2671", "[phone]"),
        ("415-555-2671", "[phone]"),
        ("1-415-555-2671", "[phone]"),
        ("(11) 91234-5678", "[phone]"),
    ]);
}

#[test]
fn telephone_numbers_are_masked_by_the_word_before_them() {
    is_masked(&[
        ("call 612 345 678", "call [phone]"),
        ("whatsapp: 9876543210", "whatsapp: [phone]"),
        ("Tel:030123456", "Tel:[phone]"),
        ("mobile 555-1234", "mobile [phone]"),
        ("+49 171 2345678 or 1234567", "[phone] or 1234567"),
    ]);
}

#[test]
fn numbers_that_are_something_else_stay() {
    is_left_alone(&[
        "order 0712345678",
        "Order no. 302-1234567-1234567",
        "order number 1234567890",
        "#0712345678",
        "€0712345678 and 1.234.567,89 € or $1,234,567.89",
        "on 2024-01-31 and 31.01.2024 10:30, 01/02/2024",
        "01.02.2024 - 03.04.2024",
        "2024-01-31 10:30:00.123456789",
        "flight LH1234567 and BA 2490",
        "#covid19 #2024goals #1234567890",
        "@user0712345678 and @0712345678",
        "https://shop.example/p/0712345678?ref=0712345678",
        "shop.example/p/0712345678",
        "1000000 or 1 000 000 or 12 345 678 people",
        "pi is 3.14159265358979",
        "0.123456789",
        "open 08:00-20:00",
        "user1234567890",
        "EAN 4006381333931",
        "9780306406157",
        "100% of 2500000000",
        "2019-2024",
    ]);
}

#[test]
fn redactions_say_how_much_of_which_kind_was_masked() {
    let masked = mask("a@b.com, c@d.com, +49 171 2345678");
    let counts: Vec<(PersonalData, u32)> = masked
        .redactions
        .iter()
        .map(|r| (r.kind, r.count))
        .collect();
    assert_eq!(counts, [(PersonalData::Email, 2), (PersonalData::Phone, 1)]);
    assert_eq!(mask("nothing here 42").redactions, []);
}

#[test]
fn what_invisible_characters_hide_is_found_once_they_are_gone() {
    let prepared = prepare(
        "jane\u{200b}@exa\u{ad}mple.com 4111\u{2060}1111 11111111",
        TextFormat::Plain,
        &Default::default(),
    );
    assert_eq!(prepared.text, "[email] [card]");
}

#[test]
fn a_long_text_of_anything_takes_time_in_proportion() {
    let pieces = [
        "@",
        "a@",
        "1 ",
        "0171 ",
        "+",
        "(1",
        "1.",
        "1:",
        "a:b:",
        "DE89",
        "DE89 ",
        "www.1/",
        "4111",
        "１",
        "1-",
        "x@y.1",
        "4111 1111 1111 1111 0171 2345678 ",
    ];
    for piece in pieces {
        let timed = |bytes: usize| {
            let text = piece.repeat(bytes / piece.len());
            let started = std::time::Instant::now();
            mask(&text);
            started.elapsed()
        };
        // Eight times the text is given eighty times the time, and a second on top for a machine
        // that is busy elsewhere.
        let (short, long) = (timed(5_000), timed(40_000));
        let allowed = short * 80 + std::time::Duration::from_secs(1);
        assert!(long < allowed, "{piece}: {short:?}, then {long:?}");
    }
}

fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[0-9]{1,6}",
        "[ .:@/#+()\\-]{1,2}",
        "[a-zA-Z]{1,5}",
        Just("\u{a0}".to_owned()),
        Just("4111 1111 1111 1111".to_owned()),
        Just("4111111111111111".to_owned()),
        Just("DE89370400440532013000".to_owned()),
        Just("a.b@c.de".to_owned()),
        Just("+49 171 2345678".to_owned()),
        Just("10.20.30.40".to_owned()),
        Just("2001:db8::1".to_owned()),
        Just("call ".to_owned()),
        Just("order ".to_owned()),
        Just("https://x.de/".to_owned()),
        Just("１２".to_owned()),
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

/// Luhn, written another way than the code under test has it.
fn is_card(digits: &str) -> bool {
    let double = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9];
    let sum: usize = digits
        .bytes()
        .rev()
        .map(|byte| usize::from(byte - b'0'))
        .enumerate()
        .map(|(at, digit)| if at % 2 == 1 { double[digit] } else { digit })
        .sum();
    let issued = digits.starts_with('4') && [13, 16, 19].contains(&digits.len())
        || (51..=55).any(|prefix| digits.starts_with(&prefix.to_string())) && digits.len() == 16
        || (digits.starts_with("34") || digits.starts_with("37")) && digits.len() == 15;
    issued && sum.is_multiple_of(10)
}

proptest! {
    #[test]
    fn masking_what_was_masked_changes_nothing(text in texts()) {
        let once = mask(&text);
        let twice = mask(&once.text);
        prop_assert_eq!(&twice.text, &once.text);
        prop_assert!(twice.redactions.is_empty());
    }

    #[test]
    fn no_run_of_digits_remains_that_is_a_card(text in "[0-9 \\-a-z,]{0,12}(4[0-9]{15}|5[1-5][0-9]{14}|3[47][0-9]{13})[0-9 \\-a-z,]{0,12}") {
        let masked = masked(&text);
        for word in masked.split(|c: char| !c.is_ascii_alphanumeric()) {
            let card = word.bytes().all(|byte| byte.is_ascii_digit()) && is_card(word);
            prop_assert!(!card, "{} left in {:?} from {:?}", word, masked, text);
        }
    }

    #[test]
    fn every_mask_is_counted(text in texts()) {
        let text = text.replace('[', "(");
        let masked = mask(&text);
        for kind in PersonalData::ALL {
            let written = masked.text.matches(&format!("[{}]", kind.as_str())).count();
            let counted = masked.redactions.iter().find(|r| r.kind == kind).map_or(0, |r| r.count);
            prop_assert_eq!(written, counted as usize);
        }
    }

    #[test]
    fn masking_never_fails(text in any::<String>()) {
        mask(&text);
    }
}
