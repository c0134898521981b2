//! What a person sees of the demo.

use crate::commands::report;
use crate::config::Config;
use crate::exit::Outcome;
use crate::logs::Look;
use hark_model::{Alert, Occasion};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Alerts and tables on the terminal.
pub(super) struct View {
    folder: PathBuf,
    brands: usize,
}

const BOLD: &str = "\x1b[1m";
const RED: &str = "\x1b[31m";
const YELLOW: &str = "\x1b[33m";
const GREEN: &str = "\x1b[32m";
const DIM: &str = "\x1b[2m";
const PLAIN: &str = "\x1b[0m";

impl View {
    pub(super) fn new(config: &Config, folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            brands: config.brands.len(),
        }
    }

    pub(super) fn welcome(&self, metrics: Option<SocketAddr>) {
        anstream::println!(
            "{BOLD}hark demo{PLAIN}: {} invented grocers, one minute a second. Every post is judged \
             by the built-in model as it comes.\nAn incident begins about half a minute from now. \
             Ctrl-C ends the demo.",
            self.brands
        );
        if let Some(address) = metrics {
            anstream::println!("Metrics: http://{address}/metrics");
        }
        anstream::println!();
    }

    pub(super) fn alert(&self, alert: &Alert) {
        let (colour, word) = match alert.occasion {
            Occasion::Opened => (RED, "ALERT"),
            Occasion::Updated => (YELLOW, "update"),
            Occasion::Repeated => (YELLOW, "still"),
            Occasion::Resolved => (GREEN, "resolved"),
            // Kept for the record; nobody is told.
            Occasion::Inhibited | Occasion::Amended => return,
        };
        let time = alert.updated_at.to_string();
        anstream::println!(
            "{DIM}{}{PLAIN} {colour}{BOLD}{word:<8}{PLAIN} severity {:>2}  {}  {DIM}→ {} by {}{PLAIN}",
            time.get(11..16).unwrap_or_default(),
            alert.severity,
            alert.summary,
            alert.owner,
            alert.due.to_string().get(11..16).unwrap_or_default()
        );
        if alert.occasion == Occasion::Opened {
            for evidence in alert.evidence.iter().take(2) {
                let reach = evidence
                    .reach
                    .map_or_else(String::new, |r| format!(" · {r} followers"));
                anstream::println!("         {DIM}“{}”{reach}{PLAIN}", evidence.text);
            }
        }
    }

    pub(super) fn table(&self) {
        // A table that cannot be drawn this time is drawn the next time.
        if let Ok(found) = self.look("1h") {
            anstream::println!("\n{}", report::table(&found));
        }
    }

    fn look(&self, window: &str) -> Outcome<report::Findings> {
        report::look(&Look::folder(&self.folder)?, None, window, None)
    }

    pub(super) fn summary(&self) -> Outcome {
        let found = self.look("all")?;
        anstream::println!("\n{BOLD}The whole demo{PLAIN}\n{}", report::table(&found));
        anstream::println!(
            "Your own brands: copy config/hark.toml, then `hark check` and `hark run`."
        );
        Ok(())
    }
}
