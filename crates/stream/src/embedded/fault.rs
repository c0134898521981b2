//! Turning SQLite's errors into the log's own.

use crate::Error;
use rusqlite::ErrorCode;
use rusqlite::ffi;
use std::path::Path;
use std::sync::Arc;

/// The data file, for the sake of errors that name it.
#[derive(Clone, Debug)]
pub(super) struct DataFile(Arc<Path>);

impl DataFile {
    pub(super) fn new(path: &Path) -> Self {
        Self(Arc::from(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// What a failure of SQLite means, for `map_err`.
    pub(super) fn fault(&self, doing: &'static str) -> impl Fn(rusqlite::Error) -> Error {
        move |error| self.translate(doing, error)
    }

    pub(super) fn corrupt(&self, detail: impl Into<String>) -> Error {
        Error::Corrupt {
            file: self.0.to_path_buf(),
            detail: detail.into(),
        }
    }

    fn translate(&self, doing: &str, error: rusqlite::Error) -> Error {
        let Some(failure) = error.sqlite_error() else {
            // No code of SQLite's own: a value of another type than the one written.
            return self.corrupt(format!("{doing}: {error}"));
        };
        match failure.code {
            ErrorCode::DiskFull => self.full(),
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::TypeMismatch => {
                self.corrupt(format!("{doing}: {error}"))
            }
            ErrorCode::SystemIoFailure => self.io_failure(doing, failure.extended_code, &error),
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => self.io(doing, &error, true),
            _ => self.io(doing, &error, false),
        }
    }

    fn io_failure(&self, doing: &str, extended: i32, error: &rusqlite::Error) -> Error {
        match extended {
            // The shared-memory file could not grow: on a full disk the first sign of it.
            ffi::SQLITE_IOERR_SHMSIZE => self.full(),
            // Bytes that must be there are not: the file was cut.
            ffi::SQLITE_IOERR_SHORT_READ | ffi::SQLITE_IOERR_CORRUPTFS => {
                self.corrupt(format!("{doing}: {error}"))
            }
            ffi::SQLITE_IOERR_WRITE
            | ffi::SQLITE_IOERR_FSYNC
            | ffi::SQLITE_IOERR_DIR_FSYNC
            | ffi::SQLITE_IOERR_TRUNCATE
            | ffi::SQLITE_IOERR_LOCK
            | ffi::SQLITE_IOERR_NOMEM => self.io(doing, error, true),
            _ => self.io(doing, error, false),
        }
    }

    fn full(&self) -> Error {
        Error::DiskFull {
            file: self.0.to_path_buf(),
        }
    }

    fn io(&self, doing: &str, error: &rusqlite::Error, retryable: bool) -> Error {
        Error::Io {
            context: format!("{doing} {}", self.0.display()),
            message: error.to_string(),
            retryable,
        }
    }
}

/// What a failure of the file system means.
pub(super) fn file_fault(doing: &str, path: &Path, error: &std::io::Error) -> Error {
    if error.kind() == std::io::ErrorKind::StorageFull {
        return Error::DiskFull {
            file: path.to_path_buf(),
        };
    }
    Error::Io {
        context: format!("{doing} {}", path.display()),
        message: error.to_string(),
        retryable: false,
    }
}
