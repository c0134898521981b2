//! The broker does to clients what tests rely on. Skipped where there is no Java or no way to the
//! jars, and the summary says so.

use anyhow::{Result, ensure};
use kafka_broker::{Jars, Options, Running, Security, State, Validity};
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let jars = Jars::for_tests(&kafka().join("jars"));
    let skip = jars.is_none();
    let trial = |name: &str, test: fn(&Jars) -> Result<()>| {
        let jars = jars.clone();
        let run = move || match &jars {
            Some(jars) => test(jars).map_err(|error| Failed::from(format!("{error:?}"))),
            None => Ok(()),
        };
        Trial::test(name, run).with_ignored_flag(skip)
    };
    let trials = vec![
        trial(
            "a_broker_that_is_up_answers_and_one_that_was_stopped_is_gone",
            up_and_gone,
        ),
        trial("a_killed_broker_comes_back_at_its_address", killed_and_back),
        trial("a_paused_broker_is_silent_until_it_is_resumed", paused),
        trial("three_brokers_outlive_one", three),
        trial("a_broker_for_passwords_and_certificates_comes_up", secure),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn kafka() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("kafka")
}

fn start(jars: &Jars, options: Options) -> Result<Running> {
    Running::start(jars, &kafka().join("clusters"), options)
}

fn is(cluster: &Running, id: u32, state: State) -> Result<()> {
    let found = cluster.state(id)?;
    ensure!(found == state, "broker {id} is {found:?}, not {state:?}");
    Ok(())
}

fn up_and_gone(jars: &Jars) -> Result<()> {
    let mut cluster = start(jars, Options::default())?;
    is(&cluster, 1, State::Up)?;
    ensure!(cluster.bootstrap().starts_with("127.0.0.1:"));
    ensure!(cluster.authority().is_none());
    cluster.stop(1)?;
    is(&cluster, 1, State::Down)
}

fn killed_and_back(jars: &Jars) -> Result<()> {
    let mut cluster = start(jars, Options::default())?;
    let address = cluster.bootstrap();
    cluster.kill(1)?;
    is(&cluster, 1, State::Down)?;
    cluster.start()?;
    is(&cluster, 1, State::Up)?;
    ensure!(cluster.bootstrap() == address);
    Ok(())
}

fn paused(jars: &Jars) -> Result<()> {
    let cluster = start(jars, Options::default())?;
    cluster.pause(1)?;
    is(&cluster, 1, State::Silent)?;
    cluster.resume(1)?;
    is(&cluster, 1, State::Up)
}

fn three(jars: &Jars) -> Result<()> {
    let options = Options {
        brokers: 3,
        ..Options::default()
    };
    let mut cluster = start(jars, options)?;
    ensure!(cluster.ids() == [1, 2, 3]);
    cluster.kill(2)?;
    is(&cluster, 1, State::Up)?;
    is(&cluster, 2, State::Down)?;
    is(&cluster, 3, State::Up)
}

fn secure(jars: &Jars) -> Result<()> {
    for validity in [Validity::Valid, Validity::Expired] {
        let options = Options {
            security: Security::SaslSsl(validity),
            ..Options::default()
        };
        let cluster = start(jars, options)?;
        is(&cluster, 1, State::Up)?;
        let authority = std::fs::read_to_string(cluster.authority().unwrap_or_default())?;
        ensure!(authority.starts_with("-----BEGIN CERTIFICATE-----"));
    }
    Ok(())
}
