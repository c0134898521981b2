use super::*;
use crate::source::RawItem;

fn items(body: &str) -> Vec<RawItem> {
    events(body.as_bytes())
        .unwrap()
        .into_iter()
        .map(|event| match event {
            RawEvent::Upsert(item) => *item,
            other => panic!("{other:?}"),
        })
        .collect()
}

fn refused(body: &str) -> (Option<usize>, Option<String>) {
    let bad = events(body.as_bytes()).unwrap_err();
    assert!(!bad.error.is_empty());
    (bad.index, bad.field)
}

const A: &str = r#"{"id":"a","text":"one","created_at":"2026-07-04T14:38:08Z"}"#;
const B: &str = r#"{"id":"b","text":"","created_at":1783175888}"#;

#[test]
fn one_object_an_array_and_one_object_a_line_say_the_same() {
    let expected = items(&format!("{A}\n{B}"));
    assert_eq!(expected.len(), 2);
    for body in [
        format!("[{A},{B}]"),
        format!(" [ {A} , {B} ] \n"),
        format!("{A}\r\n\r\n{B}\n"),
    ] {
        assert_eq!(items(&body), expected, "{body}");
    }
    assert_eq!(items(A), expected[..1]);
    assert_eq!(items("[]"), []);
}

#[test]
fn each_item_keeps_the_bytes_it_was_read_from() {
    let read = items(&format!("[{A} , {B}]"));
    assert_eq!(read[0].raw, A.as_bytes());
    assert_eq!(read[1].raw, B.as_bytes());
}

#[test]
fn the_first_bad_item_is_named_with_its_field() {
    for (bad, field) in [
        (r#"{"text":"x","created_at":1}"#, Some("id")),
        (r#"{"id":"","text":"x","created_at":1}"#, Some("id")),
        (r#"{"id":7,"text":"x","created_at":1}"#, Some("id")),
        (r#"{"id":"c","created_at":1}"#, Some("text")),
        (r#"{"id":"c","text":null,"created_at":1}"#, Some("text")),
        (r#"{"id":"c","text":"x"}"#, Some("created_at")),
        (
            r#"{"id":"c","text":"x","created_at":"soon"}"#,
            Some("created_at"),
        ),
        (
            r#"{"id":"c","text":"x","created_at":true}"#,
            Some("created_at"),
        ),
        (
            r#"{"id":"c","text":"x","created_at":1,"author":{}}"#,
            Some("author.id"),
        ),
        (
            r#"{"id":"c","text":"x","created_at":1,"author":{"id":"u","followers":-1}}"#,
            Some("author.followers"),
        ),
        (
            r#"{"id":"c","text":"x","created_at":1,"rating":{"value":6,"min":1,"max":5}}"#,
            Some("rating"),
        ),
        (
            r#"{"id":"c","text":"x","created_at":1,"txet":"y"}"#,
            Some("txet"),
        ),
        (
            r#"{"id":"c","text":"x","text":"y","created_at":1}"#,
            Some("text"),
        ),
        (
            r#"{"id":"c","text":"x","created_at":1,"author":{"id":"u","id":"v"}}"#,
            Some("author.id"),
        ),
        (
            r#"{"id":"c","text":"x","created_at":1,"format":"rtf"}"#,
            Some("format"),
        ),
        (r#"{"id":"c""#, None),
        ("17", None),
    ] {
        let expected = (Some(1), field.map(str::to_owned));
        assert_eq!(refused(&format!("{A}\n{bad}")), expected, "{bad}");
        assert_eq!(refused(&format!("[{A},{bad}]")), expected, "{bad}");
    }
}

#[test]
fn a_body_that_is_no_text_or_nothing_is_refused_whole() {
    assert_eq!(events(b"{\"id\":\"\xff\"}").unwrap_err().index, None);
    assert_eq!(refused(""), (None, None));
    assert_eq!(refused(" \n"), (None, None));
    assert_eq!(refused("[] []"), (None, None));
    assert_eq!(refused(&format!("[{A} {B}]")), (Some(1), None));
}

#[test]
fn an_unescaped_half_of_a_surrogate_pair_is_refused() {
    assert_eq!(
        refused(r#"{"id":"c","text":"\ud83d","created_at":1}"#).0,
        Some(0)
    );
}

#[test]
fn a_date_of_1970_or_of_next_year_is_taken_as_it_is() {
    let read = items(
        r#"{"id":"a","text":"","created_at":0} {"id":"b","text":"","created_at":"2027-11-23T00:00:00Z"}"#,
    );
    assert_eq!(read[0].created_at.millis(), 0);
    assert_eq!(read[1].created_at.to_string(), "2027-11-23T00:00:00.000Z");
}

#[test]
fn empty_text_with_media_is_an_item() {
    let read = items(r#"{"id":"a","text":"","created_at":1,"has_media":true}"#);
    assert!(read[0].has_media && read[0].text.is_empty());
}

#[test]
fn the_same_item_has_the_same_version_however_its_keys_stand() {
    let swapped = r#"{ "created_at":"2026-07-04T14:38:08Z", "text":"one", "id":"a" }"#;
    assert_eq!(items(A)[0].version, items(swapped)[0].version);
    let edited = A.replace("one", "two");
    assert_ne!(items(A)[0].version, items(&edited)[0].version);
}

#[test]
fn an_edit_is_a_later_version() {
    let edit = r#"{"id":"a","text":"x","created_at":"2026-07-04T14:38:08Z","edited_at":"2026-07-04T14:40:00Z"}"#;
    assert!(items(edit)[0].version > items(A)[0].version);
}

#[test]
fn a_delete_needs_no_text_and_outlasts_every_version_unless_it_says_when() {
    let body = r#"{"id":"a","deleted":true} {"id":"a","deleted":true,"deleted_at":1783175889}"#;
    let deletes = events(body.as_bytes()).unwrap();
    let order = |event: &RawEvent| match event {
        RawEvent::Delete {
            native_id, version, ..
        } if native_id == "a" => version.order,
        other => panic!("{other:?}"),
    };
    assert!(order(&deletes[0]) > items(A)[0].version.order + 1_000 * 365 * 86_400_000_000);
    assert_eq!(order(&deletes[1]), 1_783_175_889_000_000);
}

#[test]
fn nesting_without_end_is_refused_not_followed() {
    assert!(events("[".repeat(100_000).as_bytes()).is_err());
    let deep = format!(r#"{{"id":"a","author":{}"#, "[".repeat(100_000));
    assert!(events(deep.as_bytes()).is_err());
}
