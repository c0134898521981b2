//! How grave an alert is, 1 (look today) to 10 (drop everything).

use hark_model::Standing;

/// A reach from which it raises the severity, and again at each tenfold.
const REACH: f64 = 10_000.0;
/// A moment-of-truth weight from which it raises the severity.
const MOMENT_OF_TRUTH: f64 = 1.5;

/// What raises a severity: the greatest reach, the worst standing, the greatest weight involved.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raising {
    pub(crate) reach: Option<u64>,
    pub(crate) detractor: bool,
    pub(crate) weight: f64,
}

/// A rule's own severity, raised.
pub(crate) fn mention_severity(
    base: u8,
    reach: Option<u64>,
    standing: Standing,
    weight: f64,
) -> u8 {
    let raising = Raising {
        reach,
        detractor: standing == Standing::Detractor,
        weight,
    };
    raise(f64::from(base), raising)
}

/// From −log₁₀ p: 10⁻⁴ is 3, 10⁻⁸ is 6, 10⁻¹¹ and beyond 8; at least the rule's own; raised.
pub(crate) fn spike_severity(least: u8, p_value: f64, raising: Raising) -> u8 {
    let surprise = -p_value.max(1e-300).log10();
    raise(
        (0.75 * surprise)
            .round()
            .clamp(1.0, 8.0)
            .max(f64::from(least)),
        raising,
    )
}

fn raise(base: f64, raising: Raising) -> u8 {
    let reach = match raising.reach.map(|reach| reach as f64 / REACH) {
        Some(times) if times >= 1.0 => (1.0 + times.log10().floor()).min(2.0),
        _ => 0.0,
    };
    let standing = f64::from(u8::from(raising.detractor));
    let weight = f64::from(u8::from(raising.weight >= MOMENT_OF_TRUTH));
    (base + reach + standing + weight).clamp(1.0, 10.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_reach_raises_nothing_and_great_reach_raises_twice() {
        let severity = |reach| mention_severity(4, reach, Standing::Passive, 1.0);
        assert_eq!(severity(None), 4);
        assert_eq!(severity(Some(9_999)), 4);
        assert_eq!(severity(Some(10_000)), 5);
        assert_eq!(severity(Some(5_000_000)), 6);
    }

    #[test]
    fn the_less_likely_a_spike_the_graver_and_never_beyond_ten() {
        let calm = Raising {
            reach: None,
            detractor: false,
            weight: 1.0,
        };
        assert_eq!(spike_severity(1, 1e-4, calm), 3);
        assert_eq!(spike_severity(1, 1e-8, calm), 6);
        assert_eq!(spike_severity(1, 0.0, calm), 8);
        assert_eq!(spike_severity(6, 1e-4, calm), 6);
        let all = Raising {
            reach: Some(10_000_000),
            detractor: true,
            weight: 2.0,
        };
        assert_eq!(spike_severity(1, 0.0, all), 10);
    }
}
