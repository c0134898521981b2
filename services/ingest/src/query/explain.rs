//! Says how a query is understood, for `hark check`.

use super::Query;
use super::ast::{Near, Node, NodeKind, Term, TermKind};
use super::chars::is_word;
use std::fmt::Write as _;

/// How hark reads the query: the first line is the query with every group in parentheses, which
/// parses to the same tree; after an empty line comes the tree in words.
///
/// ```
/// let query = hark_ingest::query::Query::parse("nike shoes OR #justdoit").expect("a query");
/// let shown = "((nike AND shoes) OR #justdoit)
///
/// any of
///   all of
///     the word \"nike\"
///     the word \"shoes\"
///   the hashtag #justdoit
/// ";
/// assert_eq!(hark_ingest::query::explain(&query), shown);
/// ```
pub fn explain(query: &Query) -> String {
    let mut shown = parenthesised(query.root());
    shown.push_str("\n\n");
    tree(query.root(), 0, &mut shown);
    shown
}

/// The expression with every group in parentheses and nothing left to precedence.
pub(super) fn parenthesised(node: &Node) -> String {
    let list = |parts: &[Node], operator: &str| {
        let parts: Vec<String> = parts.iter().map(parenthesised).collect();
        format!("({})", parts.join(operator))
    };
    match &node.kind {
        NodeKind::And(parts) => list(parts, " AND "),
        NodeKind::Or(parts) => list(parts, " OR "),
        NodeKind::Not(inner) => format!("(NOT {})", parenthesised(inner)),
        NodeKind::Near(near) => {
            let (left, right) = (choice(&near.left), choice(&near.right));
            format!("({left} NEAR/{} {right})", near.distance)
        }
        NodeKind::Term(term) => written(term),
        NodeKind::Author(author) => format!("author:{}", in_quotes(author)),
        NodeKind::Site(site) => format!("site:{site}"),
        NodeKind::Language(language) => format!("lang:{}", language.code),
    }
}

fn choice(terms: &[Term]) -> String {
    let terms: Vec<String> = terms.iter().map(written).collect();
    match terms.as_slice() {
        [one] => one.clone(),
        _ => format!("({})", terms.join(" OR ")),
    }
}

/// The term as a query would have it.
pub(super) fn written(term: &Term) -> String {
    let case = if term.case_sensitive { "=" } else { "" };
    let star = if term.prefix { "*" } else { "" };
    match term.kind {
        TermKind::Hashtag => format!("{case}#{}{star}", term.text),
        TermKind::Handle => format!("{case}@{}{star}", term.text),
        // Only a bare word can have a star, so it can be written bare again.
        TermKind::Plain if term.prefix || is_plain_word(&term.text) => {
            format!("{case}{}{star}", term.text)
        }
        TermKind::Plain => format!("{case}{}", in_quotes(&term.text)),
    }
}

fn is_plain_word(text: &str) -> bool {
    let inside = |c: char| is_word(c) || matches!(c, '-' | '.' | '&');
    let operator = ["and", "or", "not", "near"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word));
    !operator && text.starts_with(is_word) && text.ends_with(is_word) && text.chars().all(inside)
}

fn in_quotes(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\' | '\u{201c}'..='\u{201f}') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

fn tree(node: &Node, depth: usize, shown: &mut String) {
    let mut line = |text: &str| {
        let _ = writeln!(shown, "{:indent$}{text}", "", indent = 2 * depth);
    };
    match &node.kind {
        NodeKind::And(parts) => {
            line("all of");
            parts.iter().for_each(|part| tree(part, depth + 1, shown));
        }
        NodeKind::Or(parts) => {
            line("any of");
            parts.iter().for_each(|part| tree(part, depth + 1, shown));
        }
        NodeKind::Not(inner) => {
            line("not");
            tree(inner, depth + 1, shown);
        }
        NodeKind::Near(near) => line(&near_in_words(near)),
        NodeKind::Term(term) => line(&in_words(term)),
        NodeKind::Author(author) => line(&format!("the author has the handle or name {author:?}")),
        NodeKind::Site(site) => line(&format!("published at {site} or below it")),
        NodeKind::Language(language) => line(&format!("the language is {}", language.code)),
    }
}

fn near_in_words(near: &Near) -> String {
    let side = |terms: &[Term]| terms.iter().map(in_words).collect::<Vec<_>>().join(" or ");
    let between = match near.distance {
        0 => "no word".to_owned(),
        1 => "at most 1 word".to_owned(),
        n => format!("at most {n} words"),
    };
    format!(
        "{}, and {}, with {between} between them",
        side(&near.left),
        side(&near.right)
    )
}

fn in_words(term: &Term) -> String {
    let case = if term.case_sensitive {
        ", in this case"
    } else {
        ""
    };
    let text = &term.text;
    match (term.kind, term.prefix) {
        (TermKind::Hashtag, false) => format!("the hashtag #{text}{case}"),
        (TermKind::Hashtag, true) => format!("a hashtag that begins with #{text}{case}"),
        (TermKind::Handle, false) => format!("the handle @{text}{case}"),
        (TermKind::Handle, true) => format!("a handle that begins with @{text}{case}"),
        (TermKind::Plain, true) => format!("a word that begins with \"{text}\"{case}"),
        (TermKind::Plain, false) if text.contains(char::is_whitespace) => {
            format!("the phrase \"{text}\"{case}")
        }
        (TermKind::Plain, false) => format!("the word \"{text}\"{case}"),
    }
}
