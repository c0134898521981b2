//! The false-alarm budget: one a brand and week. `examples/false_alarms.rs` measures at length.

mod support;

use support::calm::{Incident, spikes};

const DAY: i64 = 1_440;

#[test]
fn calm_brands_raise_at_most_one_alarm_a_week() {
    let mut found = 0;
    for rate in [0.05, 0.5] {
        for seed in 0..4 {
            found += spikes(rate, 100 + seed, 14 * DAY, &Incident::none()).len();
        }
    }
    let brand_weeks = 2 * 4 * 2;
    assert!(found <= brand_weeks, "{found} in {brand_weeks} brand-weeks");
}

#[test]
fn ten_times_the_usual_is_found_within_a_quarter_of_an_hour() {
    let found_in_time = |seed: u64| {
        let incident = Incident {
            start: 3 * DAY + 100 * seed as i64,
            minutes: 15,
            times: 10.0,
        };
        let found = spikes(0.5, 200 + seed, incident.start + 15, &incident);
        found.iter().any(|minute| *minute >= incident.start)
    };
    let found = (0..12).filter(|seed| found_in_time(*seed)).count();
    assert!(found >= 11, "{found} of 12");
}
