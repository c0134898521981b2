//! `hark schema`: the topics' schemas, for those who read them.

use crate::cli::{NameArgs, RegisterArgs, SchemaCommand};
use crate::config::{Config, RegistryConfig, load};
use crate::exit::{Failure, Outcome};
use crate::schemas;
use hark_registry::{Catalogue, Entry, Registered};
use serde_json::{Value, json};
use std::fmt::Write;

pub(crate) async fn schema(command: SchemaCommand) -> Outcome {
    match command {
        SchemaCommand::List { names, json } => list(&names, json).await,
        SchemaCommand::Show {
            subject,
            names,
            json,
        } => show(&subject, &names, json),
        SchemaCommand::Register(args) => register(args).await,
    }
}

fn configured(names: &NameArgs) -> Outcome<Option<Config>> {
    names.config.as_deref().map(load).transpose()
}

fn catalogue(config: Option<&Config>) -> Catalogue {
    config.map_or_else(schemas::usual, schemas::catalogue)
}

async fn list(names: &NameArgs, as_json: bool) -> Outcome {
    let config = match configured(names)? {
        Some(config) => Some(schemas::with_ids(config).await?),
        None => None,
    };
    let catalogue = catalogue(config.as_ref());
    if as_json {
        let all: Vec<_> = catalogue.entries().iter().map(listed).collect();
        anstream::println!("{}", Value::from(all));
        return Ok(());
    }
    for entry in catalogue.entries() {
        let message = entry.schema.message.unwrap_or("imported by the others");
        anstream::println!("{:<28} {:>10}  {message}", entry.subject, entry.id);
    }
    Ok(())
}

fn listed(entry: &Entry) -> Value {
    json!({
        "subject": entry.subject,
        "id": entry.id,
        "message": entry.schema.message,
        "file": entry.schema.file,
    })
}

fn show(subject: &str, names: &NameArgs, as_json: bool) -> Outcome {
    let config = configured(names)?;
    let catalogue = catalogue(config.as_ref());
    let Some(entry) = catalogue.subject(subject) else {
        let subjects: Vec<_> = catalogue
            .entries()
            .iter()
            .map(|entry| entry.subject.as_str())
            .collect();
        return Err(Failure::input(format!(
            "there is no subject {subject:?}; subjects are {}",
            subjects.join(", ")
        )));
    };
    if as_json {
        anstream::println!("{}", entry.request());
    } else {
        anstream::print!("{}", with_references(entry));
    }
    Ok(())
}

/// The file, with a head that says where it belongs: it stays a .proto file.
fn with_references(entry: &Entry) -> String {
    let mut text = format!("// {}, subject {}\n", entry.schema.file, entry.subject);
    for reference in &entry.references {
        let (name, subject) = (&reference.name, &reference.subject);
        writeln!(text, "// references {name}, subject {subject}").expect("a string takes all");
    }
    text + "\n" + entry.schema.text
}

async fn register(args: RegisterArgs) -> Outcome {
    let config = configured(&args.names)?;
    let kafka = config.as_ref().and_then(|config| config.log.kafka.as_ref());
    let named = kafka.and_then(|kafka| kafka.registry.clone());
    let in_use = named.is_some();
    let given = args.registry.map(|url| RegistryConfig {
        url,
        user_env: args.user_env,
        password_env: args.password_env,
        bearer_env: args.bearer_env,
    });
    let Some(registry) = given.or(named) else {
        return Err(Failure::input(
            "say where to register: --registry URL, or --config with [log.kafka.registry]",
        ));
    };
    let told = |registered: &Registered| anstream::println!("{}", line(registered, args.json));
    let client = schemas::client(&registry)?;
    client.register(&catalogue(config.as_ref()), told).await?;
    if !in_use && !args.json {
        anstream::eprintln!(
            "hark: values carry these ids once [log.kafka.registry] names the registry"
        );
    }
    Ok(())
}

fn line(registered: &Registered, as_json: bool) -> String {
    let Registered {
        subject,
        version,
        id,
        new,
    } = registered;
    if as_json {
        return json!({ "subject": subject, "version": version, "id": id, "new": new }).to_string();
    }
    let done = if *new { "registered" } else { "was there" };
    format!("{subject:<28} version {version:>2}  id {id:>10}  {done}")
}
