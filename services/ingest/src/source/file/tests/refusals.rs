use super::*;

#[tokio::test]
async fn a_missing_column_is_named_with_those_there_are_and_the_nearest() {
    let why = refusal("r.csv", "id,Comment Text,created\n1,a,2\n", PLAIN).await;
    assert!(
        why.contains("columns.text") && why.contains("Comment Text"),
        "{why}"
    );
    let toml = PLAIN.replace("\"created\"", "\"creatd\"");
    let why = refusal("r.csv", "id,text,created\n1,a,2\n", &toml).await;
    assert!(why.contains("did you mean \"created\"?"), "{why}");
}

#[tokio::test]
async fn a_missing_file_a_folder_and_an_empty_file_are_said_to_be_so() {
    let folder = Folder::new();
    let absent = folder.0.path().join("absent.csv");
    let why = deliver(source(&absent, PLAIN), None)
        .await
        .1
        .unwrap_err()
        .message;
    assert!(why.contains("absent.csv"), "{why}");
    let why = deliver(source(folder.0.path(), PLAIN), None)
        .await
        .1
        .unwrap_err()
        .message;
    assert!(why.contains("not a file"), "{why}");
    assert!(refusal("r.csv", "", PLAIN).await.contains("empty"));
    let nameless = FileSource::new("reviews".into(), config(PLAIN), None);
    assert!(
        deliver(nameless, None)
            .await
            .1
            .unwrap_err()
            .message
            .contains("path")
    );
}

#[tokio::test]
async fn a_header_alone_is_an_empty_file_not_an_error() {
    assert_eq!(read("r.csv", "id,text,created\n", PLAIN).await, []);
}

#[tokio::test]
async fn packed_files_are_refused_with_what_to_do() {
    for (bytes, advice) in [
        (&b"\x1f\x8b\x08\0"[..], "gunzip"),
        (b"PK\x03\x04....", "CSV"),
        (b"\x28\xb5\x2f\xfd", "unzstd"),
    ] {
        let why = refusal("r.csv", bytes, PLAIN).await;
        assert!(why.contains(advice), "{why}");
    }
}

#[tokio::test]
async fn rounded_ids_are_refused_when_many_and_dead_letters_when_few() {
    let header = "id,text,created\n".to_owned();
    let good: String = (0..20).map(|n| format!("{n},t,{n}\n")).collect();
    let bad = "5.70306E+17,t,1\n";
    let few = read("r.csv", format!("{header}{good}{bad}"), PLAIN).await;
    assert_eq!(items(&few).len(), 20);
    assert_eq!(unusable(&few)[0].0, Unusable::InvalidField);
    let why = refusal("r.csv", format!("{header}{good}{}", bad.repeat(3)), PLAIN).await;
    assert!(why.contains("columns.identity"), "{why}");
}

#[tokio::test]
async fn a_file_without_a_single_item_shows_a_wrong_mapping() {
    let rows = format!("id,text,created\n{}", "1,a,04.07.2026\n".repeat(30));
    let why = refusal("r.csv", rows, PLAIN).await;
    assert!(
        why.contains("line 2") && why.contains("04.07.2026"),
        "{why}"
    );
}

#[tokio::test]
async fn a_wrong_configuration_is_said_before_the_file_is_opened() {
    for (toml, word) in [
        (format!("{PLAIN}rating = \"stars\"\n"), "rating_scale"),
        (format!("{PLAIN}identity = [\"text\"]\n"), "identity"),
        (
            format!("{PLAIN}[time]\nzone = \"Mars/Olympus\"\n"),
            "Mars/Olympus",
        ),
        (format!("delimiter = \"ä\"\n{PLAIN}"), "delimiter"),
        (
            format!("{PLAIN}[rating_scale]\nmin = 5\nmax = 1\n"),
            "rating_scale",
        ),
    ] {
        let why = config(&toml).check().unwrap_err();
        assert!(why.contains(word), "{why}");
    }
    let why = refusal("r.jsonl", "{}", PLAIN).await;
    assert!(
        why.contains("\"/id\""),
        "a pointer begins with a slash: {why}"
    );
    let why = refusal(
        "r.csv",
        "a,b\n",
        &format!("encoding = \"klingon\"\n{PLAIN}"),
    )
    .await;
    assert!(why.contains("klingon"), "{why}");
}

#[tokio::test]
async fn unknown_keys_are_errors() {
    let unknown = serde_json::json!({ "columns": { "text": "t", "created": "c", "txet": "x" } });
    assert!(serde_json::from_value::<FileConfig>(unknown).is_err());
}
