//! A broker's `server.properties`.

use crate::cluster::Security;
use crate::{PASSWORD, USER};
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::path::Path;

/// One broker's number and its ports on 127.0.0.1.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Place {
    /// 1, 2, …
    pub(crate) id: u32,
    /// Where clients come.
    pub(crate) client: u16,
    /// Where other brokers, and our own probe, come: without a password.
    pub(crate) internal: u16,
    /// Where the controllers elect.
    pub(crate) controller: u16,
}

/// The properties of one broker among all, keeping its data in `folder`.
pub(crate) fn properties(place: Place, all: &[Place], security: Security, folder: &Path) -> String {
    let voters: Vec<String> = all
        .iter()
        .map(|one| format!("{}@127.0.0.1:{}", one.id, one.controller))
        .collect();
    let listeners = format!(
        "CLIENT://127.0.0.1:{},INTERNAL://127.0.0.1:{}",
        place.client, place.internal
    );
    let clients = match security {
        Security::Plaintext => "PLAINTEXT",
        Security::SaslSsl(_) => "SASL_SSL",
    };
    let copies = all.len();
    let in_sync = if copies > 1 { 2 } else { 1 };
    let mut text = format!(
        "process.roles=broker,controller
node.id={id}
controller.quorum.voters={voters}
controller.listener.names=CONTROLLER
inter.broker.listener.name=INTERNAL
listeners={listeners},CONTROLLER://127.0.0.1:{controller}
advertised.listeners={listeners}
listener.security.protocol.map=CLIENT:{clients},INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dir={data}
num.partitions=1
default.replication.factor={copies}
min.insync.replicas={in_sync}
offsets.topic.replication.factor={copies}
offsets.topic.num.partitions=4
transaction.state.log.replication.factor={copies}
transaction.state.log.min.isr={in_sync}
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor={copies}
share.coordinator.state.topic.min.isr={in_sync}
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
",
        id = place.id,
        voters = voters.join(","),
        controller = place.controller,
        data = folder.join("data").display(),
    );
    if let Security::SaslSsl(_) = security {
        let _ = write!(
            text,
            "sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.client.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.client.ssl.keystore.type=PEM
listener.name.client.ssl.keystore.location={key}
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS;User:{USER}
",
            key = folder.join("broker.pem").display(),
        );
    }
    text
}

/// What the formatting of a broker's folder is told of a user.
pub(crate) fn scram(user: &str) -> String {
    format!("SCRAM-SHA-512=[name={user},password={PASSWORD}]")
}
