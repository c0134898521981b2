//! Reads what stands between operators: words, phrases, hashtags, handles and fields.

use super::ast::{NodeKind, Term, TermKind};
use super::chars::{is_unspaced, is_word, joins_handle, separates_terms};
use super::error::{QueryError, QueryErrorKind as Kind};
use super::languages::language;
use std::ops::Range;
use unicode_normalization::UnicodeNormalization;

const FIELDS: &str = "the fields are author:, site: and lang:";

/// Reads a token written without quotes.
pub(super) fn bare(written: &str, span: &Range<usize>) -> Result<NodeKind, QueryError> {
    let written: String = written.nfc().collect();
    let fault =
        |kind, message: &str, help: String| QueryError::new(kind, span.clone(), message, help);

    if let Some(help) = foreign_operator(&written) {
        return Err(fault(
            Kind::UnknownOperator,
            &format!("`{written}` is not an operator here"),
            help,
        ));
    }
    if let Some((name, value)) = as_field(&written) {
        return field(name, value, span);
    }
    let (case_sensitive, rest) = match written.strip_prefix('=') {
        Some(rest) => (true, rest),
        None => (false, written.as_str()),
    };
    let (kind, body) = match rest.chars().next() {
        Some(c @ ('#' | '＃')) => (TermKind::Hashtag, &rest[c.len_utf8()..]),
        Some(c @ ('@' | '＠')) => (TermKind::Handle, &rest[c.len_utf8()..]),
        _ => (TermKind::Plain, rest),
    };
    let (prefix, text) = match body.strip_suffix('*') {
        Some(stem) => (true, stem),
        None => (false, body),
    };
    if text.contains('*') || (prefix && text.is_empty()) {
        let help = "write it once, behind the beginning of a word: deliver*".to_owned();
        return Err(fault(
            Kind::Wildcard,
            "`*` can only stand at the end of a word",
            help,
        ));
    }
    if prefix && too_short(text) {
        let help = "write at least two letters before `*`".to_owned();
        return Err(fault(
            Kind::Wildcard,
            "so short a beginning matches nearly everything",
            help,
        ));
    }
    if let Some(message) = cannot_match(kind, text) {
        let help =
            format!("take it out, or put it in quotes to look for it as it is: \"{written}\"");
        return Err(fault(Kind::Unmatchable, message, help));
    }
    Ok(NodeKind::Term(Term {
        kind,
        text: text.to_owned(),
        case_sensitive,
        prefix,
    }))
}

/// Reads a token with quotes; `before` is what stood directly in front of them.
pub(super) fn quoted(
    before: &str,
    text: &str,
    span: &Range<usize>,
) -> Result<NodeKind, QueryError> {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let text: String = words.join(" ").nfc().collect();
    if let Some(name) = before.strip_suffix(':') {
        return field(name, &text, span);
    }
    if text.chars().all(is_nothing) {
        return Err(QueryError::new(
            Kind::Unmatchable,
            span.clone(),
            "there is nothing between the quotes",
            "write the phrase between them, or take them out",
        ));
    }
    let case_sensitive = before == "=";
    Ok(NodeKind::Term(Term {
        kind: TermKind::Plain,
        text,
        case_sensitive,
        prefix: false,
    }))
}

fn as_field(written: &str) -> Option<(&str, &str)> {
    let (name, value) = written.split_once(':')?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic());
    is_name.then_some((name, value))
}

fn field(name: &str, value: &str, span: &Range<usize>) -> Result<NodeKind, QueryError> {
    let fault =
        |message: String, help: &str| QueryError::new(Kind::Field, span.clone(), message, help);
    let value = value.trim();
    let name = name.to_ascii_lowercase();
    if !matches!(name.as_str(), "author" | "site" | "lang") {
        let help = match name.as_str() {
            "http" | "https" => "put an address in quotes, or write site:example.com".to_owned(),
            "from" | "by" | "user" | "username" | "handle" => "write author:".to_owned(),
            "domain" | "host" | "url" | "inurl" | "source" => "write site:".to_owned(),
            "language" => "write lang:".to_owned(),
            "hashtag" | "tag" => "write #word".to_owned(),
            _ => format!("{FIELDS}; put the text in quotes to look for it as it is"),
        };
        return Err(fault(format!("there is no field `{name}:`"), &help));
    }
    if value.is_empty() {
        return Err(fault(
            format!("`{name}:` has no value"),
            "write it behind the colon, without a space",
        ));
    }
    if value.contains('*') {
        return Err(fault(
            format!("`{name}:` cannot be cut short with `*`"),
            "write the whole value",
        ));
    }
    match name.as_str() {
        "author" => match value.trim_start_matches(['@', '＠']) {
            "" => Err(fault(
                "`author:` has no name".to_owned(),
                "write author:name",
            )),
            author => Ok(NodeKind::Author(author.to_owned())),
        },
        "site" => host(value).map(NodeKind::Site).ok_or_else(|| {
            let help = "write a host such as site:example.com; what is below it is included";
            fault(format!("`{value}` is not a host"), help)
        }),
        _ => language(value).map(NodeKind::Language).ok_or_else(|| {
            let help = "write an ISO 639 code of two or three letters, such as lang:de or lang:deu";
            fault(format!("`{value}` is not a language that hark knows"), help)
        }),
    }
}

/// The host in ASCII (`xn--` where it is not), as addresses carry it.
fn host(value: &str) -> Option<String> {
    let value = value
        .trim_start_matches("https://")
        .trim_start_matches("http://");
    let value = value.strip_suffix('/').unwrap_or(value);
    let url::Host::Domain(domain) = url::Host::parse(value).ok()? else {
        return None;
    };
    let domain = domain.trim_end_matches('.');
    let without_www = domain
        .strip_prefix("www.")
        .filter(|rest| rest.contains('.'));
    domain
        .contains('.')
        .then(|| without_www.unwrap_or(domain).to_owned())
}

/// What to write instead of an operator of another search language, or one in lower case.
fn foreign_operator(written: &str) -> Option<String> {
    let lower = written.to_ascii_lowercase();
    let word = |operator: &str| {
        Some(format!(
            "write {operator} for the operator, or \"{written}\" for the word"
        ))
    };
    match lower.as_str() {
        "and" | "or" | "not" => return word(&lower.to_ascii_uppercase()),
        "&" | "&&" | "+" => return word("AND"),
        "|" | "||" => return word("OR"),
        "!" | "-" => return word("NOT"),
        _ => {}
    }
    if let Some(distance) = lower.strip_prefix("near/") {
        return Some(format!("write NEAR/{distance}"));
    }
    let mut chars = written.chars();
    let sign = chars.next()?;
    let rest = chars.as_str();
    match sign {
        '-' | '!' => Some(format!(
            "write NOT {rest}, or \"{written}\" to look for it as it is"
        )),
        '+' => Some(format!(
            "write {rest}, or \"{written}\" to look for it as it is"
        )),
        '~' => Some("for words close together write a NEAR/5 b".to_owned()),
        _ => None,
    }
}

fn too_short(stem: &str) -> bool {
    let mut letters = stem.chars().filter(|c| is_word(*c));
    match (letters.next(), letters.next()) {
        (None, _) => true,
        (Some(only), None) => !is_unspaced(only),
        _ => false,
    }
}

/// Why no text can contain the term, or none that its author meant.
fn cannot_match(kind: TermKind, text: &str) -> Option<&'static str> {
    match kind {
        TermKind::Plain
            if text
                .chars()
                .all(|c| c.is_ascii_punctuation() || is_nothing(c)) =>
        {
            Some("there is no letter or digit in it")
        }
        TermKind::Plain if text.ends_with([',', ';']) => Some("a comma separates nothing here"),
        TermKind::Hashtag if text.is_empty() => Some("there is nothing behind the `#`"),
        TermKind::Hashtag
            if text
                .chars()
                .any(|c| (c.is_ascii_punctuation() && c != '_') || separates_terms(c)) =>
        {
            Some("a hashtag holds letters, digits and `_` only")
        }
        TermKind::Handle if text.is_empty() => Some("there is nothing behind the `@`"),
        TermKind::Handle if !is_handle(text) => {
            Some("a handle holds letters, digits, `_`, and `.`, `-` or `@` between them")
        }
        _ => None,
    }
}

/// A character that leaves nothing to look for once the text is folded and cut into words.
fn is_nothing(c: char) -> bool {
    separates_terms(c) || c.is_control() || matches!(c, '\u{fe0e}' | '\u{fe0f}')
}

fn is_handle(text: &str) -> bool {
    text.chars().all(|c| is_word(c) || joins_handle(c))
        && !text.starts_with(joins_handle)
        && !text.ends_with(joins_handle)
}
