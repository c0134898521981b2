//! A real export, with the example configuration that is made for it.

use crate::support::{Folder, counts, shared};
use csv::StringRecord;
use regex::Regex;
use std::collections::{BTreeMap, HashSet};

const CONFIG: &str = include_str!("../config/examples/airlines.toml");
const HANDLES: [(&str, &str); 6] = [
    ("virgin-america", "VirginAmerica"),
    ("united", "united"),
    ("southwest", "SouthwestAir"),
    ("jetblue", "JetBlue"),
    ("us-airways", "USAirways"),
    ("american", "AmericanAir"),
];

#[test]
fn mentions_of_the_airlines_are_as_many_as_an_independent_count_finds() {
    let Some(path) = shared("datasets/evaluate/airline/Tweets.csv") else {
        return;
    };
    let mut reader = csv::Reader::from_path(path).unwrap();
    let header = reader.headers().unwrap().clone();
    // The export is sorted by airline: every 36th row, and some of them twice.
    let rows: Vec<StringRecord> = reader.records().map(Result::unwrap).step_by(36).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&header).unwrap();
    for row in rows.iter().chain(rows.iter().step_by(25)) {
        writer.write_record(row).unwrap();
    }
    let folder = Folder::new(CONFIG);
    folder.write("Tweets.csv", writer.into_inner().unwrap());
    let summary = folder.hark(&["import", "Tweets.csv", "--json"]);

    let at = |name| header.iter().position(|column| column == name).unwrap();
    let columns = [at("name"), at("tweet_created"), at("text")];
    let distinct: HashSet<_> = rows.iter().map(|row| columns.map(|at| &row[at])).collect();
    let by_hand: BTreeMap<String, u64> = HANDLES
        .iter()
        .map(|(brand, handle)| {
            let handle = Regex::new(&format!(r"(?i)@{handle}\b")).unwrap();
            let found = distinct
                .iter()
                .filter(|[_, _, text]| handle.is_match(text))
                .count();
            ((*brand).to_owned(), found as u64)
        })
        .collect();
    assert!(by_hand.values().all(|count| *count > 5), "{by_hand:?}");
    assert_eq!(
        counts(&serde_json::from_str(&summary).unwrap(), "mentions"),
        by_hand
    );
}
