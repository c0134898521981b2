//! Streams of events that proptest makes up.

use super::mention::{Said, author, author_gone, gone, mention};
use super::time::at;
use hark_model::{AuthorKey, Intent, MentionEvent, SentimentScores, Span};
use proptest::collection::{btree_map, vec};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::subsequence;
use std::collections::BTreeMap;

/// The brands that are compared; `unlisted` is in no market.
pub(crate) const BRANDS: [&str; 3] = ["skylark", "fennelway", "fenn"];
const NAMED: [&str; 4] = ["skylark", "fennelway", "fenn", "unlisted"];
const TOUCHPOINTS: [&str; 4] = ["delivery", "staff", "loyalty", "nowhere"];

/// What one version of an item says, from every brand it names.
#[derive(Clone, Debug)]
struct Content {
    seconds: i64,
    repost: bool,
    source: &'static str,
    views: BTreeMap<&'static str, View>,
}

/// How it sounds towards one brand.
#[derive(Clone, Debug)]
struct View {
    sentiment: SentimentScores,
    touchpoints: Vec<&'static str>,
    recommends: bool,
    reach: Option<u64>,
}

fn sentiment() -> impl Strategy<Value = SentimentScores> {
    let scores = |negative, neutral, positive| SentimentScores {
        negative,
        neutral,
        positive,
    };
    prop_oneof![
        Just(scores(0.91, 0.05, 0.04)),
        Just(scores(0.55, 0.25, 0.2)),
        Just(scores(0.1, 0.8, 0.1)),
        Just(scores(0.15, 0.31, 0.54)),
        Just(scores(0.03, 0.04, 0.93)),
    ]
}

fn view() -> impl Strategy<Value = View> {
    let reach = prop_oneof![Just(None), (0..50_000_u64).prop_map(Some)];
    (
        sentiment(),
        subsequence(TOUCHPOINTS.to_vec(), 0..=3),
        any::<bool>(),
        reach,
    )
        .prop_map(|(sentiment, touchpoints, recommends, reach)| View {
            sentiment,
            touchpoints,
            recommends,
            reach,
        })
}

fn content() -> impl Strategy<Value = Content> {
    let views = (subsequence(NAMED.to_vec(), 0..=3), vec(view(), 3))
        .prop_map(|(brands, views)| brands.into_iter().zip(views).collect());
    (
        0..3 * 86_400_i64,
        proptest::bool::weighted(0.15),
        Just("web"),
        views,
    )
        .prop_map(|(seconds, repost, source, views)| Content {
            seconds,
            repost,
            source,
            views,
        })
}

type VersionKey = (u8, i64, &'static str);

fn event(key: VersionKey, place: usize, content: &Content) -> Vec<MentionEvent> {
    let (item, order, tag) = key;
    // Times are apart, so that no order of ties has to be guessed.
    let time = at("00:00") + Span::from_millis(content.seconds * 1_000 + place as i64);
    if content.views.is_empty() {
        // Classify says of a version that names no brand that the item is no mention any more.
        let Said(named) = mention("none").item(item).version(order, tag);
        return vec![MentionEvent::RetractItem(hark_model::ItemDelete {
            id: named.item,
            version: named.version,
            author: author_of(item),
            arrived_at: time,
        })];
    }
    let views = content.views.iter();
    views
        .map(|(brand, view)| {
            said(brand, view, content, author_of(item))
                .item(item)
                .version(order, tag)
                .on(time)
                .event()
        })
        .collect()
}

/// Two items of eight are of nobody, the others of four authors: an item keeps its author.
fn author_of(item: u8) -> Option<AuthorKey> {
    (item >= 2).then(|| author(item % 4 + 1))
}

fn said(brand: &str, view: &View, content: &Content, author: Option<AuthorKey>) -> Said {
    let mut said = mention(brand);
    said.0.sentiment = view.sentiment;
    said.0.reach = view.reach;
    said.0.author = author;
    said.0.repost = content.repost;
    said = said.from(content.source);
    for touchpoint in &view.touchpoints {
        said = said.touching(touchpoint);
    }
    if view.recommends {
        said.meaning(Intent::Recommendation)
    } else {
        said
    }
}

/// Items with several versions, deletions of items and of authors.
pub(crate) fn bag() -> impl Strategy<Value = Vec<MentionEvent>> {
    let tag = prop_oneof![Just("a"), Just("b")];
    let versions = btree_map((0..8_u8, 0..=5_i64, tag), content(), 1..24);
    let deletes = vec((0..8_u8, 0..=5_i64), 0..3);
    let author_deletes = vec((1..=4_u8, 0..=5_i64), 0..3);
    (versions, deletes, author_deletes).prop_map(|(versions, deletes, author_deletes)| {
        let mut events: Vec<MentionEvent> = versions
            .iter()
            .enumerate()
            .flat_map(|(place, (key, content))| event(*key, place, content))
            .collect();
        events.extend(
            deletes
                .into_iter()
                .map(|(item, order)| gone(item, author_of(item), order)),
        );
        events.extend(
            author_deletes
                .into_iter()
                .map(|(who, order)| author_gone(who, order)),
        );
        events
    })
}

/// The bag in some order, parts of it twice or more.
pub(crate) fn delivery() -> impl Strategy<Value = Vec<MentionEvent>> {
    bag().prop_flat_map(|events| {
        let again = subsequence(events.clone(), 0..=events.len());
        let all = again.prop_map(move |again| [events.clone(), again].concat());
        all.prop_shuffle()
    })
}
