//! What a person sees of the demo.

use crate::commands::{line, report};
use crate::config::Config;
use crate::exit::Outcome;
use crate::logs::Look;
use hark_model::{Alert, Occasion, Timestamp};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Alerts and tables on the terminal.
pub(super) struct View {
    folder: PathBuf,
    brands: usize,
}

const BOLD: &str = "\x1b[1m";
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
        // Kept for the record; nobody is told.
        if matches!(alert.occasion, Occasion::Inhibited | Occasion::Amended) {
            return;
        }
        let headline = line::headline(alert, hour);
        anstream::println!("{DIM}{}{PLAIN} {headline}", hour(alert.updated_at));
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

/// Hour and minute of the invented day.
fn hour(time: Timestamp) -> String {
    time.to_string().get(11..16).unwrap_or_default().to_owned()
}
