//! Why a registry could not be used.

/// Why schemas could not be registered or found.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is none. Whoever wrote it has to mend it.
    #[error("{0}")]
    Address(String),
    /// Nobody answered. Trying again may help.
    #[error(
        "the schema registry at {url} does not answer: {cause}; is it up, and is this its address?"
    )]
    Unreachable {
        /// Where it was looked for.
        url: String,
        /// What happened.
        cause: String,
    },
    /// It does not know us, or does not let us.
    #[error(
        "the schema registry at {url} says {status}: {message}; look at the user and password, or \
         the token, and at what they may do"
    )]
    Denied {
        /// Where it is.
        url: String,
        /// The status of the answer.
        status: u16,
        /// What it says.
        message: String,
    },
    /// Something else answered.
    #[error(
        "what answers at {url} is no schema registry (status {status}); is the address right, with its path?"
    )]
    NotARegistry {
        /// Where it was looked for.
        url: String,
        /// The status of the answer.
        status: u16,
    },
    /// It does not take a schema.
    #[error("subject {subject}: the schema registry refuses the schema: {message} (code {code}); {}", advice(*.code))]
    Refused {
        /// The subject.
        subject: String,
        /// Its code.
        code: u32,
        /// What it says.
        message: String,
    },
    /// It failed. Trying again may help.
    #[error(
        "the schema registry at {url} failed with status {status}: {message}; its operator can tell why"
    )]
    Failed {
        /// Where it is.
        url: String,
        /// The status of the answer.
        status: u16,
        /// What it says.
        message: String,
    },
    /// It has other schemas than this hark writes, or none.
    #[error(
        "the schema registry at {url} does not have what this hark writes under {}; register it: \
         hark schema register",
        .subjects.join(", ")
    )]
    Missing {
        /// Where it is.
        url: String,
        /// The subjects without our schemas.
        subjects: Vec<String>,
    },
}

fn advice(code: u32) -> &'static str {
    match code {
        409 => {
            "something else was registered there before: give hark's topics another topic_prefix, \
             or have the subject deleted"
        }
        42_205 => "it, or the subject, is read-only: ask its operator",
        _ => "is it new enough to know Protobuf (Confluent 5.5)?",
    }
}

impl Error {
    /// Which of a bounded set of kinds it is.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Address(_) => "address",
            Self::Unreachable { .. } => "unreachable",
            Self::Denied { .. } => "denied",
            Self::NotARegistry { .. } => "not_a_registry",
            Self::Refused { .. } => "refused",
            Self::Failed { .. } => "failed",
            Self::Missing { .. } => "missing",
        }
    }

    /// Whether trying again can help.
    pub const fn retryable(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Failed { .. })
    }
}
