//! How often spikes are found where there are none, and how soon where there are.
//!
//! `cargo run --release -p hark-insight --example false_alarms`
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "an example that prints a table"
)]

#[path = "../tests/support/calm.rs"]
#[allow(dead_code, reason = "shared with the tests")]
mod calm;
#[path = "../tests/support/noise.rs"]
#[allow(dead_code, reason = "shared with the tests")]
mod noise;

use calm::{Incident, spikes};

const RATES: [f64; 5] = [0.05, 0.2, 0.5, 1.0, 3.0];
const DAY: i64 = 1_440;

fn main() {
    let brands = 12;
    println!("{brands} brands, 28 days: alerts in the first day, then per brand and week");
    for rate in RATES {
        let found: Vec<i64> = (0..brands)
            .flat_map(|seed| spikes(rate, 1_000 + seed, 28 * DAY, &Incident::none()))
            .collect();
        let early = found.iter().filter(|minute| **minute < DAY).count();
        let later = (found.len() - early) as f64 / brands as f64 / (27.0 / 7.0);
        println!(
            "{rate:5} a minute: {:.2} then {later:.3}",
            early as f64 / brands as f64
        );
    }
    println!(
        "an hour of 5 or 10 times the usual, on the seventh day: found, after minutes (median, 90 %)"
    );
    for rate in RATES {
        for times in [5.0, 10.0] {
            let mut delays: Vec<i64> = (0..40_u64)
                .filter_map(|seed| {
                    let start = 6 * DAY + (seed as i64 * 37) % DAY;
                    let incident = Incident {
                        start,
                        minutes: 60,
                        times,
                    };
                    let found = spikes(rate, 5_000 + seed, start + 61, &incident);
                    found
                        .into_iter()
                        .find(|minute| *minute >= start)
                        .map(|minute| minute - start)
                })
                .collect();
            delays.sort_unstable();
            let at = |part: f64| delays.get((delays.len() as f64 * part) as usize).copied();
            println!(
                "{rate:5} a minute × {times:2}: {:3} of 40, {:?}, {:?}",
                delays.len(),
                at(0.5),
                at(0.9)
            );
        }
    }
}
