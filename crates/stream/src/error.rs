//! What can go wrong with a log, and whose fault it is.

use std::path::PathBuf;

/// A log's refusal or failure.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process owns the data folder.
    #[error(
        "the data folder {} is in use by another hark process{}; stop that one, or give this one \
         another --data-dir", folder.display(), owner.as_deref().map(|o| format!(" ({o})")).unwrap_or_default()
    )]
    InUse {
        /// The folder.
        folder: PathBuf,
        /// What is known of the owner, for example `pid 4711`.
        owner: Option<String>,
    },
    /// The data file is damaged.
    #[error("the data file {} is damaged ({detail}); restore it from a backup, or move it away to start anew", file.display())]
    Corrupt {
        /// The file.
        file: PathBuf,
        /// What the check said.
        detail: String,
    },
    /// No room on the disk.
    #[error("no room left on the disk that holds {}; nothing of this step was written and it is tried again", file.display())]
    DiskFull {
        /// The file that could not grow.
        file: PathBuf,
    },
    /// The data folder was written by another version of hark.
    #[error("the data folder {} has layout {found}, this hark reads layout {expected}; use the hark that wrote it, or another --data-dir", folder.display())]
    Layout {
        /// The folder.
        folder: PathBuf,
        /// The layout it has.
        found: i64,
        /// The layout this version reads.
        expected: i64,
    },
    /// A newer handle on the same task exists.
    #[error("task {task} was opened again elsewhere; this handle may not commit any more")]
    Fenced {
        /// The task.
        task: String,
    },
    /// A cluster does not let us in, or not do what we ask.
    #[error("{context}: {message}")]
    Denied {
        /// What was tried.
        context: String,
        /// Why, and what to do.
        message: String,
    },
    /// The caller asked for what cannot be: a mistake in hark or in its configuration.
    #[error("{0}")]
    Misuse(String),
    /// The machine failed.
    #[error("{context}: {message}")]
    Io {
        /// What was tried.
        context: String,
        /// What the system said.
        message: String,
        /// Whether trying again may help.
        retryable: bool,
    },
}

/// A bounded name for metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Another process owns the data.
    InUse,
    /// Damaged data.
    Corrupt,
    /// No room.
    DiskFull,
    /// Another version's data.
    Layout,
    /// An older handle.
    Fenced,
    /// Wrong credentials, certificates or permissions.
    Denied,
    /// A mistake of the caller.
    Misuse,
    /// The machine.
    Io,
}

impl Error {
    /// The system has no thread to give.
    pub fn no_thread(error: &std::io::Error) -> Self {
        Self::Io {
            context: "starting a thread".to_owned(),
            message: error.to_string(),
            retryable: false,
        }
    }

    /// The kind, for metrics and for exit codes.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::InUse { .. } => ErrorKind::InUse,
            Self::Corrupt { .. } => ErrorKind::Corrupt,
            Self::DiskFull { .. } => ErrorKind::DiskFull,
            Self::Layout { .. } => ErrorKind::Layout,
            Self::Fenced { .. } => ErrorKind::Fenced,
            Self::Denied { .. } => ErrorKind::Denied,
            Self::Misuse(_) => ErrorKind::Misuse,
            Self::Io { .. } => ErrorKind::Io,
        }
    }

    /// Whether the same call may succeed later without anybody changing anything but room.
    pub fn retryable(&self) -> bool {
        match self {
            Self::DiskFull { .. } => true,
            Self::Io { retryable, .. } => *retryable,
            _ => false,
        }
    }
}

impl ErrorKind {
    /// A stable label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InUse => "in_use",
            Self::Corrupt => "corrupt",
            Self::DiskFull => "disk_full",
            Self::Layout => "layout",
            Self::Fenced => "fenced",
            Self::Denied => "denied",
            Self::Misuse => "misuse",
            Self::Io => "io",
        }
    }
}
