use super::*;
use std::collections::HashSet;

/// The `[[source]]` of config/examples/airlines.toml.
const AIRLINES: &str = r#"
    format = "csv"
    [columns]
    identity = ["name", "tweet_created", "text"]
    text = "text"
    created = "tweet_created"
    author = "name"
    place = "tweet_location"
    [time]
    format = "%d-%m-%Y %H.%M"
    zone = "America/Los_Angeles"
"#;

fn tweets() -> Option<PathBuf> {
    let shared = std::env::var_os("HARK_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let path = shared.join("datasets/evaluate/airline/Tweets.csv");
    if !path.is_file() {
        println!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

#[tokio::test]
async fn the_airline_export_is_read_whole_in_order_and_without_its_rounded_ids() {
    let Some(path) = tweets() else { return };
    let (handed, ended) = deliver(source(&path, AIRLINES), None).await;
    ended.unwrap();
    let events: Vec<_> = handed
        .into_iter()
        .flat_map(|handed| handed.events)
        .collect();
    let items = items(&events);

    // An independent count: the csv crate over the whole file, tuples instead of hashes.
    let mut reader = ::csv::Reader::from_path(&path).unwrap();
    let header = reader.headers().unwrap().clone();
    let at = |name| header.iter().position(|column| column == name).unwrap();
    let columns = [at("name"), at("tweet_created"), at("text")];
    let rows: Vec<_> = reader.records().map(|row| row.unwrap()).collect();
    let identity = |row: &::csv::StringRecord| columns.map(|at| row[at].trim().to_owned());
    let distinct: HashSet<_> = rows.iter().map(identity).collect();

    assert_eq!(items.len(), rows.len());
    assert_eq!(unusable(&events), []);
    let ids: HashSet<_> = items.iter().map(|item| &item.native_id).collect();
    assert_eq!(ids.len(), distinct.len());
    assert!(items.is_sorted_by_key(|item| item.created_at));
    let texts: HashSet<_> = items.iter().map(|item| item.text.clone()).collect();
    assert_eq!(
        texts,
        rows.iter().map(|row| row[columns[2]].to_owned()).collect()
    );
}

#[tokio::test]
async fn the_airline_exports_rounded_ids_are_refused_as_ids() {
    let Some(path) = tweets() else { return };
    let by_id = AIRLINES.replace(
        r#"identity = ["name", "tweet_created", "text"]"#,
        r#"id = "tweet_id""#,
    );
    let why = deliver(source(&path, &by_id), None)
        .await
        .1
        .unwrap_err()
        .message;
    assert!(
        why.contains("tweet_id") && why.contains("columns.identity"),
        "{why}"
    );
}
