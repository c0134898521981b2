use super::*;
use hark_model::Rating;

const RICH: &str = r#"
    [columns]
    id = "Review ID"
    text = ["Comment", "Review Text"]
    created = "submitted at"
    edited = "edited"
    author = "customer"
    followers = "followers"
    url = "link"
    language = "lang"
    rating = "stars"
    place = "store"
    [rating_scale]
    min = 1
    max = 5
"#;
const RICH_HEADER: &str =
    "review id,Review Text, SUBMITTED AT ,edited,customer,followers,link,lang,stars,store\n";

#[tokio::test]
async fn every_mapped_column_reaches_the_item() {
    let row = "r1,\"Fine, \"\"really\"\"\nfine\",2026-07-04T14:38:08Z,2026-07-05T00:00:00Z,mira,120,\
               https://shop.example/r1,en,\"4,5\",Lisbon\n";
    let events = read("reviews.csv", format!("{RICH_HEADER}{row}"), RICH).await;
    let item = items(&events)[0];
    assert_eq!(item.native_id, "r1");
    assert_eq!(item.text, "Fine, \"really\"\nfine");
    assert_eq!(item.created_at.to_string(), "2026-07-04T14:38:08.000Z");
    assert_eq!(
        item.version.order, 1_783_209_600_000_000,
        "the time of the edit"
    );
    let author = item.author.as_ref().unwrap();
    assert_eq!((author.id.as_str(), author.followers), ("mira", Some(120)));
    assert_eq!(item.url.as_deref(), Some("https://shop.example/r1"));
    assert_eq!(item.declared_language.as_deref(), Some("en"));
    assert_eq!(
        item.rating,
        Some(Rating {
            value: 4.5,
            min: 1.0,
            max: 5.0
        })
    );
    assert_eq!(item.place.as_deref(), Some("Lisbon"));
    assert!(item.raw.starts_with(b"r1,") && item.raw.ends_with(b"Lisbon"));
}

#[tokio::test]
async fn an_empty_text_with_a_score_is_still_an_item() {
    let events = read(
        "r.csv",
        format!("{RICH_HEADER}r1,,1783175888,,,,,,3,\n"),
        RICH,
    )
    .await;
    let item = items(&events)[0];
    assert_eq!((item.text.as_str(), item.rating.unwrap().value), ("", 3.0));
    assert_eq!((&item.author, &item.url), (&None, &None));
}

#[tokio::test]
async fn marks_delimiters_and_encodings_read_as_the_same_rows() {
    let text = "id;text;created\r\n1;Müll, 😀;1783175888\r\n2;\"a;b\";1783175889\r\n";
    let utf_16 = |encode: fn(u16) -> [u8; 2]| -> Vec<u8> {
        "\u{feff}"
            .encode_utf16()
            .chain(text.encode_utf16())
            .flat_map(encode)
            .collect()
    };
    for bytes in [
        text.as_bytes().to_vec(),
        format!("\u{feff}{text}").into_bytes(),
        utf_16(u16::to_le_bytes),
        utf_16(u16::to_be_bytes),
        format!("sep=;\r\n{text}").into_bytes(),
        text.replace("\r\n", "\r").into_bytes(),
    ] {
        let events = read("r.csv", bytes, PLAIN).await;
        assert_eq!(texts(&events), ["Müll, 😀", "a;b"]);
    }
    let tabs = text.replace(';', "\t");
    assert_eq!(
        texts(&read("r.tsv", tabs, PLAIN).await),
        ["Müll, 😀", "a\tb"]
    );
}

#[tokio::test]
async fn a_declared_encoding_is_decoded() {
    let bytes = b"id,text,created\n1,caf\xe9 \x80 5,1783175888\n";
    let toml = format!("encoding = \"windows-1252\"\n{PLAIN}");
    assert_eq!(texts(&read("r.csv", bytes, &toml).await), ["café € 5"]);
}

#[tokio::test]
async fn a_row_that_cannot_be_an_item_is_named_by_its_line_and_harms_no_other() {
    let mut bytes = b"id,text,created\n".to_vec();
    bytes.extend(b"1,good,1783175888\n");
    bytes.extend(b"2,short\n");
    bytes.extend(b"3,not \xff\xfe text,1783175888\n");
    bytes.extend(b"4,when?,yesterday\n");
    bytes.extend(b"5,no time,\n");
    bytes.extend(b",no id,1783175888\n");
    bytes.extend(b",,\n\n");
    bytes.extend(b"6,\"last\nrow\",1783175888,with,more,fields\n");
    let events = read("r.csv", bytes, PLAIN).await;
    assert_eq!(texts(&events), ["good", "last\nrow"]);
    let found: Vec<_> = unusable(&events)
        .into_iter()
        .map(|(reason, detail)| {
            (
                reason,
                detail.split(' ').take(2).collect::<Vec<_>>().join(" "),
            )
        })
        .collect();
    let expected = [
        (Unusable::Malformed, "line 3"),
        (Unusable::Encoding, "line 4"),
        (Unusable::InvalidField, "line 5"),
        (Unusable::MissingField, "line 6"),
        (Unusable::MissingField, "line 7"),
    ];
    assert_eq!(
        found,
        expected.map(|(reason, line)| (reason, line.to_owned()))
    );
    assert!(
        unusable(&events)[2].1.contains("yesterday"),
        "the detail says what was found"
    );
}

#[tokio::test]
async fn ten_megabytes_in_one_record_are_a_dead_letter_of_bounded_size() {
    let mut bytes = b"id,text,created\n1,before,1783175888\n2,\"".to_vec();
    bytes.extend(std::iter::repeat_n(b'x', 10 << 20));
    bytes.extend(b"\",1783175888\n3,behind,1783175888\n");
    let events = read("r.csv", bytes, PLAIN).await;
    assert_eq!(texts(&events), ["before", "behind"]);
    let RawEvent::Unusable {
        raw,
        reason: Unusable::TooLarge,
        detail,
    } = &events[0]
    else {
        panic!("{:?}", events[0]);
    };
    assert!(raw.len() <= 64 * 1024);
    assert!(detail.starts_with("line 3 "), "{detail}");
}

#[tokio::test]
async fn a_quote_that_is_never_closed_costs_one_row() {
    let events = read(
        "r.csv",
        "id,text,created\n1,\"open,5\n2,b,6\n3,c,7\n",
        PLAIN,
    )
    .await;
    assert_eq!(texts(&events), ["b", "c"]);
    assert_eq!(unusable(&events)[0].0, Unusable::Malformed);
}

#[tokio::test]
async fn identical_rows_are_one_item_when_a_hash_tells_items_apart() {
    let toml = "[columns]\ntext = \"text\"\ncreated = \"created\"\nauthor = \"who\"\n";
    let rows = "who,text,created\na,same,5\na,same,5\nb,same,5\na,same,6\n";
    let events = read("r.csv", rows, toml).await;
    let ids: Vec<_> = items(&events)
        .iter()
        .map(|item| item.native_id.clone())
        .collect();
    assert_eq!(ids.len(), 4);
    assert_eq!(ids[0], ids[1], "the same author, time and text");
    let different: std::collections::HashSet<_> = ids.iter().collect();
    assert_eq!(different.len(), 3);
    assert!(ids.iter().all(|id| id.len() == 32));
}

#[tokio::test]
async fn an_edited_row_is_another_version_of_the_same_item() {
    let before = read("r.csv", "id,text,created\n1,slow,5\n", PLAIN).await;
    let after = read("r.csv", "id,text,created\n1,fast,5\n", PLAIN).await;
    let (before, after) = (items(&before)[0], items(&after)[0]);
    assert_eq!(before.native_id, after.native_id);
    assert_ne!(before.version, after.version);
}

#[tokio::test]
async fn a_rating_that_is_not_on_the_scale_is_refused() {
    for stars in ["6", "0", "five"] {
        let row = format!("{RICH_HEADER}r1,text,1783175888,,,,,,{stars},\n");
        let events = read("r.csv", row, RICH).await;
        assert_eq!(unusable(&events)[0].0, Unusable::InvalidField, "{stars}");
    }
}
