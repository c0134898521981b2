//! Transactions that a broker forgot to end.
//!
//! A coordinator answers a commit once it has written down that it will count, and tells the partitions
//! afterwards. A single broker that is killed in between, and started again, can take the
//! transaction for complete without having told them (seen with Kafka 4.3.1: `CompleteCommit` in the
//! coordinator's log, and no mark in the partitions). Its records then stay undecided, and the next mark of the same
//! producer decides over them as well: an abort takes them back although they were acknowledged,
//! a commit makes them count although the task has taken them for lost.
//!
//! So whoever takes a task over ends, before it reads anything, what may be undecided: with a
//! transaction of its own that is taken back.

use super::cluster::Cluster;
use super::producer::TaskProducer;
use crate::{Error, TaskId};

/// The record that is taken back, and the mark that says so.
const OWN: u64 = 2;

/// Ends what an earlier transaction of this task left undecided, as one that does not count.
pub(super) fn end(
    cluster: &Cluster,
    producer: &TaskProducer,
    changelog: &str,
    id: &TaskId,
) -> Result<(), Error> {
    if !cluster.options.exactly_once {
        return Ok(());
    }
    // Every commit writes here, and nobody else does.
    let place = (changelog.to_owned(), id.partition);
    let before = cluster.decided(changelog, id.partition)?.end;
    producer.take_back(std::slice::from_ref(&place))?;
    // Until the mark is there, the end is where it was.
    cluster.wrote(changelog, id.partition, before + OWN - 1);
    let after = cluster.bounds_of(changelog, id.partition)?.end;
    if after <= before + OWN {
        return Ok(());
    }
    tracing::warn!(task = %id, records = after - before - OWN,
        "a broker left a transaction of this task undecided; it is taken back and done again");
    // Where else it wrote, nobody knows.
    let mut places = vec![place];
    for topic in cluster.topics()? {
        let name = cluster.options.topic(&topic.name);
        places.extend((0..topic.partitions).map(|partition| (name.clone(), partition)));
    }
    producer.take_back(&places)
}
