//! What an operator writes.

use hark_care::Config;
use hark_model::BrandId;
use serde::Deserialize;
use std::time::Duration;

const CANARY: &str = "whsec_Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5";

#[derive(Deserialize)]
struct File {
    webhook: Config,
}

fn read(text: &str) -> Result<Config, toml::de::Error> {
    toml::from_str::<File>(text).map(|file| file.webhook)
}

/// The section of config/hark.toml, its comment signs taken away.
fn documented() -> String {
    let reference = include_str!("../../../../config/hark.toml");
    let (_, section) = reference.split_once("# [[webhook]]\n").unwrap();
    let lines = section
        .lines()
        .map(|line| line.strip_prefix("# ").unwrap_or(line));
    format!("[[webhook]]\n{}", lines.collect::<Vec<_>>().join("\n"))
}

#[test]
fn the_documented_section_is_read_and_shows_the_defaults() {
    let config = read(&documented()).unwrap();
    let brands = [BrandId::new("northwind-air")];
    assert!(config.problems(&brands).is_empty());
    let shown = &config.webhooks[0];
    assert_eq!(
        shown.brands.as_deref(),
        Some(&["northwind-air".to_owned()][..])
    );
    let least =
        read("[[webhook]]\nid = 'x'\nurl = 'https://example.org'\nsecret_env = 'S'").unwrap();
    let least = &least.webhooks[0];
    assert_eq!(
        (least.min_severity, least.timeout, least.give_up_after),
        (shown.min_severity, shown.timeout, shown.give_up_after)
    );
    assert_eq!(shown.timeout, Duration::from_secs(10));
    assert_eq!(shown.give_up_after, Duration::from_secs(72 * 3_600));
}

#[test]
fn an_unknown_key_and_a_broken_value_are_refused() {
    let base = "[[webhook]]\nid = 'x'\nurl = 'https://example.org'\n";
    for line in [
        "retries = 3",
        "timeout = 10",
        "timeout = 'soon'",
        "min_severity = 300",
    ] {
        assert!(read(&format!("{base}{line}")).is_err(), "{line}");
    }
    assert!(read("[[webhook]]\nid = 'x'\nurl = 'example'").is_err());
}

#[test]
fn every_mistake_is_named_at_once() {
    let config = read(
        "[[webhook]]\nid = 'a b'\nurl = 'ftp://user:pw@example.org'\nbrands = ['nobody']\n\
         min_severity = 11\ntimeout = '0s'\n\
         [[webhook]]\nid = 'a b'\nurl = 'https://example.org'\nsecret_env = 'A'\n\
         secret_file = 'b'\nbrands = []\ngive_up_after = '1s'",
    );
    let problems = config.unwrap().problems(&[BrandId::new("skylark")]);
    assert_eq!(problems.len(), 12, "{problems:#?}");
    assert!(
        problems
            .iter()
            .all(|problem| problem.starts_with("webhook \"a b\": "))
    );
    assert!(!format!("{problems:?}").contains("pw"));
}

#[test]
fn secrets_come_from_the_environment_or_a_file_and_are_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, format!("{CANARY}\n")).unwrap();
    let section = |id: &str, line: &str| {
        format!("[[webhook]]\nid = '{id}'\nurl = 'https://example.org/canary'\n{line}\n")
    };
    let env = |name: &str| match name {
        "GOOD" => Some(CANARY.to_owned()),
        "BARE" => Some("Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5".to_owned()),
        "SHORT" => Some("whsec_Y2FuYXJ5".to_owned()),
        "GARBLED" => Some("whsec_canary?canary?canary?canary?".to_owned()),
        _ => None,
    };
    let from_file = format!("secret_file = '{}'", file.display());
    let good = section("env", "secret_env = 'GOOD'") + &section("file", &from_file);
    let webhooks = read(&good).unwrap().resolve(&env).unwrap();
    let shown = format!("{webhooks:?}");
    assert!(
        shown.contains("[redacted]") && !shown.contains("canary"),
        "{shown}"
    );

    let bad = ["BARE", "SHORT", "GARBLED", "UNSET"]
        .map(|name| section(name, &format!("secret_env = '{name}'")))
        .concat()
        + &section("nofile", "secret_file = '/nonexistent/secret'")
        + &section("nowhere", "");
    let errors = read(&bad).unwrap().resolve(&env).unwrap_err();
    assert_eq!(errors.len(), 6);
    for error in errors {
        let shown = format!("{error} {error:?}");
        assert!(
            !shown.contains("canary") && !shown.contains("Y2Fu"),
            "{shown}"
        );
        assert!(!error.to_string().is_empty());
    }
}
