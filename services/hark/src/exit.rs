//! How hark ends: whose fault it was decides the exit code.

use std::fmt;
use std::process::ExitCode;

/// Why a command could not do what it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The user's input or configuration: exit code 1. Each line says where and what to do.
    Input(Vec<String>),
    /// The system: exit code 3.
    System(String),
}

/// What a command returns.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    /// One mistake in the user's input.
    pub(crate) fn input(line: impl Into<String>) -> Self {
        Self::Input(vec![line.into()])
    }

    /// Says what happened on standard error and gives the exit code.
    pub(crate) fn report(self) -> ExitCode {
        let (lines, code) = match self {
            Self::Input(lines) => (lines, 1),
            Self::System(line) => (vec![line], 3),
        };
        for line in lines {
            anstream::eprintln!("hark: {line}");
        }
        ExitCode::from(code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(lines) => f.write_str(&lines.join("; ")),
            Self::System(line) => f.write_str(line),
        }
    }
}

/// The log's errors are the system's, except those a person can mend by other arguments.
impl From<hark_stream::Error> for Failure {
    fn from(error: hark_stream::Error) -> Self {
        use hark_stream::ErrorKind;
        match error.kind() {
            ErrorKind::Misuse | ErrorKind::Layout => Self::input(error.to_string()),
            _ => Self::System(error.to_string()),
        }
    }
}

impl From<hark_stream::StageError> for Failure {
    fn from(error: hark_stream::StageError) -> Self {
        match error {
            hark_stream::StageError::Log(error) => error.into(),
            failed => Self::System(failed.to_string()),
        }
    }
}

/// A registry that does not answer is the system's fault; the rest a person can mend.
impl From<hark_registry::Error> for Failure {
    fn from(error: hark_registry::Error) -> Self {
        if error.retryable() {
            Self::System(error.to_string())
        } else {
            Self::input(error.to_string())
        }
    }
}

impl From<hark_insight::StoreError> for Failure {
    fn from(error: hark_insight::StoreError) -> Self {
        Self::System(error.to_string())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::System(error.to_string())
    }
}
