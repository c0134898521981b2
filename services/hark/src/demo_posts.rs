//! The posts that were written for the demo.

use serde::Deserialize;

const POSTS: &str = include_str!("../demo/posts.jsonl");

/// One of them.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Post {
    pub(crate) id: String,
    pub(crate) author: String,
    pub(crate) followers: Option<u64>,
    pub(crate) text: String,
    pub(crate) phase: Phase,
    pub(crate) reply_to: Option<String>,
    pub(crate) source: String,
    pub(crate) rating: Option<f64>,
}

/// When in the demo's story it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Phase {
    Normal,
    Incident,
    Recovery,
}

/// All of them, in the order of the file.
pub(crate) fn all() -> Vec<Post> {
    let post = |line| serde_json::from_str(line).expect("the demo's posts are part of this build");
    POSTS.lines().map(post).collect()
}

/// What they say: several hundred different things that people write about shops.
pub(crate) fn texts() -> Vec<String> {
    all().into_iter().map(|post| post.text).collect()
}
