//! Numbers of a classifier's quality.

use std::ops::Range;

/// A part of a whole; 0 of nothing.
pub(crate) fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// What was right, wrong and overlooked of one yes-or-no question.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Hits {
    /// Said, and so.
    pub(crate) right: f64,
    /// Said, and not so.
    pub(crate) wrong: f64,
    /// So, and not said.
    pub(crate) missed: f64,
}

impl Hits {
    /// Of what was said, the share that is so.
    pub(crate) fn precision(self) -> f64 {
        share(self.right, self.right + self.wrong)
    }

    /// Of what is so, the share that was said.
    pub(crate) fn recall(self) -> f64 {
        share(self.right, self.right + self.missed)
    }

    /// The harmonic mean of the two.
    pub(crate) fn f1(self) -> f64 {
        share(
            2.0 * self.right,
            2.0 * self.right + self.wrong + self.missed,
        )
    }

    /// Whether the label occurs at all.
    pub(crate) fn occurs(self) -> bool {
        self.right + self.missed > 0.0
    }

    /// The sum of two counts.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            right: self.right + other.right,
            wrong: self.wrong + other.wrong,
            missed: self.missed + other.missed,
        }
    }
}

/// The mean of some numbers; 0 of none.
pub(crate) fn mean(numbers: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = numbers.fold((0.0, 0.0), |(sum, count), x| (sum + x, count + 1.0));
    share(sum, count)
}

/// Expected calibration error: answers are put into 15 bins of equal width by the probability
/// they were given with; the mean distance between a bin's mean probability and its share of right
/// answers, weighted by the bins' sizes (Guo et al., "On Calibration of Modern Neural Networks",
/// 2017).
pub(crate) fn calibration_error(answers: impl Iterator<Item = (f32, bool)>) -> f64 {
    const BINS: usize = 15;
    // Of each bin: how many answers, the sum of their probabilities, how many were right.
    let mut bins = [(0.0, 0.0, 0.0); BINS];
    for (probability, right) in answers {
        let bin = ((probability * BINS as f32) as usize).min(BINS - 1);
        bins[bin].0 += 1.0;
        bins[bin].1 += f64::from(probability);
        bins[bin].2 += f64::from(u8::from(right));
    }
    let total: f64 = bins.iter().map(|bin| bin.0).sum();
    let apart: f64 = bins.iter().map(|bin| (bin.1 - bin.2).abs()).sum();
    share(apart, total)
}

/// The middle 95 % of a measure over 1,000 samples of as many texts, drawn with replacement
/// (the bootstrap: Efron, 1979). The same number of texts draws the same samples.
pub(crate) fn interval(texts: usize, measure: impl Fn(&[usize]) -> f64) -> Range<f64> {
    const SAMPLES: usize = 1_000;
    let mut random = SplitMix(texts as u64);
    let mut sample = vec![0; texts];
    let mut values: Vec<f64> = (0..SAMPLES)
        .map(|_| {
            let draw = |place: &mut usize| *place = random.below(texts);
            sample.iter_mut().for_each(draw);
            measure(&sample)
        })
        .collect();
    values.sort_by(f64::total_cmp);
    values[SAMPLES / 40]..values[SAMPLES - 1 - SAMPLES / 40]
}

/// Random numbers that are the same on every machine (Steele, Lea and Flood: SplitMix64, 2014).
struct SplitMix(u64);

impl SplitMix {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        // The high half of the product is evenly spread over the bound.
        ((u128::from(mixed) * bound as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precision_recall_and_f1_of_a_small_count() {
        let hits = Hits {
            right: 6.0,
            wrong: 2.0,
            missed: 6.0,
        };
        assert_eq!((hits.precision(), hits.recall()), (0.75, 0.5));
        assert!((hits.f1() - 0.6).abs() < 1e-12);
        assert_eq!(Hits::default().f1(), 0.0);
    }

    #[test]
    fn a_probability_that_keeps_its_word_has_no_calibration_error() {
        let kept = (0..100).map(|n| (0.75, n % 4 != 0));
        assert!(calibration_error(kept) < 1e-9);
        let boasted = (0..100).map(|n| (0.95, n % 2 == 0));
        assert!((calibration_error(boasted) - 0.45).abs() < 1e-6);
    }

    #[test]
    fn the_interval_of_a_mean_is_near_what_theory_says() {
        // 400 answers, 80 % right: the standard error is 2 points.
        let right: Vec<bool> = (0..400).map(|n| n % 5 != 0).collect();
        let accuracy =
            |sample: &[usize]| sample.iter().filter(|at| right[**at]).count() as f64 / 400.0;
        let found = interval(right.len(), accuracy);
        assert!((found.start - 0.76).abs() < 0.008, "{found:?}");
        assert!((found.end - 0.84).abs() < 0.008, "{found:?}");
    }
}
