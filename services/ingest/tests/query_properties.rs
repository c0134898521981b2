//! The compiled matcher against an evaluator that does the obvious thing, slowly.

use hark_ingest::query::ast::{Near, Node, NodeKind, Term, TermKind};
use hark_ingest::query::{Document, Matcher, Query, QuerySet, explain};
use hark_model::BrandId;
use proptest::prelude::{any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::sample::select;
use proptest::strategy::{Just, Strategy};
use std::sync::Arc;

/// A text as words and what is between them.
#[derive(Debug, PartialEq)]
enum Token {
    Word(String),
    /// A character of Chinese, or an emoji: found anywhere.
    Sign(char),
    Other(char),
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    for c in text.chars() {
        match (c, tokens.last_mut()) {
            ('新' | '鞋' | '🎉', _) => tokens.push(Token::Sign(c)),
            (c, Some(Token::Word(word))) if c.is_alphanumeric() => word.push(c),
            (c, _) if c.is_alphanumeric() => tokens.push(Token::Word(c.to_string())),
            ('’', _) => tokens.push(Token::Other('\'')),
            (c, _) => tokens.push(Token::Other(c)),
        }
    }
    tokens
}

fn lower(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c == 'İ' {
                'i'
            } else {
                c.to_lowercase().next().unwrap_or(c)
            }
        })
        .collect()
}

fn token_fits(token: &Token, wanted: &Token, term: &Term, is_last: bool) -> bool {
    match (token, wanted) {
        (Token::Word(word), Token::Word(wanted)) => {
            let fold = |text: &str| {
                if term.case_sensitive {
                    text.to_owned()
                } else {
                    lower(text)
                }
            };
            let (word, wanted) = (fold(word), fold(wanted));
            word == wanted || (term.prefix && is_last && word.starts_with(&wanted))
        }
        _ => token == wanted,
    }
}

/// Where the term is: ranges of tokens.
fn places(tokens: &[Token], term: &Term) -> Vec<(usize, usize)> {
    let sigil = match term.kind {
        TermKind::Hashtag => "#",
        TermKind::Handle => "@",
        TermKind::Plain => "",
    };
    // What is looked for, and whether something may stand before it.
    let mut wanted: Vec<(bool, Token)> = Vec::new();
    let mut apart = false;
    for token in self::tokens(&format!("{sigil}{}", term.text)) {
        match token {
            Token::Other(' ' | '-') if term.kind == TermKind::Plain => apart = true,
            _ => {
                wanted.push((apart, token));
                apart = false;
            }
        }
    }
    (0..tokens.len())
        .filter_map(|start| place(tokens, start, &wanted, term))
        .collect()
}

fn place(
    tokens: &[Token],
    start: usize,
    wanted: &[(bool, Token)],
    term: &Term,
) -> Option<(usize, usize)> {
    let before = start.checked_sub(1).map(|at| &tokens[at]);
    match term.kind {
        TermKind::Plain if is_in_handle(tokens, start) => return None,
        TermKind::Hashtag | TermKind::Handle if matches!(before, Some(Token::Word(_))) => {
            return None;
        }
        _ => {}
    }
    let mut at = start;
    for (number, (apart, piece)) in wanted.iter().enumerate() {
        if *apart {
            let gap = tokens[at..]
                .iter()
                .take_while(|token| matches!(token, Token::Other(' ' | '-' | '#' | '\'')))
                .count();
            let signs = matches!(piece, Token::Sign(_))
                || matches!(
                    tokens.get(at.wrapping_sub(1)),
                    Some(Token::Sign('新' | '鞋'))
                );
            let unspaced = signs && !matches!(piece, Token::Sign('🎉'));
            if gap > 3 || (gap == 0 && !unspaced) {
                return None;
            }
            at += gap;
        }
        if !token_fits(tokens.get(at)?, piece, term, number + 1 == wanted.len()) {
            return None;
        }
        at += 1;
    }
    let continues = tokens.get(at) == Some(&Token::Other('-')) && is_domain(&tokens[at + 1..]);
    if term.kind == TermKind::Handle && !term.prefix && continues {
        return None;
    }
    Some((start, at))
}

/// Whether what follows a hyphen makes a handle a domain name: a dot with a letter behind it,
/// before anything that no domain name has.
fn is_domain(tokens: &[Token]) -> bool {
    let ascii = |token: &Token| matches!(token, Token::Word(word) if lower(word).is_ascii());
    let name = |token: &&Token| ascii(token) || matches!(token, Token::Other('-' | '.'));
    let name: Vec<&Token> = tokens.iter().take_while(name).collect();
    name.windows(2).any(|pair| {
        *pair[0] == Token::Other('.')
            && matches!(pair[1], Token::Word(word) if lower(word).as_bytes()[0].is_ascii_alphabetic())
    })
}

/// A handle is an `@` with a word, and more words joined by dots and hyphens; all of ASCII, but
/// for the one right behind the `@`.
fn is_in_handle(tokens: &[Token], start: usize) -> bool {
    let ascii = |at: usize| matches!(&tokens[at], Token::Word(word) if lower(word).is_ascii());
    let begins_ascii =
        matches!(&tokens[start], Token::Word(word) if lower(word).as_bytes()[0].is_ascii());
    let mut at = start;
    while at > 0 {
        match &tokens[at - 1] {
            Token::Other('@') => return at == start || matches!(tokens[at], Token::Word(_)),
            _ if !begins_ascii => return false,
            Token::Other('-' | '.') => {}
            _ if ascii(at - 1) => {}
            _ => return false,
        }
        at -= 1;
    }
    false
}

fn words(tokens: &[Token], from: usize, to: usize) -> usize {
    let mut count = 0;
    for at in from..to {
        let joined = at > 0
            && tokens[at - 1] == Token::Other('\'')
            && at > 1
            && (matches!(tokens[at - 2], Token::Word(_)) || at - 1 == from);
        match tokens[at] {
            Token::Word(_) if !joined => count += 1,
            Token::Sign('新' | '鞋') => count += 1,
            _ => {}
        }
    }
    count
}

fn near(tokens: &[Token], near: &Near) -> bool {
    let all = |terms: &[Term]| {
        terms
            .iter()
            .flat_map(|term| places(tokens, term))
            .collect::<Vec<_>>()
    };
    let (left, right) = (all(&near.left), all(&near.right));
    left.iter().any(|a| {
        right.iter().any(|b| {
            let (first, second) = if a.0 <= b.0 { (a, b) } else { (b, a) };
            first.1 <= second.0 && words(tokens, first.1, second.0) <= near.distance as usize
        })
    })
}

fn holds(node: &Node, tokens: &[Token], document: &Document<'_>) -> bool {
    match &node.kind {
        NodeKind::And(parts) => parts.iter().all(|part| holds(part, tokens, document)),
        NodeKind::Or(parts) => parts.iter().any(|part| holds(part, tokens, document)),
        NodeKind::Not(inner) => !holds(inner, tokens, document),
        NodeKind::Near(pair) => near(tokens, pair),
        NodeKind::Term(term) => !places(tokens, term).is_empty(),
        NodeKind::Author(author) => document
            .author_handle
            .is_some_and(|handle| lower(handle) == lower(author)),
        NodeKind::Site(site) => document
            .url
            .is_some_and(|url| url == site || url.ends_with(&format!(".{site}"))),
        NodeKind::Language(language) => document.language.is_some_and(|code| {
            language
                .accepts
                .iter()
                .any(|accepted| accepted == code.as_bytes())
        }),
    }
}

const TERMS: [&str; 26] = [
    "nike",
    "Nike",
    "=Nike",
    "air",
    "\"nike air\"",
    "nike-air",
    "=\"Air Nike\"",
    "#nike",
    "#air",
    "@nike",
    "@air",
    "ni*",
    "=Ni*",
    "#ni*",
    "@ni*",
    "新",
    "\"新鞋\"",
    "\"nike 新\"",
    "🎉",
    "İnik",
    "nik",
    "a1",
    "\"a1 a1\"",
    "author:nike",
    "site:nike.com",
    "lang:de",
];

const TEXT: [&str; 24] = [
    "nike", "Nike", "NIKE", "air", "Air", "nik", "a1", " ", " ", " ", " ", "-", "#", "@", "'", "’",
    ", ", ". ", "新", "鞋", "🎉", "İnik", "é", "  ",
];

fn queries() -> impl Strategy<Value = String> {
    let word = || select(&TERMS[..23]);
    let near = (word(), 0_u32..4, word()).prop_map(|(a, n, b)| format!("{a} NEAR/{n} {b}"));
    let choice = (word(), word(), 0_u32..3, word())
        .prop_map(|(a, b, n, c)| format!("({a} OR {b}) NEAR/{n} {c}"));
    let leaf = prop_oneof![4 => select(&TERMS[..]).prop_map(str::to_owned), 1 => near, 1 => choice];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let list = proptest::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            (list.clone(), select(&[" AND ", " ", " OR "][..]))
                .prop_map(|(parts, with)| format!("({})", parts.join(with))),
            (list, select(&[" AND ", " ", " OR "][..])).prop_map(|(parts, with)| parts.join(with)),
            inner.prop_map(|part| format!("NOT ({part})")),
        ]
    })
}

fn texts() -> impl Strategy<Value = String> {
    proptest::collection::vec(select(&TEXT[..]), 0..14).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_set_finds_what_the_obvious_evaluator_finds(
        sources in proptest::collection::vec(queries(), 1..6),
        texts in proptest::collection::vec(texts(), 1..4),
        handle in proptest::option::of(select(&["nike", "Nike", "air"][..])),
        url in proptest::option::of(select(&["nike.com", "x.nike.com", "xnike.com"][..])),
        language in proptest::option::of(select(&["deu", "eng"][..])),
    ) {
        let parsed: Vec<Query> = sources.iter().filter_map(|source| Query::parse(source).ok()).collect();
        let brands = parsed.iter().enumerate().map(|(n, query)| (BrandId::new(n.to_string()), query.clone()));
        let mut matcher = Matcher::new(Arc::new(QuerySet::build(brands).unwrap()));
        for text in &texts {
            let document = Document { text, author_handle: handle, author_name: None, url, language };
            let tokens = tokens(text);
            let wanted: Vec<String> = parsed
                .iter()
                .enumerate()
                .filter(|(_, query)| holds(query.root(), &tokens, &document))
                .map(|(n, _)| n.to_string())
                .collect();
            let may_match = matcher.may_match(&Document { language: None, ..document });
            let matches = matcher.matches(&document);
            prop_assert!(may_match || matches.is_empty());
            let found: Vec<String> = matches.iter().map(|found| found.brand.to_string()).collect();
            prop_assert_eq!(found, wanted, "{:?} in {:?}", sources, text);
            for found in matches {
                let mut last = 0;
                for span in found.spans {
                    prop_assert!(span.start >= last && span.start < span.end);
                    prop_assert!(text.get(span.clone()).is_some());
                    last = span.end;
                }
                let number: usize = found.brand.as_str().parse().unwrap();
                prop_assert!(parsed[number].source().contains(&*found.clause));
            }
        }
    }

    #[test]
    fn the_first_line_of_explain_parses_to_the_same_query(source in prop_oneof![queries(), odd_queries()]) {
        if let Ok(query) = Query::parse(&source) {
            let shown = explain(&query);
            let first = shown.lines().next().unwrap_or_default();
            prop_assert_eq!(Query::parse(first), Ok(query), "{}", first);
        }
    }

    #[test]
    fn parsing_never_fails_without_a_reason_nor_points_outside(source in prop_oneof![any::<String>(), odd_queries()]) {
        if let Err(errors) = Query::parse(&source) {
            prop_assert!(!errors.is_empty());
            for error in errors {
                prop_assert!(source.get(error.span.clone()).is_some(), "{:?}", error);
                error.render(&source);
            }
        }
    }

    #[test]
    fn any_query_can_be_run_over_any_text(source in prop_oneof![any::<String>(), odd_queries()], text in any::<String>()) {
        if let Ok(query) = Query::parse(&source) {
            let set = QuerySet::build([(BrandId::new("b"), query)]).unwrap();
            set.matches(&Document { text: &text, author_handle: Some(&text), author_name: Some(&text), url: Some(&text), language: Some(&text) });
        }
    }
}

/// What people may type: pieces of syntax in any order.
fn odd_queries() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        select(
            &[
                "AND", "OR", "NOT", "NEAR/3", "NEAR", "and", "(", ")", "\"", "\\", "*", "=", "#",
                "@", "-", ":", "author:", "site:", "x.com", "lang:", "de", " ", "\n", "'", ",",
                ".", "a", "bc", "é", "寿", "🇩🇪", "\u{fe0f}", "e\u{301}", "\u{37e}"
            ][..]
        )
        .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
        Just(" ".to_owned()),
    ];
    proptest::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat())
}
