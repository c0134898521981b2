//! How far two readers agree.

use super::row::{HEADS, Readings, Row, labels};
use std::collections::HashMap;

/// For each head the share of rows on which both readers said exactly the same, and Cohen's kappa
/// (Cohen, "A coefficient of agreement for nominal scales", 1960): agreement beyond what chance
/// gives, 1 at most. Where several labels may hold it is the mean of the labels' kappas.
pub(crate) fn table(readings: &HashMap<String, Readings>, train: &[Row], test: &[Row]) -> String {
    let mut told =
        String::from("agreement of writer and second reader (same · kappa · disputed)\n");
    for (part, rows) in [("train", train), ("test", test)] {
        let read: Vec<&Readings> = rows
            .iter()
            .filter_map(|row| readings.get(&row.id))
            .collect();
        for head in HEADS {
            let same = read
                .iter()
                .filter(|r| r.writer.head(head) == r.second.head(head))
                .count();
            let disputed = rows
                .iter()
                .filter(|row| row.disputed.iter().any(|d| d == head))
                .count();
            told.push_str(&format!(
                "  {part} {head}: {:.1} % · {:.3} · {:.1} %\n",
                100.0 * same as f64 / read.len().max(1) as f64,
                kappa(&read, head),
                100.0 * disputed as f64 / rows.len().max(1) as f64,
            ));
        }
    }
    told
}

fn kappa(read: &[&Readings], head: &str) -> f64 {
    let labels = labels(head);
    if matches!(head, "sentiment" | "expectation") {
        let class = |ids: Vec<&str>| {
            labels
                .iter()
                .position(|label| ids.contains(&label.as_str()))
        };
        return cohen(
            read.iter()
                .map(|r| (class(r.writer.head(head)), class(r.second.head(head)))),
        );
    }
    let each = labels.iter().map(|label| {
        let has = |ids: Vec<&str>| Some(usize::from(ids.contains(&label.as_str())));
        cohen(
            read.iter()
                .map(|r| (has(r.writer.head(head)), has(r.second.head(head)))),
        )
    });
    each.sum::<f64>() / labels.len() as f64
}

/// Cohen's kappa of pairs of classes.
fn cohen(pairs: impl Iterator<Item = (Option<usize>, Option<usize>)>) -> f64 {
    let (mut same, mut all) = (0.0, 0.0);
    let mut said: HashMap<Option<usize>, (f64, f64)> = HashMap::new();
    for (first, second) in pairs {
        all += 1.0;
        same += f64::from(u8::from(first == second));
        said.entry(first).or_default().0 += 1.0;
        said.entry(second).or_default().1 += 1.0;
    }
    let chance: f64 = said
        .values()
        .map(|(first, second)| first * second)
        .sum::<f64>()
        / (all * all);
    (same / all - chance) / (1.0 - chance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kappa_of_a_known_table() {
        // Twenty yes-yes, five yes-no, ten no-yes, fifteen no-no: 0.4.
        let pairs = [((1, 1), 20), ((1, 0), 5), ((0, 1), 10), ((0, 0), 15)];
        let pairs = pairs
            .into_iter()
            .flat_map(|((a, b), n)| vec![(Some(a), Some(b)); n]);
        assert!((cohen(pairs) - 0.4).abs() < 1e-12);
    }
}
