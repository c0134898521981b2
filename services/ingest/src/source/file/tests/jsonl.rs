use super::*;

const NESTED: &str = r#"
    [columns]
    id = "/id"
    text = "/body/text"
    created = "/at"
    author = "/user/name"
    followers = "/user/followers"
"#;

#[tokio::test]
async fn pointers_reach_into_objects() {
    let line = r#"{"id":"p1","body":{"text":"hé"},"at":"2026-07-04T14:38:08Z","user":{"name":"mira","followers":12}}"#;
    let events = read("posts.jsonl", format!("{line}\n"), NESTED).await;
    let item = items(&events)[0];
    assert_eq!((item.native_id.as_str(), item.text.as_str()), ("p1", "hé"));
    assert_eq!(item.author.as_ref().unwrap().followers, Some(12));
    assert_eq!(item.raw, line.as_bytes());
}

#[tokio::test]
async fn an_id_keeps_every_digit_or_is_refused() {
    let lines = [
        r#"{"id":570306133677760513,"body":{"text":"a"},"at":1}"#,
        r#"{"id":"00570","body":{"text":"b"},"at":2}"#,
        r#"{"id":570306133677760513999999,"body":{"text":"c"},"at":3}"#,
        r#"{"id":5.7e17,"body":{"text":"d"},"at":4}"#,
    ];
    let events = read("posts.jsonl", lines.join("\n"), NESTED).await;
    let ids: Vec<_> = items(&events)
        .iter()
        .map(|item| item.native_id.as_str())
        .collect();
    assert_eq!(ids, ["570306133677760513", "00570"]);
    assert!(
        unusable(&events)
            .iter()
            .all(|(reason, _)| *reason == Unusable::InvalidField)
    );
}

#[tokio::test]
async fn lines_that_cannot_be_items_are_named_and_harm_no_other() {
    let lines = "\u{feff}{\"id\":\"1\",\"body\":{\"text\":\"good\"},\"at\":1}\n\
                 \n\
                 {\"id\":\"2\"\n\
                 [1,2]\n\
                 {\"id\":\"3\",\"at\":1}\n\
                 {\"id\":\"4\",\"body\":{\"text\":{}},\"at\":1}\n\
                 {\"id\":\"5\",\"body\":{\"text\":\"\"},\"at\":1783175888.5}";
    let events = read("posts.ndjson", lines, NESTED).await;
    assert_eq!(texts(&events), ["good", ""]);
    let reasons: Vec<_> = unusable(&events)
        .iter()
        .map(|(reason, _)| *reason)
        .collect();
    use Unusable::{InvalidField, Malformed, MissingField};
    assert_eq!(reasons, [Malformed, Malformed, MissingField, InvalidField]);
    assert!(unusable(&events)[0].1.starts_with("line 3 "));
}
