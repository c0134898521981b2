use super::*;
use serde_json::json;

const DID: &str = "did:plc:invented";

fn envelope(commit: Value) -> Vec<u8> {
    json!({ "did": DID, "time_us": 1_783_175_888_090_631_i64, "kind": "commit", "commit": commit })
        .to_string()
        .into_bytes()
}

fn post_with(record: Value) -> Vec<u8> {
    envelope(json!({
        "rev": "3mptbypcq372f", "operation": "create", "collection": POSTS,
        "rkey": "3mptbyoeyc22k", "cid": "bafyinvented", "record": record,
    }))
}

fn item(json: &[u8]) -> RawItem {
    match event(json).outcome {
        Ok(RawEvent::Upsert(item)) => *item,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_post_has_its_address_its_author_and_its_version() {
    let json = post_with(json!({
        "text": "The Northwind desk was kind today", "createdAt": "2026-07-04T14:38:06.240Z",
        "langs": ["en", "de"],
    }));
    let item = item(&json);
    assert_eq!(
        item.native_id,
        "at://did:plc:invented/app.bsky.feed.post/3mptbyoeyc22k"
    );
    assert_eq!(
        item.url.as_deref(),
        Some("https://bsky.app/profile/did:plc:invented/post/3mptbyoeyc22k")
    );
    assert_eq!(item.author.as_ref().unwrap().id, DID);
    assert_eq!(&*item.version.tag, "bafyinvented");
    assert_eq!(Some(item.version.order), tid::micros("3mptbypcq372f"));
    assert_eq!(item.created_at.to_string(), "2026-07-04T14:38:06.240Z");
    assert_eq!(item.declared_language.as_deref(), Some("en"));
    assert_eq!(
        (item.parent, item.quote_of, item.has_media),
        (None, None, false)
    );
    assert_eq!(item.raw, json);
}

#[test]
fn both_ways_to_write_utc_are_the_same_moment() {
    let at = |text: &str| item(&post_with(json!({ "text": "", "createdAt": text }))).created_at;
    assert_eq!(
        at("2026-07-04T14:38:06.240Z"),
        at("2026-07-04T14:38:06.240+00:00")
    );
    assert_eq!(
        at("1970-01-01T00:00:00Z").millis(),
        0,
        "a lie is kept; it is clamped downstream"
    );
}

#[test]
fn without_a_readable_date_the_services_time_counts() {
    for record in [
        json!({ "text": "" }),
        json!({ "text": "", "createdAt": "soon" }),
        json!({ "text": "", "createdAt": null }),
        json!({ "text": "", "createdAt": 17 }),
    ] {
        let created = item(&post_with(record.clone())).created_at;
        assert_eq!(
            created,
            Timestamp::from_micros(1_783_175_888_090_631),
            "{record}"
        );
    }
}

#[test]
fn odd_optional_fields_cost_only_themselves() {
    let json = post_with(json!({
        "text": "x", "langs": null, "reply": null, "embed": 7, "facets": "none", "tags": {},
    }));
    let item = item(&json);
    assert_eq!((item.declared_language, item.parent), (None, None));
}

#[test]
fn a_reply_names_the_post_it_answers() {
    let json = post_with(json!({
        "text": "x",
        "reply": { "root": { "uri": "at://root" }, "parent": { "uri": "at://parent" } },
    }));
    assert_eq!(item(&json).parent.as_deref(), Some("at://parent"));
}

#[test]
fn embeds_tell_quotes_from_media_from_links() {
    let quoted = "at://did:plc:other/app.bsky.feed.post/1";
    let record = json!({ "$type": "app.bsky.embed.record", "record": { "uri": quoted } });
    let with = |media: &str| {
        json!({
            "$type": "app.bsky.embed.recordWithMedia",
            "record": { "record": { "uri": quoted } },
            "media": { "$type": format!("app.bsky.embed.{media}") },
        })
    };
    let list = json!({ "$type": "app.bsky.embed.record",
        "record": { "uri": "at://did:plc:other/app.bsky.graph.list/1" } });
    let plain = |kind: &str| json!({ "$type": format!("app.bsky.embed.{kind}") });
    for (embed, quote, media) in [
        (record, true, false),
        (list, false, false),
        (with("images"), true, true),
        (with("external"), true, false),
        (plain("images"), false, true),
        (plain("video"), false, true),
        (plain("gallery"), false, true),
        (plain("external"), false, false),
        (plain("something-new"), false, false),
    ] {
        let item = item(&post_with(json!({ "text": "", "embed": embed })));
        assert_eq!(
            (item.quote_of.is_some(), item.has_media),
            (quote, media),
            "{embed}"
        );
    }
}

#[test]
fn a_delete_comes_after_what_it_deletes() {
    let created = item(&post_with(json!({ "text": "x" })));
    let json = envelope(json!({
        "rev": "3mptbypk4ze2j", "operation": "delete", "collection": POSTS, "rkey": "3mptbyoeyc22k",
    }));
    let Ok(RawEvent::Delete {
        native_id,
        version,
        author,
    }) = event(&json).outcome
    else {
        panic!("not a delete");
    };
    assert_eq!(native_id, created.native_id);
    assert!(version > created.version);
    assert_eq!(author.as_deref(), Some(DID));
}

#[test]
fn an_author_who_is_gone_is_deleted_and_one_who_is_back_is_not() {
    let account = |active: bool, status: Option<&str>| {
        let json = json!({
            "did": DID, "time_us": 1_783_175_888_090_631_i64, "kind": "account",
            "account": { "active": active, "did": DID, "seq": 1, "status": status },
        });
        event(json.to_string().as_bytes()).outcome
    };
    for status in ["deleted", "deactivated", "suspended", "takendown"] {
        let Ok(RawEvent::AuthorDelete { author, version }) = account(false, Some(status)) else {
            panic!("{status}");
        };
        assert_eq!(
            (author.as_str(), version.order),
            (DID, 1_783_175_888_090_631)
        );
    }
    assert_eq!(account(true, None), Err(Ignored::ActiveAccount));
    assert_eq!(account(false, Some("throttled")), Err(Ignored::Unknown));
}

#[test]
fn what_is_of_no_concern_is_passed_over_and_still_moves_the_cursor() {
    let like = envelope(json!({
        "rev": "3mptbypcq372f", "operation": "create", "collection": "app.bsky.feed.like",
        "rkey": "1", "record": {},
    }));
    let identity = json!({ "did": DID, "time_us": 1_783_175_888_090_631_i64, "kind": "identity",
        "identity": {}, "cursor": 30_340_180_350_i64 });
    let newer = json!({ "did": DID, "time_us": 1_783_175_888_090_631_i64, "kind": "sync" });
    for (json, why) in [
        (like, Ignored::OtherCollection),
        (identity.to_string().into_bytes(), Ignored::Identity),
        (newer.to_string().into_bytes(), Ignored::Unknown),
    ] {
        let mapped = event(&json);
        assert_eq!(mapped.outcome, Err(why));
        assert_eq!(
            mapped.seen.map(|seen| seen.time_us),
            Some(1_783_175_888_090_631)
        );
    }
}

#[test]
fn what_is_no_event_is_kept_for_a_look() {
    for (json, reason) in [
        (&b"{\"did\":"[..], Unusable::Malformed),
        (b"\xff\xfe", Unusable::Malformed),
        (b"{}", Unusable::InvalidField),
        (
            b"{\"did\":1,\"time_us\":2,\"kind\":\"commit\"}",
            Unusable::InvalidField,
        ),
        (
            b"{\"did\":\"d\",\"time_us\":2,\"kind\":\"commit\"}",
            Unusable::MissingField,
        ),
    ] {
        let Ok(RawEvent::Unusable {
            raw, reason: found, ..
        }) = event(json).outcome
        else {
            panic!("{json:?}");
        };
        assert_eq!((raw.as_slice(), found), (json, reason));
    }
    let textless = post_with(json!({ "createdAt": "2026-07-04T14:38:06Z" }));
    let outcome = event(&textless).outcome;
    assert!(matches!(
        outcome,
        Ok(RawEvent::Unusable {
            reason: Unusable::MissingField,
            ..
        })
    ));
}

#[test]
fn a_sequence_number_in_place_of_a_time_is_no_place_in_the_stream() {
    let json = json!({ "did": DID, "time_us": 30_340_180_350_i64, "kind": "identity" });
    assert_eq!(event(json.to_string().as_bytes()).seen, None);
}
