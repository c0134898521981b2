//! The words that set an alert's mentions apart from what is usually said of the brand.

use hark_model::TopTerm;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::LazyLock;
use unicode_segmentation::UnicodeSegmentation;

/// Words kept per brand; when there are more, every count is halved and the rare ones go.
const KEPT: usize = 512;
/// Terms an alert names.
const NAMED: usize = 5;

/// English words that say nothing by themselves. Other languages need no list: what is usual for
/// the brand is taken out by the comparison with its own background.
const STOP_WORDS: &str = "a about after again all also am an and any are as at back be because been \
    before being but by can cant could did didnt do does doesnt doing dont done down even ever every \
    for from get gets getting go goes going gone got had has have havent having he her here him his \
    how http i if im in into is isnt it its ive just know let like ll made make many me more most much \
    my need never new no not now of off on once one only or other our out over own please put rather re \
    really right same say says see she should since so some still such take than thank thanks that thats \
    the their them then there these they thing things this those through time to today too two up us use \
    user using ve very via want wants was wasnt way we well were what when where which while who why \
    will with wont would yes yet you your youre yours";

/// How often the brand's mentions use each word: document frequencies over a sample.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Background {
    documents: u32,
    terms: BTreeMap<String, u32>,
}

impl Background {
    /// Adds one text.
    pub(crate) fn add(&mut self, text: &str) {
        self.documents += 1;
        for term in words(text) {
            *self.terms.entry(term).or_insert(0) += 1;
        }
        while self.terms.len() > KEPT {
            self.documents = self.documents.div_ceil(2);
            self.terms.retain(|_, count| {
                *count /= 2;
                *count > 0
            });
        }
    }

    /// The words of `texts` that are most over-represented against the background, strongest
    /// first: by the signed log-likelihood ratio of the two frequencies (T. Dunning,
    /// Computational Linguistics 19 (1993), 61–74), of words in at least two texts (in one, when
    /// there is only one).
    pub(crate) fn top<'a>(
        &self,
        texts: impl IntoIterator<Item = &'a str>,
        brand: &str,
    ) -> Vec<TopTerm> {
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        let mut documents = 0_u32;
        for text in texts {
            documents += 1;
            for term in words(text) {
                *counts.entry(term).or_insert(0) += 1;
            }
        }
        let least = if documents > 1 { 2 } else { 1 };
        let named: BTreeSet<String> = words(&brand.replace('-', " "))
            .into_iter()
            .chain([brand.replace('-', "").to_lowercase()])
            .collect();
        let mut scored: Vec<(f64, TopTerm)> = counts
            .into_iter()
            .filter(|(term, count)| *count >= least && !named.contains(term))
            .map(|(term, count)| self.score(term, count, documents))
            .filter(|(score, _)| *score > 0.0)
            .collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.term.cmp(&b.1.term)));
        scored
            .into_iter()
            .take(NAMED)
            .map(|(_, term)| term)
            .collect()
    }

    fn score(&self, term: String, count: u32, documents: u32) -> (f64, TopTerm) {
        let usual = f64::from(self.terms.get(&term).copied().unwrap_or(0));
        let (n1, n2) = (f64::from(documents), f64::from(self.documents.max(1)));
        let k1 = f64::from(count);
        // Half an occurrence stands for the unseen, so that a new word has a finite lift.
        let (p1, p2) = (k1 / n1, (usual + 0.5) / (n2 + 1.0));
        let pooled = (k1 + usual) / (n1 + n2);
        let part = |seen: f64, p: f64| {
            if seen > 0.0 && p > 0.0 {
                seen * (p / pooled).ln()
            } else {
                0.0
            }
        };
        let ratio = 2.0 * (part(k1, p1) + part(usual, usual / n2));
        let lift = p1 / p2;
        let score = if lift > 1.0 { ratio } else { -ratio };
        (score, TopTerm { term, count, lift })
    }
}

/// The different words of a text that may name a topic: lower case, three letters or more,
/// neither a number, a handle, a link, a mask nor a stop word.
fn words(text: &str) -> BTreeSet<String> {
    text.split_whitespace()
        .filter(|token| !token.starts_with(['@', '[']) && !token.contains("://"))
        .flat_map(UnicodeSegmentation::unicode_words)
        .map(|word| word.to_lowercase().replace(['\'', '’'], ""))
        .filter(|word| word.chars().count() >= 3 && word.chars().any(char::is_alphabetic))
        .filter(|word| {
            !word
                .chars()
                .next()
                .is_some_and(|first| first.is_ascii_digit())
        })
        .filter(|word| !is_stop_word(word))
        .collect()
}

fn is_stop_word(word: &str) -> bool {
    static SET: LazyLock<HashSet<&str>> = LazyLock::new(|| STOP_WORDS.split_whitespace().collect());
    SET.contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn background() -> Background {
        let mut background = Background::default();
        for _ in 0..50 {
            background.add("The delivery from @fennelway was late, see https://example.org/1");
            background.add("lovely apples and a friendly driver");
        }
        background
    }

    #[test]
    fn a_word_that_is_new_for_the_brand_leads_and_a_usual_one_does_not() {
        let texts = [
            "charged twice for my delivery",
            "twice charged, fennelway!",
            "charged again",
        ];
        let top = background().top(texts, "fennelway");
        assert_eq!(top[0].term, "charged");
        assert_eq!((top[0].count, top[1].term.as_str()), (3, "twice"));
        assert!(
            top.iter()
                .all(|term| term.term != "delivery" && term.term != "fennelway")
        );
        assert!(top[0].lift > 10.0);
    }

    #[test]
    fn handles_links_numbers_and_masks_are_not_words() {
        let found = words("@brand http://x.example/a 12:30 [phone] don’t queue 2nd Käse");
        let found: Vec<_> = found.iter().map(String::as_str).collect();
        assert_eq!(found, ["käse", "queue"]);
    }

    #[test]
    fn the_background_stays_small() {
        let mut background = Background::default();
        for number in 0..5_000 {
            background.add(&format!("word{number} common"));
        }
        assert!(background.terms.len() <= KEPT);
        assert!(background.terms.contains_key("common"));
    }
}
