//! The command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use hark_telemetry::LogFormat;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

/// Hears how people say brands treated them, and tells those who can do something about it.
///
/// hark reads posts and reviews, scores what each says about each brand, and says in real time
/// who is talked about how much, who stands for or against a brand, and what someone should look
/// at now. Try `hark demo` first: it needs nothing.
///
/// Exit codes: 0 done; 1 your input or configuration; 2 usage; 3 the system.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Cli {
    /// Log lines as JSON objects.
    #[arg(long, global = true)]
    log_json: bool,

    /// What is logged to standard error, in the syntax of RUST_LOG, for example
    /// `info,hark_ingest=debug`. By default `info` for `run` and `warn` for everything else.
    #[arg(long, global = true, env = "HARK_LOG", value_name = "FILTER")]
    log: Option<String>,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(DemoArgs),
    Run(RunArgs),
    Import(ImportArgs),
    Classify(ClassifyArgs),
    Eval(EvalArgs),
    Report(ReportArgs),
    Tail(TailArgs),
    /// Give the topics' schemas to those who read them.
    ///
    /// The values of a topic are messages of Protobuf package hark.v1 in Confluent's wire format:
    /// a byte 0, the schema's id in four bytes, a byte 0, the message. Whoever has a schema
    /// registry registers the schemas there; whoever has none reads them from `hark run` itself,
    /// which answers like one at `[http] listen`.
    #[command(subcommand)]
    Schema(SchemaCommand),
    Check(CheckArgs),
    /// Look at what no stage could use, and put it back.
    ///
    /// A record that could not be used is kept whole, with the reason, for 14 days.
    #[command(subcommand)]
    DeadLetters(DeadLettersCommand),
}

/// Show what hark does: an invented market, live, with an incident.
///
/// Four invented grocers, several hundred posts written for them, time running sixty times as
/// fast. Nothing to configure, no network, nothing is left behind.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// End after this long, with a summary.
    #[arg(long = "for", value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub(crate) for_: Option<Duration>,

    /// The same seed gives the same stream.
    #[arg(long, default_value_t = 7)]
    pub(crate) seed: u64,

    /// Where to serve /metrics; port 0 takes any free one.
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    pub(crate) listen: String,
}

/// Listen, judge and alert until told to stop.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    #[command(flatten)]
    pub(crate) data: DataArgs,
    #[command(flatten)]
    pub(crate) roles: RoleArgs,
    /// Where to serve /metrics, /healthz, /readyz and the schemas, instead of where the
    /// configuration says; for several processes with one configuration.
    #[arg(long, env = "HARK_LISTEN", value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
}

/// Take a file through the whole path, then sum up.
///
/// Reads CSV or JSON lines as the configuration's file source says (without one: JSON lines with
/// `id`, `text`, `created_at`, `author`). Events are taken in the order of their own time, and
/// that time drives windows and alerts. Interrupted, it resumes; run twice, it changes nothing.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The file.
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    #[command(flatten)]
    pub(crate) data: DataArgs,
    #[command(flatten)]
    pub(crate) roles: RoleArgs,
    /// Which file source of the configuration says how to read it; needed when there are several.
    #[arg(long, value_name = "ID")]
    pub(crate) source: Option<String>,
    /// The summary as JSON, in the shape of `hark report --json`.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Judge texts.
///
/// Either one text as the argument, or with --jsonl one JSON object a line from standard input:
/// {"id"?, "text", "target"?, "others"?}. Out comes one line for each, in order.
#[derive(Debug, Args)]
pub(crate) struct ClassifyArgs {
    /// The text.
    #[arg(required_unless_present = "jsonl", conflicts_with = "jsonl")]
    pub(crate) text: Option<String>,
    /// The brand the text is read towards, as it is named there; with --jsonl that of lines
    /// without one of their own.
    #[arg(long, value_name = "BRAND")]
    pub(crate) target: Option<String>,
    /// Another brand the text names, so that what is said of it is not taken to be said of the
    /// target; may be given several times, and with --jsonl holds for every line.
    #[arg(long, value_name = "BRAND")]
    pub(crate) other: Vec<String>,
    /// Read JSON lines from standard input.
    #[arg(long)]
    pub(crate) jsonl: bool,
    /// Every score, not only what is over its threshold.
    #[arg(long)]
    pub(crate) all: bool,
    /// Say which words carry each label: every word is left out in turn, and the text judged again.
    #[arg(long)]
    pub(crate) explain: bool,
    /// JSON also for a single text.
    #[arg(long)]
    pub(crate) json: bool,
    /// Another model's folder, with model.onnx, tokenizer.json and labels.json.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) model: Option<PathBuf>,
}

/// Measure the model on texts of which you know what should be said.
///
/// One JSON object a line: {"text", "target"?, "others"?, "sentiment"?, "touchpoints"?, "intents"?,
/// "emotions"?, "expectation"?}, labels as `hark classify` writes their ids. A head that a line
/// leaves out is not scored there (touchpoints are the sixteen of the built-in model); a list in a list, as in [["delivery", "partner"]], means that
/// either will do; "touchpoints_known", "intents_known" and "emotions_known" name the only ids a
/// line speaks about. Scores are in per cent, with the middle 95 % of 1,000 bootstrap samples.
#[derive(Debug, Args)]
pub(crate) struct EvalArgs {
    /// The labelled texts, JSON lines.
    pub(crate) file: PathBuf,
    /// Split the scores by this field of the lines too, a string or a list of strings.
    #[arg(long, value_name = "FIELD")]
    pub(crate) by: Option<String>,
    /// How many of the surest errors of sentiment to show.
    #[arg(long, default_value_t = 20, value_name = "NUMBER")]
    pub(crate) worst: usize,
    /// One JSON object; shares are then 0 to 1.
    #[arg(long)]
    pub(crate) json: bool,
    /// Another model's folder, with model.onnx, tokenizer.json and labels.json.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) model: Option<PathBuf>,
}

/// Who is talked about how much, and how.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    pub(crate) look: LookArgs,
    /// As JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Only this market.
    #[arg(long, value_name = "ID")]
    pub(crate) market: Option<String>,
    /// The window to look at.
    #[arg(long, default_value = "24h", value_parser = ["1h", "24h", "7d", "28d", "all"])]
    pub(crate) window: String,
    /// The end of the window, RFC 3339; by default the newest mention's time.
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<jiff::Timestamp>,
}

/// Follow a topic.
///
/// Topics: hark.items, hark.mentions, hark.share-of-voice, hark.authors, hark.alerts,
/// hark.dead-letters. Works beside a running hark.
#[derive(Debug, Args)]
pub(crate) struct TailArgs {
    /// The topic; `alerts` is short for `hark.alerts`.
    pub(crate) topic: String,
    #[command(flatten)]
    pub(crate) look: LookArgs,
    /// Start with the oldest record that is kept, not with the next one.
    #[arg(long)]
    pub(crate) from_beginning: bool,
    /// End at the newest record instead of waiting for more.
    #[arg(long)]
    pub(crate) no_follow: bool,
    /// One JSON object a record with all that it says: key, partition, offset, timestamp, value.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Find every mistake in a configuration at once, and explain its brand queries.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// Try the queries on the texts of this file, one a line, and warn of clauses that match
    /// nothing or nearly everything.
    #[arg(long, value_name = "FILE")]
    pub(crate) sample: Option<PathBuf>,
    /// Say nothing but mistakes.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DeadLettersCommand {
    /// Show them, oldest first.
    List {
        #[command(flatten)]
        look: LookArgs,
        /// One JSON object each.
        #[arg(long)]
        json: bool,
    },
    /// Put records back into the topic they came from, to be tried again.
    ///
    /// What a source sent and nobody could read came from no topic: mend it and send it again.
    Replay {
        #[command(flatten)]
        look: LookArgs,
        /// Only the dead letters with these offsets (see `list`); by default all.
        #[arg(long, value_name = "OFFSET")]
        offset: Vec<u64>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum SchemaCommand {
    /// List the subjects, each with the id that the topic's values carry.
    List {
        #[command(flatten)]
        names: NameArgs,
        /// One JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Print a schema: the .proto file, and what it references as a comment.
    Show {
        /// The subject, as `list` names it.
        subject: String,
        #[command(flatten)]
        names: NameArgs,
        /// As a registry takes it: subject, schemaType, references, schema.
        #[arg(long)]
        json: bool,
    },
    Register(RegisterArgs),
}

/// What the topics are called.
#[derive(Debug, Args)]
pub(crate) struct NameArgs {
    /// The configuration: needed where it says `topic_prefix`, or `[log.kafka.registry]`.
    #[arg(long, short, env = "HARK_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// Register the schemas in a Confluent-compatible schema registry.
///
/// Each topic's under <topic>-value, and the file that they import under its name. What is there
/// already stays as it is, so it can be run again at any time: after every upgrade of hark, before
/// its processes are started. Values carry the registry's ids once `[log.kafka.registry]` names it.
#[derive(Debug, Args)]
pub(crate) struct RegisterArgs {
    /// Its address; by default that of the configuration's `[log.kafka.registry]`.
    #[arg(long, value_name = "URL")]
    pub(crate) registry: Option<String>,
    /// The environment variable that holds the user's name, or an API key.
    #[arg(long, value_name = "NAME", requires_all = ["password_env", "registry"])]
    pub(crate) user_env: Option<String>,
    /// The environment variable that holds the password, or the key's secret.
    #[arg(long, value_name = "NAME", requires = "user_env")]
    pub(crate) password_env: Option<String>,
    /// The environment variable that holds a bearer token.
    #[arg(
        long,
        value_name = "NAME",
        requires = "registry",
        conflicts_with = "user_env"
    )]
    pub(crate) bearer_env: Option<String>,
    #[command(flatten)]
    pub(crate) names: NameArgs,
    /// One JSON object a schema: subject, version, id, new.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    /// The configuration file.
    #[arg(long, short, env = "HARK_CONFIG", value_name = "FILE")]
    pub(crate) config: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct DataArgs {
    /// Where hark keeps its data. One running hark owns it; others may read.
    #[arg(long, short, env = "HARK_DATA_DIR", value_name = "FOLDER")]
    pub(crate) data_dir: PathBuf,
}

/// Where to look, for commands that take no part.
#[derive(Debug, Args)]
pub(crate) struct LookArgs {
    /// The data folder of the hark to look into.
    #[arg(long, short, env = "HARK_DATA_DIR", value_name = "FOLDER")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Its configuration: needed where hark works on Kafka.
    #[arg(long, short, env = "HARK_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

impl ImportArgs {
    /// Looking at what was imported.
    pub(crate) fn look(&self) -> LookArgs {
        LookArgs {
            data_dir: Some(self.data.data_dir.clone()),
            config: Some(self.config.config.clone()),
        }
    }
}

/// A part of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// Sources into items.
    Ingest,
    /// Items into mentions.
    Classify,
    /// Mentions into share of voice, standing and alerts.
    Aggregate,
    /// Alerts to people.
    Care,
}

/// Which parts of the work this process does.
#[derive(Debug, Args)]
pub(crate) struct RoleArgs {
    /// Only these parts of the work, with commas between; other processes do the rest, and share
    /// what they do in the same role. On Kafka.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "ROLE")]
    role: Vec<Role>,
}

impl RoleArgs {
    /// Whether this process does a part.
    pub(crate) fn has(&self, role: Role) -> bool {
        self.role.is_empty() || self.role.contains(&role)
    }

    /// Whether it does all of them.
    pub(crate) fn all(&self) -> bool {
        self.ours().len() == Role::value_variants().len()
    }

    /// Those it does.
    pub(crate) fn ours(&self) -> Vec<Role> {
        let all = Role::value_variants().iter().copied();
        all.filter(|role| self.has(*role)).collect()
    }
}

impl Cli {
    /// Sends logs to standard error, as asked.
    pub(crate) fn init_logs(&self) {
        let usual = if matches!(self.command, Command::Run(_)) {
            "info"
        } else {
            "warn"
        };
        let format = if self.log_json {
            LogFormat::Json
        } else {
            LogFormat::Text
        };
        let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        hark_telemetry::init_logs(format, self.log.as_deref().unwrap_or(usual), colour);
    }
}
