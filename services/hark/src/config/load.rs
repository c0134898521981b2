//! Reading and checking a configuration file.

use super::document::{Problems, Table, many, one, read};
use super::source::{SourceConfig, is_plain};
use super::{
    AuthorsConfig, BrandConfig, Config, HttpConfig, LogConfig, MarketConfig, REFERENCE, ValueFormat,
};
use crate::exit::{Failure, Outcome};
use crate::touchpoints::OwnTouchpoints;
use hark_aggregate::{
    AggregateConfig, AlertConfig, MentionRuleConfig, StandingConfig, TouchpointConfig,
};
use hark_care::WebhookConfig;
use hark_ingest::query::{Query, render_errors};
use hark_insight::Market;
use hark_model::{BrandId, MarketId, default_taxonomy};
use sha2::{Digest, Sha256};
use std::path::Path;
use toml::de::DeTable;

/// Reads a configuration file, or says every mistake in it, each with file, line and what to do.
pub(crate) fn load(path: &Path) -> Outcome<Config> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::input(format!("{}: {error}", path.display())))?;
    parse(path, &text).map_err(Failure::Input)
}

/// The configuration of `hark demo`.
pub(crate) fn parse_demo() -> Result<Config, Vec<String>> {
    parse(Path::new("demo.toml"), include_str!("../../demo/demo.toml"))
}

/// As [`load`], of a text at hand.
pub(super) fn parse(path: &Path, text: &str) -> Result<Config, Vec<String>> {
    let mut problems = Problems::new(path, text);
    let (mut document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        errors.iter().for_each(|error| problems.add_toml(error));
        return Err(problems.into_lines());
    }
    let config = sections(&mut document, &mut problems, text);
    for (key, _) in document.get_ref().iter() {
        let message = format!(
            "unknown section {:?}; sections are log, http, authors, brand, market, source, ingest, \
             classify, touchpoint, aggregate, standing, alert, webhook",
            key.get_ref()
        );
        problems.add(key.span().start, message);
    }
    if problems.is_empty() {
        Ok(config)
    } else {
        Err(problems.into_lines())
    }
}

fn sections(document: &mut Table<'_>, problems: &mut Problems<'_>, text: &str) -> Config {
    let brands = brands(document, problems);
    let markets = markets(document, &brands, problems);
    let sources = sources(document, problems);
    let touchpoints: Vec<TouchpointConfig> = many(document, "touchpoint", problems)
        .into_iter()
        .filter_map(|table| read(table, problems))
        .collect();
    let taxonomy = hark_aggregate::taxonomy(&touchpoints).unwrap_or_else(|found| {
        found
            .into_iter()
            .for_each(|message| problems.add(0, message));
        default_taxonomy()
    });
    let classify: hark_classify::Config = one(document, "classify", problems);
    let own_touchpoints = OwnTouchpoints::read(&touchpoints, classify.model.is_some());
    let own_touchpoints = own_touchpoints.unwrap_or_else(|found| {
        for message in found {
            problems.add(place_of(text, &message), message);
        }
        OwnTouchpoints::default()
    });
    let webhooks: Vec<WebhookConfig> = many(document, "webhook", problems)
        .into_iter()
        .filter_map(|table| read(table, problems))
        .collect();
    let mut alert: AlertConfig = one(document, "alert", problems);
    if alert.mention.is_empty() {
        alert.mention = default_rules();
    }
    let config = Config {
        log: one::<LogConfig>(document, "log", problems),
        http: one::<HttpConfig>(document, "http", problems),
        authors: one::<AuthorsConfig>(document, "authors", problems),
        ingest: one(document, "ingest", problems),
        classify,
        aggregate: one::<AggregateConfig>(document, "aggregate", problems),
        standing: one::<StandingConfig>(document, "standing", problems),
        webhooks: hark_care::Config { webhooks },
        fingerprint: fingerprint(text),
        brands,
        markets,
        sources,
        taxonomy,
        own_touchpoints,
        alert,
    };
    let found = [
        config.ingest.problems(),
        config.classify.problems(),
        config.webhooks.problems(&config.brand_ids()),
        config.calculus(&config.aggregate).err().unwrap_or_default(),
    ];
    for message in found.into_iter().flatten() {
        problems.add(place_of(text, &message), message);
    }
    if let Some(kafka) = &config.log.kafka {
        let authors = &config.authors;
        let own_pepper = authors.pepper_env.is_none() && authors.pepper_file.is_none();
        let pepper = own_pepper.then(|| {
            "[authors]: with Kafka every process must know the same pepper; name pepper_env or \
             pepper_file"
                .to_owned()
        });
        let json = config.log.format == ValueFormat::Json;
        let unused = (json && kafka.registry.is_some()).then(|| {
            "log.kafka.registry: JSON carries no schema id; take the registry away, or write \
             format = \"protobuf\""
                .to_owned()
        });
        for message in kafka.problems().into_iter().chain(pepper).chain(unused) {
            problems.add(place_of(text, &message), message);
        }
    }
    if !is_plain(&config.log.topic_prefix) {
        problems.add(
            0,
            "log.topic_prefix has lower-case letters, digits and hyphens",
        );
    }
    config
}

/// The line a message about a section belongs to: the section's head, where it can be told.
fn place_of(text: &str, message: &str) -> usize {
    let section = message.split(['.', ' ', ':']).next().unwrap_or_default();
    let id = message.split('"').nth(1);
    let quoted = id.and_then(|id| text.find(&format!("\"{id}\"")));
    quoted
        .or_else(|| text.find(&format!("\n[{section}")).map(|at| at + 1))
        .or_else(|| text.find(&format!("\n[[{section}")).map(|at| at + 1))
        .unwrap_or(0)
}

fn brands(document: &mut Table<'_>, problems: &mut Problems<'_>) -> Vec<BrandConfig> {
    let mut brands: Vec<BrandConfig> = Vec::new();
    let tables = many(document, "brand", problems);
    if tables.is_empty() {
        problems.add(
            0,
            "no brand to listen for: add a [[brand]] with id and query",
        );
    }
    for table in tables {
        let at = table.span().start;
        let query_at = table
            .get_ref()
            .iter()
            .find(|(key, _)| key.get_ref() == "query")
            .map_or(at, |(_, value)| value.span().start);
        let Some(brand) = read::<BrandConfig>(table, problems) else {
            continue;
        };
        if !is_plain(&brand.id) {
            problems.add(
                at,
                format!(
                    "brand {:?}: an id has lower-case letters, digits and hyphens",
                    brand.id
                ),
            );
        }
        if brands.iter().any(|known| known.id == brand.id) {
            problems.add(at, format!("brand {:?} is there twice", brand.id));
        }
        if let Err(errors) = Query::parse(&brand.query) {
            let shown = render_errors(&brand.query, &errors);
            problems.add(
                query_at,
                format!("the query of brand {:?} is wrong:\n{shown}", brand.id),
            );
        }
        brands.push(brand);
    }
    brands
}

/// The markets; without any, all brands make one.
fn markets(
    document: &mut Table<'_>,
    brands: &[BrandConfig],
    problems: &mut Problems<'_>,
) -> Vec<Market> {
    let mut markets: Vec<Market> = Vec::new();
    for table in many(document, "market", problems) {
        let at = table.span().start;
        let Some(market) = read::<MarketConfig>(table, problems) else {
            continue;
        };
        if !is_plain(&market.id) {
            problems.add(
                at,
                format!(
                    "market {:?}: an id has lower-case letters, digits and hyphens",
                    market.id
                ),
            );
        }
        if markets.iter().any(|known| known.id.as_str() == market.id) {
            problems.add(at, format!("market {:?} is there twice", market.id));
        }
        if market.brands.is_empty() {
            problems.add(at, format!("market {:?} has no brands", market.id));
        }
        for (place, id) in market.brands.iter().enumerate() {
            if !brands.iter().any(|brand| brand.id == *id) {
                problems.add(
                    at,
                    format!("market {:?} names the unknown brand {id:?}", market.id),
                );
            }
            if market.brands[..place].contains(id) {
                problems.add(
                    at,
                    format!("market {:?} names brand {id:?} twice", market.id),
                );
            }
        }
        markets.push(Market {
            id: MarketId::new(&market.id),
            brands: market.brands.iter().map(BrandId::new).collect(),
        });
    }
    if markets.is_empty() && !brands.is_empty() {
        let brands = brands.iter().map(BrandConfig::brand).collect();
        markets.push(Market {
            id: MarketId::new("all"),
            brands,
        });
    }
    markets
}

fn sources(document: &mut Table<'_>, problems: &mut Problems<'_>) -> Vec<SourceConfig> {
    let mut sources: Vec<SourceConfig> = Vec::new();
    for table in many(document, "source", problems) {
        let at = table.span().start;
        let Some(source) = SourceConfig::read(table, problems) else {
            continue;
        };
        if sources.iter().any(|known| known.id == source.id) {
            problems.add(
                at,
                format!("source {:?} is there twice", source.id.as_str()),
            );
        }
        sources.push(source);
    }
    sources
}

/// The rules of the reference configuration.
fn default_rules() -> Vec<MentionRuleConfig> {
    #[derive(serde::Deserialize)]
    struct Reference {
        alert: AlertConfig,
    }
    let reference: Reference =
        toml::from_str(REFERENCE).expect("the reference configuration is part of this build");
    reference.alert.mention
}

fn fingerprint(text: &str) -> String {
    Sha256::digest(text.as_bytes())[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        parse(Path::new("hark.toml"), text)
            .err()
            .unwrap_or_default()
    }

    #[test]
    fn the_reference_configuration_has_no_mistake() {
        assert_eq!(problems(REFERENCE), Vec::<String>::new());
    }

    #[test]
    fn every_mistake_is_said_at_once_with_its_line() {
        let found = problems(
            "[[brand]]\nid = \"a\"\nquery = \"(acme\"\ncolour = \"red\"\n\n[[market]]\nid = \"m\"\n\
             brands = [\"a\", \"b\"]\n\n[ingest]\nqueue = \"many\"\nqueu = 3\n\n[agregate]\n",
        );
        let all = found.join("\n");
        for wanted in [
            "hark.toml:4:1: unknown field `colour`",
            "hark.toml:3:9: the query of brand \"a\" is wrong",
            "names the unknown brand \"b\"",
            "hark.toml:11:9: invalid type: string \"many\"",
            "hark.toml:12:1: unknown field `queu`",
            "unknown section \"agregate\"",
        ] {
            assert!(all.contains(wanted), "{wanted}\n---\n{all}");
        }
    }

    #[test]
    fn without_a_market_all_brands_make_one_and_rules_are_the_reference_ones() {
        let config = parse(Path::new("x"), "[[brand]]\nid = \"a\"\nquery = \"acme\"\n").unwrap();
        assert_eq!(config.markets.len(), 1);
        assert!(config.alert.mention.iter().any(|rule| rule.id == "safety"));
    }

    #[test]
    fn values_are_protobuf_or_json_and_only_the_former_has_a_registry() {
        let with = |log: &str| {
            problems(&format!(
                "[log]\n{log}\n[authors]\npepper_env = \"P\"\n[[brand]]\nid = \"a\"\nquery = \"acme\"\n"
            ))
        };
        let registry = "kafka.servers = \"a:9092\"\nkafka.registry.url = \"https://r\"";
        assert_eq!(with("format = \"json\""), Vec::<String>::new());
        assert_eq!(with(registry), Vec::<String>::new());
        let both = with(&format!("format = \"json\"\n{registry}"));
        assert!(
            both.len() == 1 && both[0].contains("no schema id"),
            "{both:?}"
        );
        let other = with("format = \"avro\"");
        assert!(other[0].starts_with("hark.toml:2:"), "{other:?}");
    }

    #[test]
    fn a_file_that_is_no_toml_says_where() {
        assert!(problems("[[brand]\nid = 1")[0].starts_with("hark.toml:1:"));
    }
}
