//! What queries match, and what is said about those that cannot be used.

use hark_ingest::query::{
    AuditWarning, Document, MAX_DEPTH, MAX_QUERY_BYTES, Matcher, Query, QueryErrorKind, QuerySet,
    audit, explain, render_errors,
};
use hark_model::{BrandId, BrandMatch};
use std::sync::Arc;

fn query(text: &str) -> Query {
    Query::parse(text).unwrap_or_else(|errors| panic!("{}", render_errors(text, &errors)))
}

fn set(queries: &[(&str, &str)]) -> Arc<QuerySet> {
    let brands = queries
        .iter()
        .map(|(brand, text)| (BrandId::new(brand), query(text)));
    Arc::new(QuerySet::build(brands).expect("a small set fits"))
}

fn found(text: &str, document: &Document<'_>) -> Option<BrandMatch> {
    set(&[("brand", text)]).matches(document).pop()
}

fn matches(text: &str, document: &str) -> bool {
    found(text, &Document::of_text(document)).is_some()
}

#[track_caller]
fn check(text: &str, yes: &[&str], no: &[&str]) {
    for document in yes {
        assert!(matches(text, document), "{text} should match {document:?}");
    }
    for document in no {
        assert!(
            !matches(text, document),
            "{text} should not match {document:?}"
        );
    }
}

#[test]
fn a_word_matches_whole_in_any_case_and_as_a_hashtag_but_not_as_a_handle() {
    check(
        "nike",
        &[
            "Nike",
            "NIKE!",
            "Nike's",
            "Nike’s",
            "#nike",
            "nike.com",
            "(nike)",
            "air-nike",
            "nike🎉",
            "my #Nike.",
        ],
        &[
            "nikes",
            "Unike",
            "@nike",
            "@nike.bsky.social",
            "@just.nike",
            "hi @team-nike",
            "nike_air",
            "#nikeair",
            "",
        ],
    );
}

#[test]
fn a_plain_word_inside_a_handle_is_the_handles_and_one_after_it_is_not() {
    check(
        "social",
        &["@nike social"],
        &["@nike.social", "@nike@mastodon.social"],
    );
}

#[test]
fn case_is_folded_in_every_script_and_diacritics_are_kept() {
    check("straße", &["STRAẞE", "Straße"], &["strasse"]);
    check("οδός", &["ΟΔΌΣ", "οδόσ"], &["οδος"]);
    check("iş", &["İŞ", "IŞ"], &["is"]);
    check("hermès", &["HERMÈS"], &["hermes"]);
    check("herme\u{300}s", &["Hermès"], &[]);
    check("газпром", &["ГАЗПРОМ"], &["газпрома"]);
}

#[test]
fn case_sensitive_terms_match_in_their_case_only() {
    check(
        "=Apple",
        &["Apple", "Apple's", "#Apple"],
        &["apple", "APPLE"],
    );
    check(
        "=\"Apple Pay\"",
        &["Apple Pay", "Apple-Pay"],
        &["apple pay", "Apple pay"],
    );
    check("=McDonald's", &["McDonald’s"], &["Mcdonald's"]);
    check("=İş", &["İş"], &["iş"]);
    check("=#Nike", &["#Nike"], &["#nike", "Nike"]);
}

#[test]
fn phrases_bridge_spaces_and_hyphens_but_not_sentences() {
    check(
        "\"just do it\"",
        &[
            "Just do it!",
            "just-do-it",
            "just\ndo it",
            "“Just” do 'it'",
            "#just #do #it",
        ],
        &[
            "just, do it",
            "just. Do it",
            "just do  ... it",
            "adjust do it",
            "just do item",
            "do it just",
            "just @do it",
        ],
    );
    check(
        "coca-cola",
        &["Coca-Cola", "coca cola", "Coca‑Cola", "#coca #cola"],
        &["cocacola", "coca. Cola"],
    );
    check("at&t", &["AT&T's"], &["at t", "what&t"]);
    check("c++", &["C++ is", "c++."], &["c+", "objc++"]);
    check("\".net\"", &[".NET", "asp.net"], &["net"]);
    check("\"and\"", &["and"], &["or"]);
    check("\":)\"", &["nice :)"], &[":("]);
}

#[test]
fn hashtags_and_handles_match_only_as_such() {
    check(
        "#nike",
        &["#Nike", "＃nike", "(#nike)"],
        &["nike", "#nikeair", "C#nike"],
    );
    check(
        "@nike",
        &[
            "@Nike",
            "@nike.bsky.social",
            "@nike@mastodon.social",
            ".@nike's",
            "@nike-everyone",
        ],
        &["nike", "@nikes", "@nike-fans.bsky.social", "me@nike"],
    );
    check(
        "@nike.com",
        &["@nike.com rocks", "@nike.com."],
        &["@nike", "@nike.community"],
    );
}

#[test]
fn a_star_lets_a_word_go_on() {
    check(
        "deliver*",
        &["deliver", "Delivery", "deliveries!"],
        &["redeliver", "deliv"],
    );
    check("#nike*", &["#nikeair"], &["nikeair"]);
    check("@nike*", &["@nikestore", "@nike-fans"], &["@thenike"]);
    let spans = found("deliver*", &Document::of_text("a Delivery!"))
        .unwrap()
        .spans;
    assert_eq!((spans.len(), spans[0].clone()), (1, 2..10));
}

#[test]
fn scripts_without_spaces_and_emoji_match_anywhere() {
    check("寿司", &["昨日寿司を食べた"], &["司寿"]);
    check("삼성", &["삼성이 좋다"], &["삼 성"]);
    check("nike", &["私のnikeです"], &[]);
    check(
        "\"東京 ディズニー\"",
        &["東京ディズニー", "東京 ディズニー"],
        &["東京のディズニー"],
    );
    check("🍎", &["an🍎a day"], &["apple"]);
    check("❤️", &["❤", "❤️"], &["🧡"]);
    check("🇪🇺", &["🇩🇪🇪🇺"], &["🇩🇪🇺🇸"]);
}

#[test]
fn near_counts_the_words_between_in_either_order() {
    check(
        "apple NEAR/2 pie",
        &[
            "apple pie",
            "pie with apple",
            "apple and cherry pie",
            "apple's pie",
        ],
        &["apple with lots of pie", "apple", "pie"],
    );
    check("apple NEAR/0 pie", &["apple – pie"], &["apple a pie"]);
    check(
        "nike NEAR/1 nike",
        &["nike, Nike"],
        &["nike", "nike a b nike"],
    );
    check(
        "(shoe OR boot) NEAR/1 (broken OR \"fell apart\")",
        &["my boot fell apart", "broken left shoe"],
        &["boot"],
    );
}

#[test]
fn precedence_is_not_then_and_then_or() {
    check("a1 OR b1 c1", &["a1", "b1 c1"], &["b1", "c1"]);
    check("a1 NOT b1 OR c1", &["a1", "a1 b1 c1"], &["a1 b1"]);
    check("a1 AND (b1 OR c1)", &["a1 c1"], &["a1"]);
    check("a1 NOT (b1 c1)", &["a1 b1"], &["a1 b1 c1"]);
    check("a1 NOT NOT b1", &["a1 b1"], &["a1"]);
    check("a1 NOT b1 NEAR/1 c1", &["a1 b1 x x x c1"], &["a1 b1 c1"]);
}

#[test]
fn fields_look_at_what_surrounds_the_text() {
    let document = Document {
        text: "hello",
        author_handle: Some("@Nike"),
        author_name: Some("Nike, Inc."),
        url: Some("https://news.Nike.co.uk:443/a?b"),
        language: Some("deu"),
    };
    for (text, wanted) in [
        ("author:nike", true),
        ("author:@NIKE", true),
        ("author:\"nike, inc.\"", true),
        ("author:nik", false),
        ("site:nike.co.uk", true),
        ("site:https://www.nike.co.uk/", true),
        ("site:ike.co.uk", false),
        ("site:nike.com", false),
        ("hello lang:de", true),
        ("hello lang:deu", true),
        ("hello lang:en", false),
        ("hello NOT author:nike", false),
        ("author:nike site:nike.co.uk NOT adidas", true),
    ] {
        assert_eq!(found(text, &document).is_some(), wanted, "{text}");
    }
    assert!(found("author:nike", &document).unwrap().spans.is_empty());
    assert!(found("hello NOT lang:en", &Document::of_text("hello")).is_some());
}

#[test]
fn a_macrolanguage_includes_its_members() {
    let chinese = Document {
        text: "nike",
        language: Some("cmn"),
        ..Document::default()
    };
    assert!(found("nike lang:zh", &chinese).is_some());
    assert!(found("nike lang:zho", &chinese).is_some());
    assert!(found("nike lang:ja", &chinese).is_none());
}

#[test]
fn the_evidence_is_the_clause_as_written_and_its_places_in_the_original() {
    let text = "İİ — die Coca‑Cola’s neu, coca cola!";
    let found = found(
        "pepsi OR  (Coca-Cola AND neu)  OR cola",
        &Document::of_text(text),
    )
    .unwrap();
    assert_eq!(&*found.clause, "Coca-Cola AND neu");
    let places: Vec<&str> = found.spans.iter().map(|span| &text[span.clone()]).collect();
    assert_eq!(places, ["Coca‑Cola", "neu", "coca cola"]);
}

#[test]
fn the_evidence_leaves_exclusions_out() {
    let found = found(
        "(apple OR iphone) lang:en NOT (fruit OR pie)",
        &Document {
            text: "My iPhone",
            language: Some("eng"),
            ..Document::default()
        },
    )
    .unwrap();
    assert_eq!((&*found.clause, found.spans.len()), ("iphone", 1));
    assert_eq!(found.spans[0], 3..9);
}

#[test]
fn evidence_of_near_is_the_pair_alone() {
    let found = found(
        "apple NEAR/1 pie",
        &Document::of_text("apple x x x pie apple"),
    )
    .unwrap();
    assert_eq!(found.spans, [12..15, 16..21]);
}

#[test]
fn brands_are_reported_in_order_and_each_once() {
    let set = set(&[
        ("z", "nike"),
        ("a", "nike shoe"),
        ("z", "shoe"),
        ("m", "adidas"),
    ]);
    let matches = set.matches(&Document::of_text("nike shoe"));
    let brands: Vec<&str> = matches.iter().map(|found| found.brand.as_str()).collect();
    assert_eq!(brands, ["z", "a"]);
    assert_eq!(&*matches[0].clause, "nike");
}

#[test]
fn whether_anything_may_match_is_known_before_the_language_is() {
    let mut matcher = Matcher::new(set(&[("a", "nike lang:de"), ("b", "author:adidas")]));
    let mut may = |text| matcher.may_match(&Document::of_text(text));
    assert_eq!(
        [may("Nike"), may("puma"), may("adidas")],
        [true, false, false]
    );
}

#[test]
fn a_set_without_brands_matches_nothing() {
    assert_eq!(set(&[]).matches(&Document::of_text("nike")), []);
}

#[test]
fn a_name_repeated_for_pages_gives_a_handful_of_places() {
    let found = found("nike", &Document::of_text(&"nike ".repeat(4_000))).unwrap();
    assert_eq!(found.spans.len(), 32);
}

#[track_caller]
fn faults(text: &str, wanted: &[(QueryErrorKind, &str)]) {
    let errors = Query::parse(text).expect_err(text);
    let found: Vec<(QueryErrorKind, &str)> = errors
        .iter()
        .map(|error| (error.kind, &text[error.span.clone()]))
        .collect();
    assert_eq!(found, wanted, "{}", render_errors(text, &errors));
    assert!(errors.iter().all(|error| !error.help.is_empty()));
}

#[test]
fn each_fault_is_named_at_its_place() {
    use QueryErrorKind as Kind;
    faults("", &[(Kind::Empty, "")]);
    faults(" \n ", &[(Kind::Empty, "")]);
    faults("()", &[(Kind::Parenthesis, "()")]);
    faults("(nike", &[(Kind::Parenthesis, "(")]);
    faults("nike)", &[(Kind::Parenthesis, ")")]);
    faults("nike AND", &[(Kind::MissingOperand, "AND")]);
    faults("OR nike", &[(Kind::MissingOperand, "OR")]);
    faults("nike AND OR x", &[(Kind::MissingOperand, "AND")]);
    faults("nike NOT", &[(Kind::MissingOperand, "NOT")]);
    faults("nike NEAR/3", &[(Kind::MissingOperand, "NEAR/3")]);
    faults("nike NEAR shoe", &[(Kind::Near, "NEAR")]);
    faults("nike NEAR/x shoe", &[(Kind::Near, "NEAR/x")]);
    faults("nike NEAR/101 shoe", &[(Kind::Near, "NEAR/101")]);
    faults("nike NEAR/3 (a1 b1)", &[(Kind::Near, "a1 b1")]);
    faults("a1 NEAR/3 b1 NEAR/3 c1", &[(Kind::Near, "NEAR/3")]);
    faults("rock and roll", &[(Kind::UnknownOperator, "and")]);
    faults("nike -adidas", &[(Kind::UnknownOperator, "-adidas")]);
    faults("nike && adidas", &[(Kind::UnknownOperator, "&&")]);
    faults("\"a b\"~5 x", &[(Kind::UnknownOperator, "~5")]);
    faults("*", &[(Kind::Wildcard, "*")]);
    faults("n*ke", &[(Kind::Wildcard, "n*ke")]);
    faults("n*", &[(Kind::Wildcard, "n*")]);
    faults("foo:bar", &[(Kind::Field, "foo:bar")]);
    faults("https://nike.com", &[(Kind::Field, "https://nike.com")]);
    faults("nike lang:xx", &[(Kind::Field, "lang:xx")]);
    faults("site:reddit", &[(Kind::Field, "site:reddit")]);
    faults("author: nike", &[(Kind::Field, "author:")]);
    faults("\"just do it", &[(Kind::UnclosedQuote, "\"")]);
    faults("\"\" nike", &[(Kind::Unmatchable, "\"\"")]);
    faults("nike, adidas", &[(Kind::Unmatchable, "nike,")]);
    faults("# nike", &[(Kind::Unmatchable, "#")]);
    faults("#a-b", &[(Kind::Unmatchable, "#a-b")]);
    faults("NOT nike", &[(Kind::TooWide, "NOT nike")]);
    faults("nike OR NOT adidas", &[(Kind::TooWide, "NOT adidas")]);
    faults("lang:de", &[(Kind::TooWide, "lang:de")]);
}

#[test]
fn all_faults_are_reported_at_once_in_order() {
    use QueryErrorKind as Kind;
    faults(
        "foo:x AND (nike and * OR) lang:zz \"open",
        &[
            (Kind::Field, "foo:x"),
            (Kind::UnknownOperator, "and"),
            (Kind::Wildcard, "*"),
            (Kind::MissingOperand, "OR"),
            (Kind::Field, "lang:zz"),
            (Kind::UnclosedQuote, "\""),
        ],
    );
}

#[test]
fn a_rendered_fault_points_below_wide_characters() {
    let text = "寿司 foo:bar";
    let errors = Query::parse(text).unwrap_err();
    assert_eq!(
        errors[0].render(text),
        "error: there is no field `foo:`\n\
         \x20 | 寿司 foo:bar\n\
         \x20 |      ^^^^^^^\n\
         \x20 = help: the fields are author:, site: and lang:; put the text in quotes to look for it as it is"
    );
}

#[test]
fn queries_that_are_too_deep_or_too_long_are_refused_without_a_crash() {
    let nested = |depth: usize| format!("{}nike{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Query::parse(&nested(MAX_DEPTH)).is_ok());
    for text in [
        nested(MAX_DEPTH + 1),
        nested(30_000),
        "NOT ".repeat(16_000) + "nike",
        "(".repeat(60_000),
    ] {
        let errors = Query::parse(&text).unwrap_err();
        assert_eq!(errors[0].kind, QueryErrorKind::TooDeep);
        assert_eq!(errors.len(), 1);
    }
    let errors = Query::parse(&"a".repeat(MAX_QUERY_BYTES + 1)).unwrap_err();
    assert_eq!(errors[0].kind, QueryErrorKind::TooLong);
}

#[test]
fn explain_shows_precedence_and_says_it_in_words() {
    let shown = explain(&query(
        "Nike (shoe* OR \"just do it\") NOT lang:fr OR =Apple NEAR/3 (a1 OR @b1)",
    ));
    assert_eq!(
        shown,
        "((Nike AND (shoe* OR \"just do it\") AND (NOT lang:fr)) OR (=Apple NEAR/3 (a1 OR @b1)))\n\
         \n\
         any of\n\
         \x20 all of\n\
         \x20   the word \"Nike\"\n\
         \x20   any of\n\
         \x20     a word that begins with \"shoe\"\n\
         \x20     the phrase \"just do it\"\n\
         \x20   not\n\
         \x20     the language is fr\n\
         \x20 the word \"Apple\", in this case, and the word \"a1\" or the handle @b1, with at most 3 words between them\n"
    );
}

#[test]
fn an_audit_counts_clauses_and_names_those_too_narrow_or_too_wide() {
    let set = set(&[("apple", "(apple OR iphone OR \"mac book\") NOT pie")]);
    let texts: Vec<String> = (0..40)
        .map(|n| match n {
            0 => "apple and iphone".to_owned(),
            1 => "apple pie".to_owned(),
            _ => "apple".to_owned(),
        })
        .collect();
    let report = audit(&set, texts.iter().map(|text| Document::of_text(text)));
    assert_eq!(report.documents, 40);
    let clauses: Vec<(&str, u64, u64)> = report.brands[0]
        .clauses
        .iter()
        .map(|clause| (&*clause.clause, clause.hits, clause.alone))
        .collect();
    assert_eq!(
        clauses,
        [("apple", 39, 38), ("iphone", 1, 0), ("\"mac book\"", 0, 0)]
    );
    assert_eq!(report.brands[0].clauses[0].examples, [0, 2, 3]);
    let warned: Vec<&str> = report
        .warnings()
        .iter()
        .map(|warning| match warning {
            AuditWarning::MatchesNothing { .. } => "nothing",
            AuditWarning::MatchesNearlyEverything { .. } => "everything",
        })
        .collect();
    assert_eq!(warned, ["everything", "nothing"]);
    let shown = report.warnings()[1].to_string();
    assert!(
        shown.contains("`\"mac book\"` matches none of 40 documents"),
        "{shown}"
    );
}

#[test]
fn an_empty_sample_warns_of_nothing() {
    assert_eq!(audit(&set(&[("a", "nike")]), []).warnings(), []);
}
