//! Single mentions that matter by themselves.

use crate::config::MentionRule;
use hark_model::{Mention, Standing, Taxonomy};

/// The rule a mention fell under, and the words that made it so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matched<'a> {
    pub(crate) rule: &'a MentionRule,
    /// The word or phrase, when the rule asks for one.
    pub(crate) word: Option<&'a str>,
}

/// The first rule all of whose conditions hold. A judgement the model is not sure of matches no
/// rule that asks for a sentiment, except by its words.
pub(crate) fn first_match<'a>(
    rules: &'a [MentionRule],
    mention: &Mention,
    standing: Standing,
    taxonomy: &Taxonomy,
) -> Option<Matched<'a>> {
    let mut lower = None;
    rules.iter().find_map(|rule| {
        if !holds(rule, mention, standing, taxonomy) {
            return None;
        }
        if rule.words.is_empty() {
            return Some(Matched { rule, word: None });
        }
        let text = lower.get_or_insert_with(|| mention.text.to_lowercase());
        let word = rule.words.iter().find(|word| has_word(text, word))?;
        Some(Matched {
            rule,
            word: Some(word),
        })
    })
}

fn holds(rule: &MentionRule, mention: &Mention, standing: Standing, taxonomy: &Taxonomy) -> bool {
    let unsure = mention.uncertain && rule.words.is_empty() && !rule.sentiment.is_empty();
    !unsure
        && (rule.sentiment.is_empty() || rule.sentiment.contains(&mention.label()))
        && mention.sentiment.confidence() >= rule.min_confidence
        && (rule.intents.is_empty() || rule.intents.iter().any(|i| mention.has_intent(*i)))
        && (rule.standing.is_empty() || rule.standing.contains(&standing))
        && rule
            .min_reach
            .is_none_or(|least| mention.reach.is_some_and(|reach| reach >= least))
        && (rule.touchpoints.is_empty()
            || mention
                .touchpoints
                .iter()
                .any(|t| rule.touchpoints.contains(&t.label)))
        && rule.min_weight.is_none_or(|least| {
            mention
                .touchpoints
                .iter()
                .any(|t| taxonomy.weight(&t.label) >= least)
        })
}

/// Whether a lower-case text has a phrase as whole words.
fn has_word(text: &str, phrase: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric();
    text.match_indices(phrase).any(|(start, found)| {
        let before = text[..start].chars().next_back();
        let after = text[start + found.len()..].chars().next();
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_whole_and_not_inside_another() {
        assert!(has_word("i will sue you.", "sue"));
        assert!(has_word("got food poisoning!", "food poisoning"));
        assert!(!has_word("a new issue of tissue", "sue"));
        assert!(!has_word("", "sue"));
    }
}
