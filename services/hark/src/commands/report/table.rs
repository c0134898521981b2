//! The report as a table that a person enjoys.

use super::{Findings, MarketFindings};
use crate::commands::line::minute;
use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{Cell, CellAlignment, Color, Table};
use hark_model::ShareOfVoice;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::IsTerminal;

pub(crate) fn render(found: &Findings) -> String {
    let mut text = String::new();
    for market in &found.markets {
        render_market(&mut text, market, found.window, &found.names);
    }
    let [mention, spike] = found.alerts.opened;
    let _ = writeln!(
        text,
        "Alerts: {} firing · {mention} on single mentions, {spike} on spikes so far",
        found.alerts.firing
    );
    text
}

fn render_market(
    text: &mut String,
    market: &MarketFindings,
    window: &str,
    names: &BTreeMap<String, String>,
) {
    let first = market.voice.shares.first();
    let _ = writeln!(
        text,
        "{} · {window} · {} to {} · coverage {:.0} %",
        market.id,
        minute(market.voice.from),
        minute(market.voice.to),
        first.map_or(0.0, |share| share.coverage * 100.0)
    );
    let mut table = Table::new();
    table.load_preset(UTF8_HORIZONTAL_ONLY);
    if !std::io::stdout().is_terminal() {
        table.force_no_tty();
    }
    table.set_header([
        "brand",
        "mentions",
        "share of voice",
        "95 %",
        "authors",
        "negative",
        "neutral",
        "positive",
        "net",
        "promoters/detractors",
        "touchpoints",
    ]);
    let mut rows: Vec<_> = market.voice.shares.iter().zip(&market.standings).collect();
    rows.sort_by_key(|(share, _)| std::cmp::Reverse(share.voice.mentions.total));
    for (share, standings) in rows {
        table.add_row(row(share, standings, names));
    }
    let _ = writeln!(text, "{table}");
}

fn row(share: &ShareOfVoice, standings: &[u64; 4], names: &BTreeMap<String, String>) -> Vec<Cell> {
    let mentions = &share.voice.mentions;
    let number = |number: u64| right(grouped(number));
    let percent =
        |part: Option<f64>| part.map_or("–".to_owned(), |p| format!("{:.1} %", 100.0 * p));
    let bar = share.mention_share.map_or(String::new(), bar);
    let interval = share.mention_share_interval.map_or("–".to_owned(), |i| {
        format!("{:.1}–{:.1}", 100.0 * i.low, 100.0 * i.high)
    });
    let net = share.net_sentiment.map_or(right("–".to_owned()), |net| {
        let colour = if net < -20.0 {
            Color::Red
        } else if net > 20.0 {
            Color::Green
        } else {
            Color::Reset
        };
        right(format!("{net:+.0}")).fg(colour)
    });
    let name = names
        .get(share.brand.as_str())
        .map_or(share.brand.as_str(), String::as_str);
    vec![
        Cell::new(name),
        number(mentions.total),
        Cell::new(format!("{bar} {}", percent(share.mention_share))),
        right(interval),
        number(share.voice.authors.total),
        number(mentions.negative),
        number(mentions.neutral),
        number(mentions.positive),
        net,
        right(format!("{} / {}", standings[0], standings[2])),
        Cell::new(leading(share)),
    ]
}

fn right(text: String) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

/// The three touchpoints most spoken of.
fn leading(share: &ShareOfVoice) -> String {
    let mut at: Vec<_> = share.touchpoints.iter().collect();
    at.sort_by_key(|at| std::cmp::Reverse(at.voice.mentions.total));
    let named: Vec<_> = at
        .iter()
        .take(3)
        .map(|at| format!("{} {}", at.touchpoint, at.voice.mentions.total))
        .collect();
    named.join(", ")
}

/// A share as ten blocks.
fn bar(share: f64) -> String {
    let full = (share * 10.0).round().clamp(0.0, 10.0) as usize;
    format!("{}{}", "█".repeat(full), "░".repeat(10 - full))
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(
            [0, 999, 1_000, 1_234_567].map(grouped),
            ["0", "999", "1,000", "1,234,567"]
        );
    }
}
