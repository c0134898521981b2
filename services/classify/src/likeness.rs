//! A touchpoint of one's own, learnt from examples.
//!
//! The encoder puts texts that are alike near each other. A touchpoint is the mean of its examples'
//! directions there, seen from the middle of other texts, and a text belongs to it when its own
//! direction is near enough (nearest class mean: Snell, Swersky and Zemel, "Prototypical Networks
//! for Few-shot Learning", 2017). How near is near enough is found by leaving each example out in
//! turn and seeing whether the rest would have found it. The quality is that of the threshold found,
//! on the same examples and texts: a little better than what new texts will show.

use hark_model::TouchpointId;

/// Fewer examples say too little of what they have in common.
pub const LEAST_EXAMPLES: usize = 10;

/// A touchpoint that was learnt.
#[derive(Clone, Debug, PartialEq)]
pub struct Likeness {
    /// Its id.
    pub id: TouchpointId,
    /// The middle of other texts.
    middle: Vec<f32>,
    /// The examples' direction from there, of length 1.
    direction: Vec<f32>,
    /// The cosine from which on a text belongs to it.
    threshold: f32,
    /// How much nearer a text must be for twice the odds and more: the spread of the examples.
    spread: f32,
}

/// How well a touchpoint can be told from other texts, each example being left out in turn.
#[derive(Clone, Debug, PartialEq)]
pub struct Quality {
    /// The touchpoint.
    pub id: TouchpointId,
    /// Its examples.
    pub examples: usize,
    /// Those of them that the others would have found.
    pub found: usize,
    /// The texts it was told from.
    pub others: usize,
    /// Those of them that would be taken for it.
    pub mistaken: usize,
}

impl Quality {
    /// F1 of its examples among the other texts, 0..=1.
    pub fn f1(&self) -> f64 {
        2.0 * self.found as f64 / (self.found + self.mistaken + self.examples) as f64
    }
}

impl Likeness {
    /// Learns from the embeddings of examples and of other texts. At least two examples and one
    /// other text.
    pub fn learn(id: TouchpointId, examples: &[Vec<f32>], others: &[Vec<f32>]) -> (Self, Quality) {
        let middle = mean(others);
        let seen = |texts: &[Vec<f32>]| -> Vec<Vec<f32>> {
            texts.iter().map(|text| direction(text, &middle)).collect()
        };
        let (inside, outside) = (seen(examples), seen(others));
        let without = |left_out: usize| {
            let rest = inside.iter().enumerate();
            let rest = rest.filter(|(place, _)| *place != left_out);
            unit(mean_of(rest.map(|(_, text)| text)))
        };
        let own: Vec<f32> = inside
            .iter()
            .enumerate()
            .map(|(place, text)| dot(text, &without(place)))
            .collect();
        let direction = unit(mean(&inside));
        let foreign: Vec<f32> = outside.iter().map(|text| dot(text, &direction)).collect();
        let reach = |threshold: f32| {
            let reached = |cosines: &[f32]| cosines.iter().filter(|c| **c >= threshold).count();
            Quality {
                id: id.clone(),
                examples: own.len(),
                found: reached(&own),
                others: foreign.len(),
                mistaken: reached(&foreign),
            }
        };
        // Every example's own cosine is a candidate; of equals the most generous.
        let mut candidates = own.clone();
        candidates.sort_by(f32::total_cmp);
        let best = candidates
            .into_iter()
            .map(|threshold| (reach(threshold), threshold))
            .reduce(|best, next| {
                if next.0.f1() > best.0.f1() {
                    next
                } else {
                    best
                }
            });
        let (quality, threshold) = best.unwrap_or_else(|| (reach(1.0), 1.0));
        let average = own.iter().sum::<f32>() / own.len().max(1) as f32;
        let square = |cosine: &f32| (cosine - average).powi(2);
        let variance = own.iter().map(square).sum::<f32>() / own.len().max(1) as f32;
        let learnt = Self {
            id,
            middle,
            direction,
            threshold,
            spread: variance.sqrt().max(0.02),
        };
        (learnt, quality)
    }

    /// The probability that a text belongs to it, 0..=1; from one half on it does.
    pub fn probability(&self, embedding: &[f32]) -> f32 {
        let cosine = dot(&direction(embedding, &self.middle), &self.direction);
        1.0 / (1.0 + (-(cosine - self.threshold) / self.spread).exp())
    }
}

/// Which way a point lies from the middle.
fn direction(point: &[f32], middle: &[f32]) -> Vec<f32> {
    unit(point.iter().zip(middle).map(|(a, b)| a - b).collect())
}

fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let length = dot(&vector, &vector).sqrt().max(1e-12);
    vector.iter_mut().for_each(|x| *x /= length);
    vector
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn mean(vectors: &[Vec<f32>]) -> Vec<f32> {
    mean_of(vectors.iter())
}

fn mean_of<'a>(vectors: impl Iterator<Item = &'a Vec<f32>>) -> Vec<f32> {
    let mut sum: Vec<f32> = Vec::new();
    let mut count = 0.0;
    for vector in vectors {
        sum.resize(vector.len(), 0.0);
        sum.iter_mut().zip(vector).for_each(|(sum, x)| *sum += x);
        count += 1.0;
    }
    sum.iter_mut().for_each(|x| *x /= f32::max(count, 1.0));
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points round a place, the `n`th a little off.
    fn around(place: [f32; 3], count: usize) -> Vec<Vec<f32>> {
        let off = |n: usize, axis: usize| ((n * (axis + 2)) % 5) as f32 / 20.0;
        let point = |n: usize| (0..3).map(|axis| place[axis] + off(n, axis)).collect();
        (0..count).map(point).collect()
    }

    #[test]
    fn examples_that_lie_together_are_found_and_others_are_not() {
        let examples = around([1.0, 0.0, 0.0], 12);
        let others = [
            around([0.0, 1.0, 0.0], 30),
            around([0.0, 0.0, 1.0], 30),
            around([-1.0, 0.0, 0.0], 30),
        ]
        .concat();
        let (learnt, quality) = Likeness::learn("lounge".into(), &examples, &others);
        assert_eq!((quality.found, quality.mistaken), (12, 0));
        assert_eq!(quality.f1(), 1.0);
        assert!(learnt.probability(&[1.0, 0.1, 0.1]) >= 0.5);
        assert!(learnt.probability(&[0.0, 1.0, 0.1]) < 0.5);
    }

    #[test]
    fn examples_that_have_nothing_in_common_are_said_to_be_of_no_use() {
        let mixed = [
            around([1.0, 0.0, 0.0], 4),
            around([0.0, 1.0, 0.0], 4),
            around([0.0, 0.0, 1.0], 4),
        ]
        .concat();
        let others = [mixed.clone(), mixed.clone(), mixed.clone()].concat();
        let (_, quality) = Likeness::learn("anything".into(), &mixed, &others);
        assert!(quality.f1() < 0.6, "{quality:?}");
    }
}
