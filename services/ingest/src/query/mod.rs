//! Brand queries: what makes an item a mention of a brand.
//!
//! | written | matches |
//! |---|---|
//! | `nike` | the word, in any case: "Nike", "NIKE!", "Nike's", "#nike", "nike.com"; not "nikes", not "@nike" |
//! | `"just do it"` | the words in this order, with spaces, hyphens, slashes, quotes or `#` between them |
//! | `coca-cola` | the same as `"coca cola"`: both "coca-cola" and "Coca Cola", not "cocacola" |
//! | `#justdoit` | the hashtag only |
//! | `@nike` | the handle, also with a domain behind it: "@nike.bsky.social", "@nike@mastodon.social" |
//! | `deliver*` | a word that begins so; also `#nike*`, `@nike*` |
//! | `=Apple`, `="Apple Pay"` | in exactly this case |
//! | `a NEAR/3 b` | both, in either order, with at most three words between; a side may be `(x OR y)` |
//! | `author:nike` | the author's handle or name, whole, in any case |
//! | `site:nike.com` | items published there or at a subdomain |
//! | `lang:de` | items in that language, by ISO 639-1 or ISO 639-3 |
//! | `NOT a`, `a AND b`, `a b`, `a OR b`, `( )` | operators are upper case; NEAR binds most, then NOT, AND, OR |
//!
//! Case is folded, diacritics are not: `lidl` finds "LIDL", `hermes` does not find "Hermès".
//! A term in a script without spaces (Chinese, Japanese, Korean, Thai …) or an emoji is found
//! anywhere. In quotes everything is literal, so `"and"` is the word and `":)"` the smile.
//!
//! Every query must name something in each of its alternatives: one that would match nearly
//! everything (`NOT nike`, `lang:en`) is refused.

pub mod ast;
mod audit;
mod chars;
mod compile;
mod document;
mod error;
mod eval;
mod explain;
mod fold;
mod languages;
mod lexer;
mod matcher;
mod near;
mod operand;
mod parser;
mod parser_unary;
mod pattern;
mod set;

pub use audit::{Audit, AuditWarning, BrandAudit, ClauseAudit, audit};
pub use document::Document;
pub use error::{QueryError, QueryErrorKind, render_errors};
pub use explain::explain;
pub use matcher::Matcher;
pub use set::{BuildError, QuerySet};

use ast::{Node, NodeKind};
use std::sync::Arc;

/// The longest query, in bytes.
pub const MAX_QUERY_BYTES: usize = 65_536;
/// How deep parentheses and NOTs may be nested.
pub const MAX_DEPTH: usize = 64;
/// The greatest distance of a NEAR, in words.
pub const MAX_DISTANCE: u32 = 100;

/// A query that was checked. Equal when it says the same, however it is written.
#[derive(Clone, Debug)]
pub struct Query {
    source: Arc<str>,
    root: Node,
}

impl PartialEq for Query {
    fn eq(&self, other: &Self) -> bool {
        self.root == other.root
    }
}

impl Query {
    /// Reads a query. On failure every fault that could be found, in the order of their places;
    /// never an empty list.
    pub fn parse(query: &str) -> Result<Self, Vec<QueryError>> {
        if query.len() > MAX_QUERY_BYTES {
            return Err(vec![QueryError::new(
                QueryErrorKind::TooLong,
                0..0,
                format!(
                    "the query is {} bytes long, more than {MAX_QUERY_BYTES}",
                    query.len()
                ),
                "split it into several brands",
            )]);
        }
        let mut errors = Vec::new();
        let tokens = lexer::tokens(query, &mut errors);
        let root = parser::parse(&tokens, query.len(), &mut errors);
        if errors.is_empty() {
            match root {
                Some(root) => {
                    too_wide(&root, &mut errors);
                    if errors.is_empty() {
                        return Ok(Self {
                            source: Arc::from(query),
                            root,
                        });
                    }
                }
                None => errors.push(QueryError::new(
                    QueryErrorKind::Empty,
                    query.len()..query.len(),
                    "the query is empty",
                    "write the brand's name",
                )),
            }
        }
        errors.sort_by_key(|error| (error.span.start, error.span.end));
        Err(errors)
    }

    /// The text the user wrote.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What it says.
    pub fn root(&self) -> &Node {
        &self.root
    }
}

/// Names each alternative that nothing has to be mentioned for.
fn too_wide(root: &Node, errors: &mut Vec<QueryError>) {
    let alternatives = match &root.kind {
        NodeKind::Or(parts) => parts.as_slice(),
        _ => std::slice::from_ref(root),
    };
    for alternative in alternatives.iter().filter(|part| !part.is_anchored(false)) {
        let (message, help) = match alternative.kind {
            NodeKind::Language(_) => (
                "this matches everything in a language",
                "join it with a word: nike AND lang:de",
            ),
            _ => (
                "this matches everything that does not mention something",
                "join it with what must be mentioned: apple NOT fruit",
            ),
        };
        let span = alternative.span.clone();
        errors.push(QueryError::new(
            QueryErrorKind::TooWide,
            span,
            message,
            help,
        ));
    }
}
