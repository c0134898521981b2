//! How one particular file is read: what its first bytes and its header say, and the
//! configuration.

use super::charset::{Charset, refuse_packed};
use super::config::{FileConfig, FileFormat};
use super::csv::{self, CsvParser};
use super::frame::{Dialect, Fault, Framer};
use super::jsonl;
use super::layout::{Field, Layout};
use super::map::{Mapper, Refused};
use super::moment::Clock;
use crate::source::{RawItem, Unusable};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// A record may have this many bytes.
pub(super) const MAX_RECORD_BYTES: usize = 1024 * 1024;
const HEAD_BYTES: u64 = 64 * 1024;

/// Reads the records of one file.
pub(super) struct Plan {
    charset: Charset,
    shape: Shape,
    mapper: Mapper,
    cap: usize,
}

enum Shape {
    Csv(Box<CsvParser>, Layout<usize>),
    Jsonl(Layout<String>),
}

/// The file behind its header, and how to read it.
pub(super) struct Opened {
    pub(super) plan: Plan,
    pub(super) framer: Framer<File>,
    pub(super) total_bytes: u64,
}

impl Plan {
    /// Opens a file and finds out how to read it; the error says what to mend.
    pub(super) fn open(path: &Path, config: &FileConfig, cap: usize) -> Result<Opened, String> {
        config.check()?;
        let shown = path.display();
        let unreadable = |error| format!("{shown} cannot be read: {error}");
        let mut file = File::open(path).map_err(unreadable)?;
        let about = file.metadata().map_err(unreadable)?;
        if !about.is_file() {
            return Err(format!("{shown} is not a file"));
        }
        let mut head = Vec::new();
        (&mut file)
            .take(HEAD_BYTES)
            .read_to_end(&mut head)
            .map_err(unreadable)?;
        file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
        let in_file = |why| format!("{shown}: {why}");
        refuse_packed(&head).map_err(|advice| format!("{shown} {advice}"))?;
        let charset = Charset::detect(&head, config.encoding.as_deref()).map_err(in_file)?;
        let mapper = Mapper {
            clock: Clock::new(&config.time)?,
            scale: config.rating_scale,
            has_id: config.columns.id.is_some(),
        };
        let format = config.format.unwrap_or_else(|| format_of(path));
        let (framer, shape) = match format {
            FileFormat::Csv => csv_shape(file, &charset, &charset.decode_head(&head), config, cap),
            FileFormat::Jsonl => jsonl_shape(file, &charset, config, cap),
        }
        .map_err(in_file)?;
        let plan = Self {
            charset,
            shape,
            mapper,
            cap,
        };
        Ok(Opened {
            plan,
            framer,
            total_bytes: about.len(),
        })
    }

    /// The item of a record, `None` of a blank one.
    pub(super) fn read(
        &mut self,
        raw: &[u8],
        fault: Option<Fault>,
    ) -> Result<Option<RawItem>, Refused> {
        if let Some(fault) = fault {
            return Err(self.refuse(fault));
        }
        let text = self.charset.decode(raw).ok_or_else(|| {
            let detail = format!(
                "is not {}: set encoding, or mend the line",
                self.charset.name()
            );
            Refused::new(Unusable::Encoding, detail)
        })?;
        let fields = match &mut self.shape {
            Shape::Csv(parser, layout) => parser.fields(&text, layout)?,
            Shape::Jsonl(layout) => jsonl::fields(&text, layout)?,
        };
        fields
            .map(|fields| self.mapper.item(&fields, raw))
            .transpose()
    }

    fn refuse(&self, fault: Fault) -> Refused {
        match fault {
            Fault::TooLarge => {
                let detail = format!("begins a record of more than {} bytes", self.cap);
                Refused::new(Unusable::TooLarge, detail)
            }
            Fault::Unclosed => Refused::new(
                Unusable::Malformed,
                "opens a quote that is never closed; the lines behind it are read on their own"
                    .to_owned(),
            ),
        }
    }

    /// The column that holds the ids, for messages.
    pub(super) fn id_column(&self) -> &str {
        fn name<At>(layout: &Layout<At>) -> Option<&str> {
            let id = layout
                .fields
                .iter()
                .find(|(field, _, _)| *field == Field::Id);
            id.map(|(_, name, _)| name.as_str())
        }
        match &self.shape {
            Shape::Csv(_, layout) => name(layout),
            Shape::Jsonl(layout) => name(layout),
        }
        .unwrap_or("id")
    }
}

fn format_of(path: &Path) -> FileFormat {
    let ending = path
        .extension()
        .and_then(|ending| ending.to_str())
        .unwrap_or_default();
    match ending.to_ascii_lowercase().as_str() {
        "jsonl" | "ndjson" | "json" => FileFormat::Jsonl,
        _ => FileFormat::Csv,
    }
}

fn csv_shape(
    file: File,
    charset: &Charset,
    head: &str,
    config: &FileConfig,
    cap: usize,
) -> Result<(Framer<File>, Shape), String> {
    let named = csv::excel_separator(head);
    let delimiter = match (config.delimiter, named) {
        (Some(delimiter), _) => delimiter as u8,
        (None, Some(named)) => named,
        (None, None) => csv::delimiter_of(head),
    };
    let mut framer = Framer::new(file, charset.unit(), Dialect::Csv(delimiter), cap);
    let mut parser = CsvParser::new(delimiter);
    let failed = |error: std::io::Error| format!("cannot be read: {error}");
    framer.skip(charset.mark).map_err(failed)?;
    if named.is_some() {
        framer.next().map_err(failed)?;
    }
    let (_, fault) = framer
        .next()
        .map_err(failed)?
        .ok_or("is empty: it has no header line")?;
    let header = charset
        .decode(framer.record())
        .filter(|_| fault.is_none())
        .ok_or_else(|| {
            format!(
                "its header line is not {} or not a line: set encoding",
                charset.name()
            )
        })?;
    let header: Vec<String> = parser
        .parse(&header)
        .map_err(|refused| refused.detail)?
        .iter()
        .map(str::to_owned)
        .collect();
    let layout = Layout::new(&config.columns, |name| csv::column(name, &header))?;
    Ok((framer, Shape::Csv(Box::new(parser), layout)))
}

fn jsonl_shape(
    file: File,
    charset: &Charset,
    config: &FileConfig,
    cap: usize,
) -> Result<(Framer<File>, Shape), String> {
    let layout = Layout::new(&config.columns, jsonl::pointer)?;
    let mut framer = Framer::new(file, charset.unit(), Dialect::Lines, cap);
    framer
        .skip(charset.mark)
        .map_err(|error| format!("cannot be read: {error}"))?;
    Ok((framer, Shape::Jsonl(layout)))
}
