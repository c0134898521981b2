//! Listening: one connection after the other until told to stop.

use super::backoff::Backoff;
use super::batch::Batch;
use super::connection::{self, Ended, Socket};
use super::counts::JetstreamCounts;
use super::cursor::Seen;
use super::frame::Unpacker;
use super::gap::Before;
use super::{JetstreamConfig, Pace};
use crate::source::{Cursor, Intake};
use hark_model::{SourceId, Timestamp};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// Messages read and not yet delivered.
const QUEUE: usize = 512;

/// What listening needs, from one connection to the next.
pub(super) struct Session<'a> {
    id: &'a SourceId,
    config: &'a JetstreamConfig,
    pace: Pace,
    counts: &'a JetstreamCounts,
    unpacker: Option<Unpacker>,
    before: Before,
}

/// How a connection went.
enum Went {
    /// It ended for this reason, after at least one event or before.
    Over { ended: Ended, had_events: bool },
    /// The service packs with another dictionary, of this id.
    OtherDictionary(u32),
    /// There is nobody to deliver to any more, or no wish to.
    Done,
}

impl<'a> Session<'a> {
    /// A session, or what has to be mended for one.
    pub(super) fn new(
        id: &'a SourceId,
        config: &'a JetstreamConfig,
        pace: Pace,
        counts: &'a JetstreamCounts,
    ) -> Result<Self, String> {
        config.check()?;
        let unpacker = config
            .zstd_dictionary
            .as_deref()
            .map(Unpacker::open)
            .transpose()?;
        Ok(Self {
            id,
            config,
            pace,
            counts,
            unpacker,
            before: Before::Nothing,
        })
    }

    /// Listens until stopped.
    pub(super) async fn listen(
        mut self,
        intake: &Intake,
        cursor: Option<Cursor>,
        stop: &CancellationToken,
    ) {
        if let Some(cursor) = cursor {
            match Seen::decode(&cursor) {
                Some(seen) => self.before = Before::Resumed(seen),
                None => {
                    tracing::warn!(source = %self.id, "the cursor is unreadable: starting live");
                }
            }
        }
        let mut backoff = Backoff::new(self.pace.first_pause, self.pace.longest_pause);
        let mut services = self.config.urls.iter().cycle().peekable();
        // Stopping comes first everywhere: what is left out is read again from the cursor.
        while let Some(service) = services.peek() {
            let cursor = match self.before {
                Before::Resumed(seen) => Some(seen.resume_at(self.config.rewind)),
                Before::Nothing | Before::Skipped(_) | Before::Unplaced(_) => None,
            };
            let address = connection::address(service, self.unpacker.is_some(), cursor);
            let opened = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                opened = connection::open(&address) => opened,
            };
            let went = match opened {
                Ok(socket) => self.receive(socket, intake, stop).await,
                Err(why) => Went::Over {
                    ended: Ended::Broken(why),
                    had_events: false,
                },
            };
            let pause = match went {
                Went::Done => return,
                Went::OtherDictionary(id) => {
                    tracing::error!(
                        source = %self.id, dictionary = id,
                        "the service packs with another dictionary than zstd_dictionary; going on \
                         without compression until the right one is configured"
                    );
                    self.unpacker = None;
                    continue;
                }
                Went::Over { ended, had_events } => {
                    if had_events {
                        backoff.reset();
                    } else {
                        services.next();
                    }
                    let pause = backoff.pause();
                    tracing::warn!(source = %self.id, ?ended, ?pause, "the connection is over");
                    pause
                }
            };
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn receive(&mut self, socket: Socket, intake: &Intake, stop: &CancellationToken) -> Went {
        self.counts.connected();
        tracing::info!(source = %self.id, "connected");
        let since = Timestamp::from_millis(jiff::Timestamp::now().as_millisecond());
        let (queue, mut messages) = mpsc::channel(QUEUE);
        let reading = connection::read(socket, queue, self.pace.idle_limit);
        let reading = AbortOnDropHandle::new(tokio::spawn(reading));
        let mut batch = Batch::new(self.before, self.counts);
        let mut other_dictionary = None;
        loop {
            let due = batch.due();
            let over = tokio::select! {
                // What is due goes before what has come, or a flood would keep it back.
                biased;
                () = stop.cancelled() => return Went::Done,
                () = tokio::time::sleep_until(due.unwrap_or_else(tokio::time::Instant::now)),
                    if due.is_some() => false,
                message = messages.recv() => match message {
                    None => true,
                    Some(message) => match batch.push(&message, self.unpacker.as_mut()) {
                        Ok(()) if !batch.is_full() => continue,
                        Ok(()) => false,
                        Err(id) => {
                            other_dictionary = Some(id);
                            true
                        }
                    },
                },
            };
            if let Some(delivery) = batch.take() {
                let delivered = tokio::select! {
                    biased;
                    () = stop.cancelled() => return Went::Done,
                    delivered = intake.deliver(delivery) => delivered,
                };
                if delivered.is_err() {
                    return Went::Done;
                }
            }
            if over {
                break;
            }
        }
        let had_events = batch.has_begun();
        let latest = batch.latest();
        if let Some(id) = other_dictionary {
            self.remember(latest, had_events, since, false);
            return Went::OtherDictionary(id);
        }
        let ended = reading
            .await
            .unwrap_or_else(|error| Ended::Broken(error.to_string()));
        self.remember(latest, had_events, since, ended == Ended::TooLarge);
        Went::Over { ended, had_events }
    }

    /// What the next connection has to know of this one.
    fn remember(&mut self, latest: Option<Seen>, had_events: bool, since: Timestamp, skip: bool) {
        self.before = match (latest, self.before) {
            (Some(latest), _) if skip => Before::Skipped(latest),
            // Not even a skipping connection has placed itself: its gap is still open.
            (Some(latest), Before::Skipped(_)) if !had_events => Before::Skipped(latest),
            (Some(latest), _) => Before::Resumed(latest),
            (None, Before::Unplaced(since)) => Before::Unplaced(since),
            (None, _) => Before::Unplaced(since),
        };
    }
}
