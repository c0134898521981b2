//! A Kafka of the developer's own, kept in the target folder.

use crate::cargo::root;
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use kafka_broker::{Cluster, GUEST, Jars, Options, PASSWORD, Security, State, USER, Validity};
use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

/// What to do with it.
#[derive(Debug, Subcommand)]
pub(crate) enum KafkaCommand {
    /// Start a cluster, or the brokers of it that are down, and say where it is.
    Up(Up),
    /// Stop every broker and delete its data.
    Down,
    /// Kill a broker as a power cut does; `up` brings it back with its data.
    Kill(Which),
    /// Freeze a broker: it keeps its connections and answers nothing.
    Pause(Which),
    /// Let a frozen broker go on.
    Resume(Which),
    /// Say how each broker does.
    Status,
}

/// What a new cluster is to be.
#[derive(Debug, Args)]
pub(crate) struct Up {
    /// How many brokers; 3 make topics with three copies. Only for a new cluster.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=9))]
    brokers: u32,
    /// Clients come by TLS and SCRAM-SHA-512, with a certificate made on the spot. Only for a new cluster.
    #[arg(long)]
    sasl_ssl: bool,
}

/// Which of the brokers.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Its number, from 1 on.
    #[arg(default_value_t = 1)]
    broker: u32,
}

pub(crate) fn run(command: &KafkaCommand) -> Result<ExitCode> {
    let kafka = target().join("kafka");
    let folder = kafka.join("cluster");
    let jars = Jars::get(&kafka.join("jars"))?;
    if let KafkaCommand::Up(up) = command
        && !folder.exists()
    {
        let security = match up.sasl_ssl {
            true => Security::SaslSsl(Validity::Valid),
            false => Security::Plaintext,
        };
        let options = Options {
            brokers: up.brokers,
            security,
        };
        let cluster = Cluster::create(&jars, &folder, options)?;
        return said(&cluster);
    }
    let mut cluster =
        Cluster::open(&jars, &folder).context("start one with `cargo xtask kafka up`")?;
    match command {
        KafkaCommand::Up(_) => cluster.start()?,
        KafkaCommand::Down => {
            cluster.remove()?;
            println!("the cluster and its data are gone");
            return Ok(ExitCode::SUCCESS);
        }
        KafkaCommand::Kill(which) => cluster.kill(which.broker)?,
        KafkaCommand::Pause(which) => cluster.pause(which.broker)?,
        KafkaCommand::Resume(which) => cluster.resume(which.broker)?,
        KafkaCommand::Status => {}
    }
    said(&cluster)
}

fn said(cluster: &Cluster) -> Result<ExitCode> {
    for id in cluster.ids() {
        let state = match cluster.state(id)? {
            State::Up => "up",
            State::Silent => "paused, or coming up",
            State::Down => "down",
        };
        println!("broker {id}  {state}");
    }
    println!("bootstrap.servers  {}", cluster.bootstrap());
    if let Some(authority) = cluster.authority() {
        println!(
            "security.protocol  SASL_SSL, SCRAM-SHA-512, user {USER} (or {GUEST}, who may nothing), password {PASSWORD}"
        );
        println!("ssl.ca.location  {}", authority.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Cargo's target folder, where what is built and fetched belongs.
fn target() -> PathBuf {
    let given = env::var_os("CARGO_TARGET_DIR");
    root().join(given.map_or_else(|| "target".into(), PathBuf::from))
}
