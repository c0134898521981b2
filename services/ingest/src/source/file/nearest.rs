//! The name somebody may have meant.

/// The candidate that differs least from `name`, if few letters differ.
pub(super) fn nearest<'a>(name: &str, candidates: &'a [String]) -> Option<&'a str> {
    let name = plain(name);
    let distance = |candidate: &&String| edits(&name, &plain(candidate));
    let best = candidates.iter().min_by_key(distance)?;
    let allowed = name.chars().count() / 2;
    (distance(&best) <= allowed.max(1)).then_some(best.as_str())
}

/// A column name without what does not count: case and the space around it.
pub(super) fn plain(name: &str) -> String {
    name.trim().to_lowercase()
}

/// Levenshtein distance: the least number of letters to insert, remove or replace.
fn edits(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_is_that_of_levenshtein() {
        for (from, to, expected) in [
            ("kitten", "sitting", 3),
            ("", "abc", 3),
            ("same", "same", 0),
        ] {
            assert_eq!(edits(from, to), expected, "{from} {to}");
        }
    }

    #[test]
    fn the_nearest_name_is_offered_and_a_strange_one_is_not() {
        let columns = ["Review Text".to_owned(), "Created At".to_owned()];
        assert_eq!(nearest("created_at", &columns), Some("Created At"));
        assert_eq!(nearest("latitude", &columns), None);
    }
}
