//! What ends care.

use hark_stream::ErrorKind;

/// Why care cannot go on. A webhook that fails is never such a reason.
#[derive(Debug, thiserror::Error)]
pub enum CareError {
    /// The log failed.
    #[error(transparent)]
    Log(#[from] hark_stream::Error),
    /// An entry of the outbox is not what care wrote.
    #[error(
        "the outbox of webhook {webhook} holds an entry for alert record {offset} that cannot be \
         read ({message}); was it written by a newer hark? Run that one, or restore a backup"
    )]
    Outbox {
        /// Whose outbox.
        webhook: String,
        /// The offset of the alert's record.
        offset: u64,
        /// What is wrong with it.
        message: String,
    },
    /// Requests cannot be made on this machine.
    #[error("webhooks cannot be called from this machine: {0}")]
    Http(String),
}

impl CareError {
    /// Whether starting care again may help without anybody changing anything but room.
    pub fn retryable(&self) -> bool {
        matches!(self, Self::Log(error) if error.retryable())
    }

    /// Which of a bounded set of kinds it is, for labels.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Log(error) => ErrorKind::as_str(error.kind()),
            Self::Outbox { .. } => "outbox",
            Self::Http(_) => "http",
        }
    }
}
