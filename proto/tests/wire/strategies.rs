//! Arbitrary values of the model that keep the model's own rules.

use hark_model::{
    Alert, AlertKind, AlertState, Author, AuthorDelete, AuthorKey, AuthorStanding, BrandMatch,
    Counts, Emotion, Evidence, Expectation, Gap, Intent, Interval, Item, ItemDelete, ItemEvent,
    ItemId, Measure, Mention, MentionEvent, Occasion, PersonalData, Provenance, Rating,
    RecordRange, Redaction, Scored, Sentiment, SentimentScores, ShareOfVoice, Standing, Timestamp,
    TopTerm, TouchpointVoice, Version, Voice, Window,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;
use std::ops::Range;
use std::sync::Arc;

fn id<T: for<'a> From<&'a str> + std::fmt::Debug>() -> impl Strategy<Value = T> {
    "[a-zäß/:._-]{1,9}".prop_map(|text| T::from(&text))
}

fn text() -> impl Strategy<Value = Arc<str>> {
    "\\PC{0,24}".prop_map(Arc::from)
}

fn maybe_text() -> impl Strategy<Value = Option<Arc<str>>> {
    option::of(text())
}

fn moment() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp::from_millis)
}

fn author_key() -> impl Strategy<Value = AuthorKey> {
    any::<[u8; 16]>().prop_map(AuthorKey::new)
}

fn number() -> impl Strategy<Value = f64> {
    -1e9..1e9
}

fn probability() -> impl Strategy<Value = f32> {
    0.0_f32..=1.0
}

fn item_id() -> impl Strategy<Value = ItemId> {
    (id(), id()).prop_map(|(source, native_id)| ItemId { source, native_id })
}

fn version() -> impl Strategy<Value = Version> {
    (any::<i64>(), text()).prop_map(|(order, tag)| Version { order, tag })
}

fn rating() -> impl Strategy<Value = Rating> {
    (number(), number(), number()).prop_map(|(value, min, max)| Rating { value, min, max })
}

fn item_delete() -> impl Strategy<Value = ItemDelete> {
    (item_id(), version(), option::of(author_key()), moment()).prop_map(
        |(id, version, author, arrived_at)| ItemDelete {
            id,
            version,
            author,
            arrived_at,
        },
    )
}

fn author_delete() -> impl Strategy<Value = AuthorDelete> {
    (id(), author_key(), version(), moment()).prop_map(|(source, author, version, arrived_at)| {
        AuthorDelete {
            source,
            author,
            version,
            arrived_at,
        }
    })
}

fn gap() -> impl Strategy<Value = Gap> {
    (id(), moment(), moment(), text()).prop_map(|(source, from, to, reason)| Gap {
        source,
        from,
        to,
        reason,
    })
}

/// Ranges of whole characters of a text.
fn spans(text: &str) -> impl Strategy<Value = Vec<Range<usize>>> + use<> {
    let edges: Vec<usize> = text
        .char_indices()
        .map(|(index, _)| index)
        .chain([text.len()])
        .collect();
    let span = (select(edges.clone()), select(edges)).prop_map(|(a, b)| a.min(b)..a.max(b));
    vec(span, 0..3)
}

fn matches(text: &str) -> impl Strategy<Value = Vec<BrandMatch>> + use<> {
    let found = (id(), "\\PC{0,9}", spans(text)).prop_map(|(brand, clause, spans)| BrandMatch {
        brand,
        clause: Arc::from(clause),
        spans,
    });
    vec(found, 0..3)
}

fn redaction() -> impl Strategy<Value = Redaction> {
    (select(&PersonalData::ALL[..]), any::<u32>())
        .prop_map(|(kind, count)| Redaction { kind, count })
}

fn author() -> impl Strategy<Value = Author> {
    (author_key(), option::of(any::<u64>())).prop_map(|(key, reach)| Author { key, reach })
}

fn item() -> impl Strategy<Value = Item> {
    let body = text().prop_flat_map(|text| (matches(&text), Just(text)));
    let head = (
        item_id(),
        version(),
        moment(),
        moment(),
        option::of(author()),
        maybe_text(),
        body,
    );
    let links = (
        option::of(item_id()),
        option::of(item_id()),
        option::of(item_id()),
    );
    let rest = (
        maybe_text(),
        maybe_text(),
        option::of(rating()),
        maybe_text(),
        any::<bool>(),
        vec(redaction(), 0..3),
    );
    (head, links, rest).prop_map(|(head, links, rest)| {
        let (id, version, created_at, arrived_at, author, url, (matches, text)) = head;
        let (parent, quote_of, repost_of) = links;
        let (language, declared_language, rating, place, has_media, redactions) = rest;
        Item {
            id,
            version,
            created_at,
            arrived_at,
            author,
            url,
            text,
            language,
            declared_language,
            parent,
            quote_of,
            repost_of,
            rating,
            place,
            has_media,
            matches,
            redactions,
        }
    })
}

pub(crate) fn item_event() -> impl Strategy<Value = ItemEvent> {
    prop_oneof![
        4 => item().prop_map(|item| ItemEvent::Upsert(Box::new(item))),
        1 => item_delete().prop_map(ItemEvent::Delete),
        1 => author_delete().prop_map(ItemEvent::AuthorDelete),
        1 => gap().prop_map(ItemEvent::Gap),
    ]
}

fn scored<T: Clone + std::fmt::Debug>(
    label: impl Strategy<Value = T>,
) -> impl Strategy<Value = Vec<Scored<T>>> {
    vec(one_scored(label), 0..3)
}

fn one_scored<T: Clone + std::fmt::Debug>(
    label: impl Strategy<Value = T>,
) -> impl Strategy<Value = Scored<T>> {
    (label, probability()).prop_map(|(label, probability)| Scored { label, probability })
}

fn scores() -> impl Strategy<Value = SentimentScores> {
    (probability(), probability(), probability()).prop_map(|(negative, neutral, positive)| {
        SentimentScores {
            negative,
            neutral,
            positive,
        }
    })
}

fn mention() -> impl Strategy<Value = Mention> {
    let head = (
        item_id(),
        version(),
        id(),
        vec(id(), 0..3),
        moment(),
        moment(),
    );
    let author = (option::of(author_key()), option::of(any::<u64>()));
    let body = (maybe_text(), text(), maybe_text(), text());
    let judgement = (
        scores(),
        any::<bool>(),
        scored(id()),
        scored(select(Intent::ALL)),
        scored(select(Emotion::ALL)),
        option::of(one_scored(select(Expectation::ALL))),
    );
    let rest = (any::<bool>(), option::of(rating()), text());
    (head, author, body, judgement, rest).prop_map(|(head, author, body, judgement, rest)| {
        let (item, version, brand, item_brands, event_time, arrived_at) = head;
        let (author, reach) = author;
        let (url, text, language, clause) = body;
        let (sentiment, uncertain, touchpoints, intents, emotions, expectation) = judgement;
        let (repost, rating, model) = rest;
        Mention {
            item,
            version,
            brand,
            item_brands,
            event_time,
            arrived_at,
            author,
            reach,
            url,
            text,
            language,
            clause,
            sentiment,
            uncertain,
            touchpoints,
            intents,
            emotions,
            expectation,
            repost,
            rating,
            model,
        }
    })
}

pub(crate) fn mention_event() -> impl Strategy<Value = MentionEvent> {
    prop_oneof![
        4 => mention().prop_map(|mention| MentionEvent::Observed(Box::new(mention))),
        1 => item_delete().prop_map(MentionEvent::RetractItem),
        1 => author_delete().prop_map(MentionEvent::RetractAuthor),
        1 => gap().prop_map(MentionEvent::Gap),
    ]
}

fn counts() -> impl Strategy<Value = Counts> {
    any::<[u64; 4]>().prop_map(|[total, negative, neutral, positive]| Counts {
        total,
        negative,
        neutral,
        positive,
    })
}

fn voice() -> impl Strategy<Value = Voice> {
    let reach = prop_oneof![Just(Counts::default()), counts()];
    let known = prop_oneof![Just(0), any::<u64>()];
    (counts(), counts(), reach, known).prop_map(|(mentions, authors, reach, reach_known)| Voice {
        mentions,
        authors,
        reach,
        reach_known,
    })
}

pub(crate) fn share_of_voice() -> impl Strategy<Value = ShareOfVoice> {
    let head = (
        id(),
        id(),
        option::of(select(&Window::ALL[..])),
        moment(),
        moment(),
        any::<u32>(),
    );
    let part =
        (id(), voice()).prop_map(|(touchpoint, voice)| TouchpointVoice { touchpoint, voice });
    let voices = (voice(), voice(), vec(part, 0..3), any::<u64>());
    let interval = (number(), number()).prop_map(|(low, high)| Interval { low, high });
    let shares = (
        option::of(number()),
        option::of(interval),
        option::of(number()),
        option::of(number()),
        option::of(number()),
        number(),
    );
    let rest = (vec(id(), 0..3), vec(id(), 0..3));
    (head, voices, shares, rest).prop_map(|(head, voices, shares, rest)| {
        let (market, brand, window, from, to, revision) = head;
        let (voice, market_voice, touchpoints, reposts) = voices;
        let (mention_share, interval, author_share, reach_share, net_sentiment, coverage) = shares;
        let (sources, tracked) = rest;
        ShareOfVoice {
            market,
            brand,
            window,
            from,
            to,
            revision,
            voice,
            market_voice,
            touchpoints,
            reposts,
            mention_share,
            mention_share_interval: interval,
            author_share,
            reach_share,
            net_sentiment,
            coverage,
            sources,
            tracked,
        }
    })
}

fn standing() -> impl Strategy<Value = Standing> {
    select(&Standing::ALL[..])
}

pub(crate) fn author_standing() -> impl Strategy<Value = AuthorStanding> {
    let head = (id(), author_key(), standing(), standing(), number());
    let rest = (
        any::<u32>(),
        any::<u32>(),
        option::of(any::<u64>()),
        moment(),
    );
    (head, rest).prop_map(|(head, rest)| {
        let (brand, author, standing, previous, score) = head;
        let (experiences, recommendations, reach, updated_at) = rest;
        AuthorStanding {
            brand,
            author,
            standing,
            previous,
            score,
            experiences,
            recommendations,
            reach,
            updated_at,
        }
    })
}

fn measure() -> impl Strategy<Value = Measure> {
    (
        number(),
        option::of(number()),
        option::of(number()),
        any::<u32>(),
    )
        .prop_map(|(observed, expected, p_value, window_seconds)| Measure {
            observed,
            expected,
            p_value,
            window_seconds,
        })
}

fn term() -> impl Strategy<Value = TopTerm> {
    ("\\PC{0,9}", any::<u32>(), number()).prop_map(|(term, count, lift)| TopTerm {
        term,
        count,
        lift,
    })
}

fn evidence() -> impl Strategy<Value = Evidence> {
    let head = (
        item_id(),
        maybe_text(),
        text(),
        moment(),
        select(&Sentiment::ALL[..]),
    );
    let rest = (
        probability(),
        option::of(author_key()),
        standing(),
        option::of(any::<u64>()),
        text(),
    );
    (head, rest).prop_map(|(head, rest)| {
        let (item, url, text, event_time, sentiment) = head;
        let (confidence, author, standing, reach, clause) = rest;
        Evidence {
            item,
            url,
            text,
            event_time,
            sentiment,
            confidence,
            author,
            standing,
            reach,
            clause,
        }
    })
}

fn provenance() -> impl Strategy<Value = Provenance> {
    let range =
        (id(), any::<u32>(), any::<u64>()).prop_map(|(topic, partition, offset)| RecordRange {
            topic,
            partition,
            offset,
        });
    (text(), text(), vec(range, 0..3)).prop_map(|(model, configuration, records)| Provenance {
        model,
        configuration,
        records,
    })
}

pub(crate) fn alert() -> impl Strategy<Value = Alert> {
    let head = (
        id(),
        select(&AlertKind::ALL[..]),
        text(),
        any::<u32>(),
        select(&AlertState::ALL[..]),
        select(&Occasion::ALL[..]),
        id(),
        vec(id(), 0..3),
    );
    let body = (
        "\\PC{0,24}",
        1..=10_u8,
        measure(),
        vec(term(), 0..3),
        vec((id(), any::<u32>()), 0..3),
        vec((id(), any::<u32>()), 0..3),
        vec(evidence(), 0..3),
    );
    let rest = (
        any::<u32>(),
        number(),
        id(),
        [moment(), moment(), moment()],
        maybe_text(),
        provenance(),
    );
    (head, body, rest).prop_map(|(head, body, rest)| {
        let (id, kind, rule, revision, state, occasion, brand, markets) = head;
        let (summary, severity, measure, terms, touchpoints, sources, evidence) = body;
        let (mentions, coverage, owner, moments, inhibited_by, provenance) = rest;
        let [due, opened_at, updated_at] = moments;
        Alert {
            id,
            kind,
            rule,
            revision,
            state,
            occasion,
            brand,
            markets,
            summary,
            severity,
            measure,
            terms,
            touchpoints,
            sources,
            evidence,
            mentions,
            coverage,
            owner,
            due,
            opened_at,
            updated_at,
            inhibited_by,
            provenance,
        }
    })
}
