//! What the client says, as an error that says whose fault it is.

use crate::{Error, TaskId};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

/// What went wrong while doing something.
pub(super) fn fault(context: impl Into<String>) -> impl FnOnce(KafkaError) -> Error {
    move |error| {
        let context = context.into();
        match code(&error) {
            Some(code) if denied(code) => Error::Denied {
                context,
                message: explain(code),
            },
            code => Error::Io {
                context,
                message: describe(&error),
                retryable: !matches!(error, KafkaError::ClientConfig(..))
                    && code.is_none_or(may_pass),
            },
        }
    }
}

/// As [`fault`], for what a task does: somebody else may have taken it over.
pub(super) fn task_fault<'a>(
    task: &'a TaskId,
    context: &'a str,
) -> impl FnOnce(KafkaError) -> Error + 'a {
    move |error| match code(&error) {
        Some(code) if fenced(code) => Error::Fenced {
            task: task.to_string(),
        },
        _ => fault(format!("task {task}: {context}"))(error),
    }
}

/// What a consumer reports while it goes on by itself as soon as it can. What it will never get over
/// is an error.
pub(super) fn passing(error: KafkaError, context: impl Into<String>) -> Result<(), Error> {
    let fatal = matches!(error, KafkaError::MessageConsumptionFatal(_));
    let away = code(&error).is_some_and(away);
    // A handshake that was interrupted is reported as a refusal; the client tries it again.
    let handshake = matches!(code(&error), Some(Code::Authentication | Code::SSL));
    let error = fault(context)(error);
    if fatal || (!error.retryable() && !handshake) {
        return Err(error);
    }
    if away {
        tracing::debug!(%error, "a consumer reports");
    } else {
        tracing::warn!(%error, "a consumer is in trouble, and goes on trying");
    }
    Ok(())
}

/// The client's code, if it has one.
pub(super) fn code(error: &KafkaError) -> Option<Code> {
    match error {
        KafkaError::Transaction(error) => Some(error.code()),
        KafkaError::AdminOp(code) => Some(*code),
        _ => error.rdkafka_error_code(),
    }
}

fn fenced(code: Code) -> bool {
    matches!(
        code,
        Code::Fenced | Code::ProducerFenced | Code::InvalidProducerEpoch | Code::FencedInstanceId
    )
}

/// Whether no broker can be reached.
pub(super) fn away(code: Code) -> bool {
    matches!(code, Code::BrokerTransportFailure | Code::AllBrokersDown)
}

/// Whether a partition that there is has nobody to answer for it at the moment, or who was asked has
/// just left the cluster.
pub(super) fn unled(code: Code) -> bool {
    matches!(
        code,
        Code::NotLeaderForPartition
            | Code::LeaderNotAvailable
            | Code::UnknownTopicOrPartition
            | Code::DestroyBroker
    )
}

/// Whether it is about who may do what.
pub(super) fn denied(code: Code) -> bool {
    matches!(
        code,
        Code::Authentication
            | Code::SaslAuthenticationFailed
            | Code::SSL
            | Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::TransactionalIdAuthorizationFailed
            | Code::PolicyViolation
    )
}

fn explain(code: Code) -> String {
    let what_to_do = match code {
        Code::Authentication | Code::SaslAuthenticationFailed => {
            "the cluster does not accept the user or the password; check the sasl.* settings"
        }
        Code::SSL => {
            "no trusted connection: check ssl.ca.location, the certificate's name and its dates"
        }
        Code::TopicAuthorizationFailed => {
            "the user may not use a topic; it needs Create, Describe, DescribeConfigs, AlterConfigs, Alter, \
             Read and Write on those of hark"
        }
        Code::GroupAuthorizationFailed => {
            "the user may not use the consumer group; it needs to read it"
        }
        Code::TransactionalIdAuthorizationFailed => {
            "the user may not use the transactional id; it needs to describe and write it"
        }
        _ => "the cluster forbids it",
    };
    format!("{what_to_do} ({code})")
}

/// Whether the same call may succeed later.
fn may_pass(code: Code) -> bool {
    !matches!(
        code,
        Code::MessageSizeTooLarge
            | Code::InvalidMessageSize
            | Code::UnsupportedVersion
            | Code::UnsupportedFeature
            | Code::InvalidReplicationFactor
            | Code::InvalidConfig
            | Code::InvalidRecord
            | Code::InvalidTimestamp
            | Code::InvalidTopic
            | Code::UnsupportedSASLMechanism
            | Code::InvalidTransactionTimeout
    )
}

fn describe(error: &KafkaError) -> String {
    match error {
        _ if code(error).is_some_and(unanswered) => format!("{TOO_FEW} ({error})"),
        KafkaError::Transaction(error) => error.string(),
        _ => error.to_string(),
    }
}

/// Whether it is for want of brokers: the client waits for them, and says only that it waited too
/// long.
fn unanswered(code: Code) -> bool {
    matches!(
        code,
        Code::OperationTimedOut
            | Code::RequestTimedOut
            | Code::MessageTimedOut
            | Code::NotEnoughReplicas
            | Code::NotEnoughReplicasAfterAppend
    )
}

/// Some may answer: without the others they take nothing, and may not say so.
const TOO_FEW: &str = "too few brokers answer; are as many of them up as the topics need (min.insync.replicas), and can \
                       they be reached from here?";

/// The cluster said nothing in time.
pub(super) fn silent(context: impl Into<String>) -> Error {
    Error::Io {
        context: context.into(),
        message: TOO_FEW.to_owned(),
        retryable: true,
    }
}
