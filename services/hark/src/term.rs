//! Bars and tables, for a person at a terminal.

use crate::config::Config;
use crate::system::topic;
use hark_ingest::Progress;
use hark_proto::topics;
use hark_stream::{Log, TaskId, TopicName};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

/// How far an import has come: one bar for reading, one for judging. Drawn on standard error, and
/// only when that is a terminal.
pub(crate) struct ImportBar {
    read: ProgressBar,
    judged: ProgressBar,
}

impl ImportBar {
    pub(crate) fn new() -> Self {
        let target = if std::io::stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bars = MultiProgress::with_draw_target(target);
        let style = ProgressStyle::with_template(
            "{msg:<9} {bar:36.cyan/blue} {human_pos:>9}/{human_len:<9} {per_sec:>12} {eta:>5} left",
        )
        .expect("the template is a literal that a test draws");
        let bar = |message: &'static str| {
            bars.add(
                ProgressBar::new(0)
                    .with_style(style.clone())
                    .with_message(message),
            )
        };
        Self {
            read: bar("reading"),
            judged: bar("judging"),
        }
    }

    /// Follows how far the classify stage has come, until the bar is finished.
    pub(crate) fn follow(self: &Arc<Self>, log: Arc<dyn Log>, config: &Config) {
        let bar = Arc::clone(self);
        let items = topic(config, topics::ITEMS);
        tokio::spawn(async move {
            let mut ticks = tokio::time::interval(Duration::from_millis(250));
            while !bar.judged.is_finished() {
                ticks.tick().await;
                let (log, items) = (Arc::clone(&log), items.clone());
                let look = move || judged(&*log, &items);
                if let Ok(Ok((done, all))) = tokio::task::spawn_blocking(look).await {
                    bar.judged.set_length(all);
                    bar.judged.set_position(done);
                }
            }
        });
    }

    pub(crate) fn finish(&self) {
        self.read.finish_and_clear();
        self.judged.finish_and_clear();
    }
}

/// How many items have been judged, and how many there are.
fn judged(log: &dyn Log, items: &TopicName) -> Result<(u64, u64), hark_stream::Error> {
    let (mut done, mut all) = (0, 0);
    for partition in 0..log.partitions(items)? {
        let id = TaskId::new(hark_classify::STAGE, partition);
        done += log.position(&id, items)?.unwrap_or(0);
        all += log.bounds(items, partition)?.end;
    }
    Ok((done, all))
}

impl Progress for ImportBar {
    fn indexed(&self, bytes: u64, total: u64) {
        self.read.set_length(total);
        self.read.set_position(bytes);
    }

    fn delivered(&self, records: u64, total: u64) {
        self.read.set_length(total);
        self.read.set_position(records);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_can_be_drawn() {
        let bar = ImportBar::new();
        bar.indexed(10, 100);
        bar.delivered(1, 2);
        bar.finish();
        assert!(bar.judged.is_finished());
    }
}
