//! How long it takes from an alert's commit until a receiver on this machine has the request:
//! `cargo run --release -p hark-care --example latency`.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement, not a service"
)]

#[path = "../tests/care/support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use the rest")]
mod support;

use std::time::{Duration, Instant};
use support::receiver::Receiver;
use support::{World, opened, webhook};

const ALERTS: usize = 1_000;

fn main() {
    let (world, receiver) = (World::synchronous(), Receiver::new());
    let running = world.start(&[webhook("desk", &receiver.url)]);
    let mut times: Vec<Duration> = (0..ALERTS)
        .map(|number| {
            world.publish(&opened(&format!("{number:04}")));
            let committed = Instant::now();
            receiver.next();
            committed.elapsed()
        })
        .collect();
    running.stop().unwrap();
    times.sort();
    for (name, rank) in [("median", 500), ("p99", 990), ("max", 999)] {
        println!("{name:>7} {:8.2} ms", times[rank].as_secs_f64() * 1_000.0);
    }
}
