//! Our endpoint, as any client of Confluent's protocol meets it.

use crate::catalogue;
use crate::fake::serve;
use hark_proto::Wire;
use hark_proto::schemas::{self, SchemaIds};
use hark_registry::{Catalogue, Client, Credentials, routes};
use reqwest::Method;
use serde_json::{Value, json};

/// Asks for something; returns status, media type and body.
async fn ask(url: &str, method: Method, path: &str, body: &str) -> (u16, String, Value) {
    // Makes the process's provider of cryptography, without which no client can be made.
    Client::new(url, Credentials::None).unwrap();
    let client = reqwest::Client::builder()
        .tls_certs_only([])
        .build()
        .unwrap();
    let request = client
        .request(method, format!("{url}{path}"))
        .header("content-type", "application/vnd.schemaregistry.v1+json")
        .body(body.to_owned());
    let answer = request.send().await.unwrap();
    let media_type = answer.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    let status = answer.status().as_u16();
    let body = answer.text().await.unwrap();
    let body = serde_json::from_str(&body).unwrap_or(Value::String(body));
    (status, media_type, body)
}

async fn get(path: &str) -> Value {
    let url = serve(routes(catalogue())).await;
    let (status, media_type, body) = ask(&url, Method::GET, path, "").await;
    assert_eq!(status, 200, "{path}: {body}");
    assert_eq!(
        media_type, "application/vnd.schemaregistry.v1+json",
        "{path}"
    );
    body
}

#[tokio::test]
async fn a_schema_is_found_by_the_id_in_the_values_of_its_topic() {
    let id = hark_model::MentionEvent::SCHEMA_ID;
    let common = "hark/v1/common.proto";
    let [_, _, mention, ..] = schemas::ALL;
    let references = json!([{ "name": common, "subject": common, "version": 1 }]);
    assert_eq!(
        get(&format!(
            "/schemas/ids/{id}?fetchMaxId=false&subject=hark.mentions-value"
        ))
        .await,
        json!({ "schemaType": "PROTOBUF", "references": references, "schema": mention.text })
    );
    let expected = json!({
        "subject": "hark.mentions-value",
        "version": 1,
        "id": id,
        "schemaType": "PROTOBUF",
        "references": references,
        "schema": mention.text,
    });
    for version in ["1", "latest", "-1"] {
        let path = format!("/subjects/hark.mentions-value/versions/{version}");
        assert_eq!(get(&path).await, expected, "{version}");
    }
    assert_eq!(
        get(&format!("/schemas/ids/{id}/versions")).await,
        json!([{ "subject": "hark.mentions-value", "version": 1 }])
    );
}

#[tokio::test]
async fn what_is_imported_is_found_by_its_name_with_the_slashes_encoded() {
    let found = get("/subjects/hark%2Fv1%2Fcommon.proto/versions/1").await;
    assert_eq!(found["schema"], schemas::ALL[0].text);
    assert_eq!(found.get("references"), None);
}

#[tokio::test]
async fn subjects_types_and_configuration_are_told() {
    let subjects = get("/subjects").await;
    assert_eq!(subjects.as_array().unwrap().len(), schemas::ALL.len());
    assert_eq!(subjects[5], "hark.alerts-value");
    assert_eq!(
        get("/subjects/hark.alerts-value/versions").await,
        json!([1])
    );
    assert_eq!(get("/schemas/types").await, json!(["PROTOBUF"]));
    let compatibility = json!({ "compatibilityLevel": "FULL_TRANSITIVE" });
    assert_eq!(get("/config").await, compatibility);
    assert_eq!(get("/config/hark.alerts-value").await, compatibility);
    assert_eq!(get("/mode").await, json!({ "mode": "READONLY" }));
}

#[tokio::test]
async fn topics_and_ids_are_those_of_the_configuration() {
    let ids = SchemaIds::new(|schema| schema.id % 7 + 40);
    let url = serve(routes(Catalogue::new("acme", &ids))).await;
    let path = "/subjects/acme.items-value/versions/latest";
    let (status, _, found) = ask(&url, Method::GET, path, "").await;
    assert_eq!(status, 200);
    assert_eq!(found["id"], ids.of_values::<hark_model::ItemEvent>());
}

#[tokio::test]
async fn what_is_not_there_has_the_code_of_its_kind() {
    let url = serve(routes(catalogue())).await;
    let asked = "
        GET    /schemas/ids/1                           404 40403
        GET    /schemas/ids/4294967296                  404 404
        GET    /schemas/ids/one                         404 404
        GET    /subjects/nothing/versions               404 40401
        GET    /subjects/nothing/versions/1             404 40401
        GET    /subjects/hark.items-value/versions/2    404 40402
        GET    /subjects/hark.items-value/versions/0    422 42202
        GET    /subjects/hark.items-value/versions/new  422 42202
        GET    /config/nothing                          404 40401
        GET    /subjects/hark.items-value               404 404
        GET    /contexts                                404 404
        GET    /                                        404 404
        POST   /subjects/nothing                        404 40401
        POST   /subjects/hark.items-value               422 422
        POST   /subjects/hark.items-value/versions      405 405
        PUT    /config                                  405 405
        DELETE /subjects/hark.items-value               405 405
        DELETE /subjects/hark.items-value/versions/1    405 405
        PUT    /mode                                    405 405
        POST   /nothing                                 404 404";
    for line in asked.lines().skip(1) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [method, path, status, code] = words[..] else {
            panic!("{line:?} has four words");
        };
        let (found, media_type, body) = ask(&url, method.parse().unwrap(), path, "{}").await;
        let code: u32 = code.parse().unwrap();
        assert_eq!(
            (&found.to_string()[..], &body["error_code"]),
            (status, &json!(code)),
            "{line}"
        );
        assert!(body["message"].is_string(), "{line}: {body}");
        assert_eq!(
            media_type, "application/vnd.schemaregistry.v1+json",
            "{line}"
        );
    }
}

#[tokio::test]
async fn a_client_that_asks_for_a_descriptor_gets_one() {
    use base64::Engine;
    let id = hark_model::Alert::SCHEMA_ID;
    let found = get(&format!("/schemas/ids/{id}?format=serialized")).await;
    let descriptor = base64::engine::general_purpose::STANDARD
        .decode(found["schema"].as_str().unwrap())
        .unwrap();
    assert_eq!(descriptor, schemas::ALL[5].descriptor());
}

#[tokio::test]
async fn the_version_of_a_schema_is_found_also_when_a_client_wrote_it_anew() {
    let url = serve(routes(catalogue())).await;
    let bare: String = schemas::ALL[5]
        .text
        .lines()
        .filter(|line| !line.trim().starts_with("//"))
        .collect();
    let body = json!({ "schemaType": "PROTOBUF", "schema": bare }).to_string();
    let path = "/subjects/hark.alerts-value";
    let (status, _, found) = ask(&url, Method::POST, path, &body).await;
    assert_eq!((status, &found["version"]), (200, &json!(1)));
    let (_, _, found) = ask(&url, Method::POST, "/subjects/hark.items-value", &body).await;
    assert_eq!(found["error_code"], 40_403);
}
