//! What a query says, as a tree.
//!
//! Spans are byte ranges in the text the user wrote. Two trees are equal when they say the same
//! thing, wherever it was written: spans are left out of the comparison.

use std::ops::Range;

/// One expression and the place it was written.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it says.
    pub kind: NodeKind,
    /// Where it stands in the query, in bytes.
    pub span: Range<usize>,
}

/// What an expression says.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    /// Every part holds. At least two parts, none of them an `And`.
    And(Vec<Node>),
    /// Some part holds. At least two parts, none of them an `Or`.
    Or(Vec<Node>),
    /// The part does not hold.
    Not(Box<Node>),
    /// Two terms stand close together.
    Near(Near),
    /// The text contains a term.
    Term(Term),
    /// The author has this handle or name.
    Author(String),
    /// The item was published at this host or below it.
    Site(String),
    /// The item is in one of these languages.
    Language(Language),
}

/// A term of the left side and one of the right, in either order, with at most `distance` words
/// between them.
#[derive(Clone, Debug, PartialEq)]
pub struct Near {
    /// Alternatives for one side; never empty.
    pub left: Vec<Term>,
    /// Alternatives for the other side; never empty.
    pub right: Vec<Term>,
    /// The greatest number of words between the two.
    pub distance: u32,
}

/// A word, phrase, hashtag or handle.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Term {
    /// What kind of thing is looked for.
    pub kind: TermKind,
    /// The text without quotes, sigil or star; in Unicode normal form C.
    pub text: String,
    /// Letters must have the case they are written in.
    pub case_sensitive: bool,
    /// The last word may go on: `deliver*`.
    pub prefix: bool,
}

/// The kinds of term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TermKind {
    /// A word or a phrase.
    Plain,
    /// `#word`
    Hashtag,
    /// `@name`
    Handle,
}

/// A language as written, with the ISO 639-3 codes that satisfy it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Language {
    /// The code as written, in lower case.
    pub code: String,
    /// Three-letter codes; a macrolanguage is satisfied by each of its members.
    pub accepts: Vec<[u8; 3]>,
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl Node {
    /// Every language that is asked for, with its members.
    pub(super) fn languages(&self) -> Vec<[u8; 3]> {
        match &self.kind {
            NodeKind::And(parts) | NodeKind::Or(parts) => {
                parts.iter().flat_map(Self::languages).collect()
            }
            NodeKind::Not(inner) => inner.languages(),
            NodeKind::Language(language) => language.accepts.clone(),
            _ => Vec::new(),
        }
    }

    /// Whether the expression can hold only for items that have something named in it, so that
    /// an index can find them. `negated` asks the same of its opposite.
    pub fn is_anchored(&self, negated: bool) -> bool {
        match (&self.kind, negated) {
            (NodeKind::Not(inner), _) => inner.is_anchored(!negated),
            (NodeKind::And(parts), false) | (NodeKind::Or(parts), true) => {
                parts.iter().any(|part| part.is_anchored(negated))
            }
            (NodeKind::Or(parts), false) | (NodeKind::And(parts), true) => {
                parts.iter().all(|part| part.is_anchored(negated))
            }
            // A language is a property of half the world, not a name.
            (NodeKind::Language(_), _) => false,
            (_, negated) => !negated,
        }
    }
}
