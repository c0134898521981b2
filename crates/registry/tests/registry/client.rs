//! Registering, and asking for ids.

use crate::catalogue;
use crate::fake::{Fake, serve};
use hark_proto::schemas::{self, SchemaIds};
use hark_registry::{Client, Credentials, Error, Registered, routes};
use serde_json::json;

const SUBJECTS: [&str; 6] = [
    "hark/v1/common.proto",
    "hark.items-value",
    "hark.mentions-value",
    "hark.share-of-voice-value",
    "hark.authors-value",
    "hark.alerts-value",
];

fn client(url: &str) -> Client {
    Client::new(url, Credentials::None).unwrap()
}

async fn registered(client: &Client) -> Result<Vec<Registered>, Error> {
    let mut all = Vec::new();
    let told = |registered: &Registered| all.push(registered.clone());
    client.register(&catalogue(), told).await?;
    Ok(all)
}

#[tokio::test]
async fn every_schema_is_registered_once_and_told_with_its_id() {
    let fake = Fake::start().await;
    for (round, new) in [true, false, false].into_iter().enumerate() {
        let all = registered(&client(&fake.url)).await.unwrap();
        let expected: Vec<_> = (100..)
            .zip(SUBJECTS)
            .map(|(id, subject)| Registered {
                subject: subject.to_owned(),
                version: 1,
                id,
                new,
            })
            .collect();
        assert_eq!(all, expected, "round {round}");
    }
    assert_eq!(fake.subjects(), SUBJECTS);
}

#[tokio::test]
async fn a_registry_under_a_path_is_found_there() {
    let fake = Fake::start().await;
    for path in ["", "/", "/under/a/path", "/under/a/path/"] {
        let url = format!("{}{path}", fake.url);
        assert_eq!(registered(&client(&url)).await.unwrap().len(), 6, "{path}");
    }
    let elsewhere = format!("{}/under/another", fake.url);
    let error = registered(&client(&elsewhere)).await.unwrap_err();
    assert_eq!(error.kind(), "not_a_registry", "{error}");
}

#[tokio::test]
async fn an_import_is_referenced_in_the_version_the_registry_gave_it() {
    let fake = Fake::start().await;
    fake.has("hark/v1/common.proto", "an older text");
    registered(&client(&fake.url)).await.unwrap();
    let common = "hark/v1/common.proto";
    assert_eq!(
        fake.newest("hark.mentions-value")["references"],
        json!([{ "name": common, "subject": common, "version": 2 }])
    );
    assert_eq!(
        fake.newest("hark.share-of-voice-value")["references"],
        json!([])
    );
}

#[tokio::test]
async fn ids_are_those_that_were_given() {
    let fake = Fake::start().await;
    fake.has("somebody.elses-value", "a schema");
    let client = client(&fake.url);
    registered(&client).await.unwrap();
    let ids = client.ids(&catalogue()).await.unwrap();
    for (id, schema) in (101..).zip(schemas::ALL) {
        assert_eq!(ids.of(&schema), id, "{}", schema.file);
    }
}

#[tokio::test]
async fn ids_of_what_is_not_registered_are_not_made_up() {
    let fake = Fake::start().await;
    let error = client(&fake.url).ids(&catalogue()).await.unwrap_err();
    assert!(matches!(&error, Error::Missing { subjects, .. } if *subjects == SUBJECTS));
    assert!(!error.retryable());
    assert!(fake.subjects().is_empty(), "asking changes nothing");

    registered(&client(&fake.url)).await.unwrap();
    let other = hark_registry::Catalogue::new("other", &SchemaIds::default());
    let error = client(&fake.url).ids(&other).await.unwrap_err();
    let said = error.to_string();
    assert!(said.contains("hark schema register"), "{said}");
    assert!(said.contains("other.alerts-value"), "{said}");
    assert!(!said.contains("common.proto"), "{said}");
}

#[tokio::test]
async fn an_answer_that_is_no_id_says_whose_fault_it_is() {
    let complaint = |code: u32| format!("{{\"error_code\":{code},\"message\":\"because\"}}");
    let answers = [
        (401, complaint(40_101), "denied", false),
        (403, "<html>".to_owned(), "denied", false),
        (404, "<html>".to_owned(), "not_a_registry", false),
        (404, complaint(404), "not_a_registry", false),
        (301, String::new(), "not_a_registry", false),
        (200, "hello".to_owned(), "not_a_registry", false),
        (409, complaint(409), "refused", false),
        (422, complaint(42_201), "refused", false),
        (429, String::new(), "failed", true),
        (500, complaint(50_001), "failed", true),
        (503, "<html>".to_owned(), "failed", true),
    ];
    for (status, body, kind, retryable) in answers {
        let fake = Fake::start().await;
        fake.answers(status, &body);
        let error = registered(&client(&fake.url)).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{status}: {error}");
        assert_eq!(error.retryable(), retryable, "{status}: {error}");
        if body.contains("because") && kind != "not_a_registry" {
            assert!(error.to_string().contains("because"), "{status}: {error}");
        }
    }
}

#[tokio::test]
async fn a_registry_that_is_not_there_is_told_by_its_address() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = registered(&client(&url)).await.unwrap_err();
    assert_eq!(error.kind(), "unreachable");
    assert!(error.retryable());
    assert!(error.to_string().contains(&url), "{error}");
}

#[tokio::test]
async fn credentials_go_with_every_request() {
    let fake = Fake::start().await;
    let basic = Credentials::Basic {
        user: "me".to_owned(),
        password: "secret".to_owned(),
    };
    let ways = [
        (Credentials::None, None),
        (basic, Some("Basic bWU6c2VjcmV0")),
        (
            Credentials::Bearer("token".to_owned()),
            Some("Bearer token"),
        ),
    ];
    for (credentials, said) in ways {
        let client = Client::new(&fake.url, credentials).unwrap();
        registered(&client).await.unwrap();
        assert_eq!(fake.authorization().as_deref(), said);
    }
}

#[tokio::test]
async fn our_own_endpoint_knows_what_our_client_asks_for() {
    let url = serve(routes(catalogue())).await;
    let ids = client(&url).ids(&catalogue()).await.unwrap();
    assert_eq!(ids, SchemaIds::default());
    let all = registered(&client(&url)).await.unwrap();
    assert!(all.iter().all(|registered| !registered.new));
}
