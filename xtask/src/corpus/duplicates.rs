//! Texts that say nearly the same.

use std::collections::HashMap;

/// From this Jaccard similarity of their character 5-grams on, two texts are near-duplicates.
const ALIKE: f64 = 0.6;
/// Texts with fewer 5-grams say too little to be copies: "great app" is what people write.
const LEAST: usize = 20;

/// The pairs that are alike, one of each pair being among the first `own` texts.
///
/// Prefix filtering (Chaudhuri, Ganti and Kaushik, 2006): two sets as alike as that share one of
/// the rarest few grams of each, so only those are looked up.
pub(crate) fn find(texts: &[(String, String)], own: usize) -> Vec<(usize, usize, f64)> {
    let mut sets: Vec<Vec<u32>> = Vec::with_capacity(texts.len());
    let mut ids: HashMap<[char; 5], u32> = HashMap::new();
    for (_, text) in texts {
        let mut set: Vec<u32> = grams(text)
            .into_iter()
            .map(|gram| {
                let next = ids.len() as u32;
                *ids.entry(gram).or_insert(next)
            })
            .collect();
        set.sort_unstable();
        set.dedup();
        sets.push(set);
    }
    let mut frequency = vec![0_u32; ids.len()];
    for gram in sets.iter().flatten() {
        frequency[*gram as usize] += 1;
    }
    let mut index: HashMap<u32, Vec<usize>> = HashMap::new();
    let mut pairs = Vec::new();
    for (place, set) in sets.iter().enumerate() {
        if set.len() < LEAST {
            continue;
        }
        let mut rare = set.clone();
        rare.sort_unstable_by_key(|gram| (frequency[*gram as usize], *gram));
        rare.truncate(set.len() - (ALIKE * set.len() as f64).ceil() as usize + 1);
        let mut candidates: Vec<usize> = rare
            .iter()
            .filter_map(|gram| index.get(gram))
            .flatten()
            .copied()
            .collect();
        candidates.sort_unstable();
        candidates.dedup();
        for other in candidates {
            let alike = jaccard(set, &sets[other]);
            if alike > ALIKE {
                pairs.push((other, place, alike));
            }
        }
        if place < own {
            for gram in rare {
                index.entry(gram).or_default().push(place);
            }
        }
    }
    pairs
}

/// Five letters in a row, case and punctuation aside.
fn grams(text: &str) -> Vec<[char; 5]> {
    let text = text.to_lowercase();
    let words = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let letters: Vec<char> = words.collect::<Vec<_>>().join(" ").chars().collect();
    let windows = letters
        .windows(5)
        .filter_map(|window| window.try_into().ok());
    windows.collect()
}

fn jaccard(a: &[u32], b: &[u32]) -> f64 {
    let (mut i, mut j, mut both) = (0, 0, 0_usize);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                (i, j, both) = (i + 1, j + 1, both + 1);
            }
        }
    }
    both as f64 / (a.len() + b.len() - both) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<(String, String)> {
        texts
            .iter()
            .map(|text| (String::new(), (*text).to_owned()))
            .collect()
    }

    #[test]
    fn a_text_with_another_name_in_it_is_found_and_another_story_is_not() {
        let all = texts(&[
            "Pellgrove lost my parcel twice this month and nobody there picks up the phone",
            "We went to the zoo on Sunday and the penguins were the best thing of the day",
            "Tandor lost my parcel twice this month, and nobody there picks up the phone!",
        ]);
        let found = find(&all, 3);
        assert_eq!(
            found.iter().map(|(a, b, _)| (*a, *b)).collect::<Vec<_>>(),
            [(0, 2)]
        );
    }

    #[test]
    fn texts_of_others_are_not_compared_with_each_other() {
        let copy = "the very same sentence, copied from one place to another place by hand";
        assert_eq!(
            find(
                &texts(&["something else that is our own and long enough", copy, copy]),
                1
            ),
            []
        );
        assert_eq!(
            find(
                &texts(&[copy, "and something else that is long enough too", copy]),
                1
            )
            .len(),
            1
        );
    }

    #[test]
    fn the_filter_finds_what_comparing_all_pairs_finds() {
        let mut random = 7_u64;
        let mut below = |bound: u64| {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (random >> 33) % bound
        };
        let words = [
            "parcel", "late", "never", "staff", "kind", "again", "price", "Tuesday",
        ];
        let mut text = || {
            let count = 5 + below(3);
            let words: Vec<&str> = (0..count).map(|_| words[below(4) as usize]).collect();
            words.join(" ")
        };
        let all: Vec<(String, String)> = (0..120).map(|_| (String::new(), text())).collect();
        let sets: Vec<std::collections::BTreeSet<[char; 5]>> = all
            .iter()
            .map(|(_, text)| grams(text).into_iter().collect())
            .collect();
        let mut every = Vec::new();
        for b in 0..all.len() {
            for a in 0..b {
                let both = sets[a].intersection(&sets[b]).count() as f64;
                let alike = both / (sets[a].len() + sets[b].len()) as f64;
                let alike = alike / (1.0 - alike);
                if alike > ALIKE && sets[a].len() >= LEAST && sets[b].len() >= LEAST {
                    every.push((a, b));
                }
            }
        }
        let found: Vec<_> = find(&all, all.len())
            .iter()
            .map(|(a, b, _)| (*a, *b))
            .collect();
        assert!(every.len() > 10, "{}", every.len());
        assert_eq!(found, every);
    }
}
