//! Alerts on their way to people.

use crate::support::{Folder, QUICK, REVIEWS, brands, eventually};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use serde_json::Value;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use tokio::runtime::Runtime;

const KEY: &[u8] = b"a key of thirty-two bytes, no less";

struct Delivery {
    headers: HeaderMap,
    body: Bytes,
}

impl Delivery {
    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    /// Checks the signature as the Standard Webhooks specification tells receivers to.
    fn is_signed(&self) -> bool {
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(KEY).unwrap();
        mac.update(self.header("webhook-id").as_bytes());
        mac.update(b".");
        mac.update(self.header("webhook-timestamp").as_bytes());
        mac.update(b".");
        mac.update(&self.body);
        let (version, code) = self.header("webhook-signature").split_once(',').unwrap();
        version == "v1" && mac.verify_slice(&STANDARD.decode(code).unwrap()).is_ok()
    }
}

#[derive(Clone)]
struct Desk {
    status: Arc<AtomicU16>,
    deliveries: Arc<Mutex<Sender<Delivery>>>,
}

/// A receiver that answers with the status it is told to.
struct CareDesk {
    address: String,
    status: Arc<AtomicU16>,
    deliveries: Receiver<Delivery>,
    _runtime: Runtime,
}

impl CareDesk {
    fn open(status: u16) -> Self {
        let (sender, deliveries) = channel();
        let desk = Desk {
            status: Arc::new(AtomicU16::new(status)),
            deliveries: Arc::new(Mutex::new(sender)),
        };
        let status = Arc::clone(&desk.status);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let router = Router::new().fallback(receive).with_state(desk);
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self {
            address,
            status,
            deliveries,
            _runtime: runtime,
        }
    }

    /// Everything that came so far.
    fn received(&self) -> Vec<Delivery> {
        self.deliveries.try_iter().collect()
    }
}

async fn receive(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> StatusCode {
    // Fails only after the test has ended.
    let _ = desk
        .deliveries
        .lock()
        .unwrap()
        .send(Delivery { headers, body });
    StatusCode::from_u16(desk.status.load(Ordering::Relaxed)).unwrap()
}

fn folder(desk: &CareDesk) -> Folder {
    let webhook = format!(
        "[[webhook]]\nid = \"care-desk\"\nurl = \"http://{}/hark\"\nsecret_file = \"secret\"\n",
        desk.address
    );
    let folder = Folder::new(&format!("{QUICK}{}{REVIEWS}{webhook}", brands(&["acme"])));
    folder.write("secret", format!("whsec_{}", STANDARD.encode(KEY)));
    folder.write(
        "reviews.csv",
        "id,who,created,text,stars\n\
         1,fay,2026-03-01T10:04:00Z,Got food poisoning from the Acme salad and I will sue,1\n",
    );
    folder
}

#[test]
fn an_alert_reaches_the_desk_signed_with_its_evidence_and_its_owner() {
    let desk = CareDesk::open(204);
    let folder = folder(&desk);
    folder.hark(&["import", "reviews.csv"]);
    let received = desk.received();
    assert_eq!(received.len(), 1);
    assert!(received[0].is_signed());
    let event: Value = serde_json::from_slice(&received[0].body).unwrap();
    assert_eq!(event["specversion"], "1.0");
    assert_eq!(event["type"], "hark.alert.v1.opened");
    assert_eq!(event["subject"], "acme");
    assert_eq!(event["id"], received[0].header("webhook-id"));
    let alert = &event["data"];
    assert_eq!(alert, &folder.topic("alerts")[0]["value"]);
    assert_eq!(alert["owner"], "legal");
    assert!(
        alert["summary"].as_str().unwrap().contains("safety"),
        "{alert}"
    );
    let evidence = &alert["evidence"][0];
    assert_eq!(
        evidence["text"],
        "Got food poisoning from the Acme salad and I will sue"
    );
    assert_eq!(evidence["item"]["native_id"], "1");

    folder.hark(&["import", "reviews.csv"]);
    assert_eq!(desk.received().len(), 0, "nobody is told twice");
}

#[test]
fn an_alert_that_the_desk_could_not_take_comes_with_a_later_import() {
    let desk = CareDesk::open(500);
    let folder = folder(&desk);
    folder.hark(&["import", "reviews.csv"]);
    let refused = desk.received();
    assert!(!refused.is_empty());
    desk.status.store(204, Ordering::Relaxed);
    // An import does not wait until the next attempt is due, a second later at most.
    let taken = eventually("the delivery", || {
        folder.hark(&["import", "reviews.csv"]);
        Some(desk.received()).filter(|received| !received.is_empty())
    });
    assert_eq!(taken.len(), 1);
    assert!(taken[0].is_signed());
    assert_eq!(
        taken[0].header("webhook-id"),
        refused[0].header("webhook-id")
    );
    assert_eq!(taken[0].body, refused[0].body);
}
