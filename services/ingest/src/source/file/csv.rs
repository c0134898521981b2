//! Fields of a CSV record.

use super::layout::{Fields, Layout};
use super::map::Refused;
use super::nearest::{nearest, plain};
use crate::source::Unusable;
use std::io::{Cursor, SeekFrom};

/// The delimiters that are told by themselves, the likeliest first.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// Parses one record after the other.
pub(super) struct CsvParser {
    // One reader for all records: building one costs more than parsing a record.
    reader: csv::Reader<Cursor<Vec<u8>>>,
    record: csv::StringRecord,
}

impl CsvParser {
    /// A parser for this delimiter.
    pub(super) fn new(delimiter: u8) -> Self {
        let mut builder = csv::ReaderBuilder::new();
        builder
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter);
        Self {
            reader: builder.from_reader(Cursor::default()),
            record: csv::StringRecord::new(),
        }
    }

    /// The fields of a record's text.
    pub(super) fn parse(&mut self, text: &str) -> Result<&csv::StringRecord, Refused> {
        let input = self.reader.get_mut().get_mut();
        input.clear();
        input.extend_from_slice(text.as_bytes());
        self.reader
            .seek_raw(SeekFrom::Start(0), csv::Position::new())
            .and_then(|()| self.reader.read_record(&mut self.record))
            .map_err(|error| Refused::new(Unusable::Malformed, format!("is not CSV: {error}")))?;
        Ok(&self.record)
    }

    /// The mapped fields of a record's text; `None` when every field is blank.
    pub(super) fn fields(
        &mut self,
        text: &str,
        layout: &Layout<usize>,
    ) -> Result<Option<Fields>, Refused> {
        let record = self.parse(text)?;
        if record.iter().all(|value| value.trim().is_empty()) {
            return Ok(None);
        }
        let value = |name: &str, at: usize| {
            record.get(at).map(str::to_owned).ok_or_else(|| {
                let (has, needs) = (record.len(), at + 1);
                let detail = format!("has {has} fields, but column {name:?} is number {needs}");
                Refused::new(Unusable::Malformed, detail)
            })
        };
        let mut fields = Fields::default();
        for (field, name, at) in &layout.fields {
            fields.set(*field, Some(value(name, *at)?));
        }
        for (name, at) in &layout.identity {
            fields.identity.push(value(name, *at)?);
        }
        Ok(Some(fields))
    }
}

/// Finds a column by its name, in whatever case and with space around it.
pub(super) fn column(name: &str, header: &[String]) -> Result<usize, String> {
    let wanted = plain(name);
    let mut found = header
        .iter()
        .enumerate()
        .filter(|(_, column)| plain(column) == wanted);
    match (found.next(), found.next()) {
        (Some((at, _)), None) => Ok(at),
        (Some(_), Some(_)) => Err(format!("the file has more than one column {name:?}")),
        (None, _) => {
            let hint = nearest(name, header).map_or(".".to_owned(), |column| {
                format!("; did you mean {column:?}?")
            });
            let columns = header.join(", ");
            Err(format!(
                "the file has no column {name:?}{hint} Its columns: {columns}"
            ))
        }
    }
}

/// The delimiter of a file, by what its first line has most of outside quotes.
pub(super) fn delimiter_of(head: &str) -> u8 {
    let mut counts = [0; DELIMITERS.len()];
    let mut quoted = false;
    for byte in head.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\r' | b'\n' if !quoted => break,
            _ if quoted => {}
            _ => {
                if let Some(at) = DELIMITERS.iter().position(|delimiter| *delimiter == byte) {
                    counts[at] += 1;
                }
            }
        }
    }
    let mut best = 0;
    for (at, count) in counts.iter().enumerate() {
        if *count > counts[best] {
            best = at;
        }
    }
    DELIMITERS[best]
}

/// The delimiter that Excel's own first line `sep=;` names.
pub(super) fn excel_separator(head: &str) -> Option<u8> {
    let line = head.lines().next()?.trim_matches('"');
    match line.strip_prefix("sep=")?.as_bytes() {
        [delimiter] if delimiter.is_ascii() => Some(*delimiter),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_what_the_first_line_has_most_of() {
        for (head, delimiter) in [
            ("id,text\n", b','),
            ("id;text;a,b\n", b';'),
            ("id\ttext\n1,2,3", b'\t'),
            ("\"a;b;c;d\",text\n", b','),
            ("alone\n", b','),
            ("", b','),
        ] {
            assert_eq!(delimiter_of(head), delimiter, "{head:?}");
        }
    }

    #[test]
    fn excels_first_line_names_the_delimiter() {
        assert_eq!(excel_separator("sep=;\r\nid;text"), Some(b';'));
        assert_eq!(excel_separator("id;text"), None);
    }

    #[test]
    fn a_column_is_found_in_any_case_and_with_space_around_it() {
        let header = [
            " Review ID ".to_owned(),
            "Text".to_owned(),
            "text ".to_owned(),
        ];
        assert_eq!(column("review id", &header), Ok(0));
        assert!(
            column("text", &header)
                .unwrap_err()
                .contains("more than one")
        );
        let missing = column("review_id", &header).unwrap_err();
        assert!(
            missing.contains("did you mean \" Review ID \"?"),
            "{missing}"
        );
        assert!(
            missing.contains("Text"),
            "the columns found are listed: {missing}"
        );
    }

    #[test]
    fn one_parser_parses_many_records() {
        let mut parser = CsvParser::new(b',');
        assert_eq!(
            parser.parse("1,\"a \"\"b\"\"\"").unwrap(),
            &vec!["1", "a \"b\""]
        );
        assert_eq!(
            parser.parse("2,\"c\nd\",e").unwrap(),
            &vec!["2", "c\nd", "e"]
        );
        assert_eq!(parser.parse("3").unwrap(), &vec!["3"]);
    }
}
