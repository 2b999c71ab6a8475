//! The pointer over HTTP: read, its history, reload now, and an audited rollback.

use std::path::Path;
use std::time::Duration;

use flts::actors::promote_run;
use flts::storage::{Audit, Decision, Decisions, Runs};
use serde_json::{Value, json};

use crate::common::{Data, Node, store_access, store_of};

/// Serves another run than the champion, as `flts promotion set` does.
async fn set_another(home: &Path) -> Decision {
    let objects = store_of(home);
    let (decisions, runs) = (Decisions::new(objects.clone()), Runs::new(objects));
    let history = decisions.history("default").await.unwrap();
    let champion = history.last().unwrap().pointer.clone().unwrap();
    let other = history[0].scoreboard.iter().find(|candidate| candidate.run_id != champion.run_id).unwrap();
    let audit = Audit { who: "test".into(), why: "another".into() };
    promote_run(&decisions, &runs, "default", &other.run_id, audit).await.unwrap()
}

#[tokio::test]
async fn the_pointer_its_history_and_a_rollback_over_http() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let node = Node::start(home.path(), &[], Some(&data));
    let (status, early) = node.get("/promotion").await;
    assert_eq!((status, early["code"].as_str()), (404, Some("unknown_identifier")), "{early}");
    assert_eq!(node.get("/promotion/history").await.0, 404);
    let (status, nothing) = node.post("/promotion/rollback", &json!({"why": "too early"})).await;
    assert_eq!((status, nothing["code"].as_str()), (404, Some("unknown_identifier")), "{nothing}");
    node.until_ready().await;

    let (_, first) = node.get("/promotion").await;
    assert_eq!((first["generation"].as_u64(), &first), (Some(1), &node.get("/promotion/default").await.1));
    let (status, unchanged) = node.post("/reload_latest", &json!({})).await;
    assert_eq!((status, unchanged["status"].as_str()), (200, Some("unchanged")), "{unchanged}");
    let (status, alone) = node.post("/promotion/rollback", &json!({"why": "a test"})).await;
    assert_eq!((status, alone["code"].as_str()), (409, Some("nothing_before")), "{alone}");

    let second = set_another(home.path()).await;
    let (status, now) = node.post("/reload_latest", &json!({})).await;
    assert_eq!((status, now["generation"].as_u64()), (200, Some(2)), "{now}");
    assert_eq!(now["run_id"], second.pointer.unwrap().run_id);
    let (_, answer) = node.post("/predict", &data.request(30)).await;
    assert_eq!((&answer["run_id"], &answer["generation"]), (&now["run_id"], &json!(2)), "served when reload answers");

    let (status, back) = node.post("/promotion/default/rollback", &json!({"why": "it forecasts nonsense"})).await;
    assert_eq!((status, back["decision"].as_str(), back["generation"].as_u64()), (200, Some("rolled_back"), Some(3)));
    assert_eq!(back["audit"], json!({"who": "api", "why": "it forecasts nonsense"}));
    assert_eq!((&back["pointer"]["run_id"], &back["pointer"]["previous"]), (&first["run_id"], &now["run_id"]));
    node.post("/reload_latest", &json!({})).await;
    let (_, answer) = node.post("/predict", &data.request(30)).await;
    assert_eq!((&answer["run_id"], &answer["generation"]), (&first["run_id"], &json!(3)));

    let body = json!({"to_generation": 2, "why": "it was right", "who": "ops"});
    let (status, forth) = node.post("/promotion/rollback", &body).await;
    assert_eq!((status, &forth["audit"]["who"], &forth["generation"]), (200, &json!("ops"), &json!(4)), "{forth}");
    for (body, code) in [(json!({"to_generation": 99, "why": "x"}), "unknown_generation"), (body, "already_served")] {
        let (status, refused) = node.post("/promotion/rollback", &body).await;
        assert_eq!((status, refused["code"].as_str()), (409, Some(code)), "{refused}");
    }

    let (_, history) = node.get("/promotion/history").await;
    let told = |key: &str| -> Vec<Value> {
        history["decisions"].as_array().unwrap().iter().map(|decision| decision[key].clone()).collect()
    };
    assert_eq!(told("seq"), [4, 3, 2, 1], "newest first");
    assert_eq!(told("decision"), ["rolled_back", "rolled_back", "set", "promoted"]);
    let (_, two) = node.get("/promotion/default/history?limit=2").await;
    assert_eq!(two["decisions"].as_array().unwrap().len(), 2);
    assert_eq!(two["decisions"][0], history["decisions"][0]);
    assert!(node.text("/metrics").await.contains("flts_promotions_total{decision=\"rolled_back\"} 2"));
}

#[tokio::test]
async fn a_rollback_without_a_reason_or_with_a_typing_error_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let node = Node::start(home.path(), &[("ROLES", "inference")], None);
    for body in [
        json!({}),
        json!({"why": ""}),
        json!({"why": " "}),
        json!({"why": "\u{85}\u{feff}\t"}),
        json!({"why": "x".repeat(1001)}),
        json!({"why": "x", "who": ""}),
        json!({"why": "x", "to_generations": 1}),
        json!({"why": "x", "to_generation": -1}),
        json!({"why": "x", "to_generation": "1"}),
    ] {
        let (status, answer) = node.post("/promotion/rollback", &body).await;
        assert_eq!((status, answer["code"].as_str()), (422, Some("invalid_field")), "{body}: {answer}");
    }
    for limit in ["0", "1001", "-1", "all", ""] {
        let (status, answer) = node.get(&format!("/promotion/history?limit={limit}")).await;
        assert_eq!((status, answer["code"].as_str()), (422, Some("invalid_field")), "{limit}: {answer}");
    }
}

/// A node that lives on the store of another one.
async fn guest(data: &Data, homes: &Path, more: &[(&str, &str)]) -> (Node, Node) {
    let owner_home = homes.join("owner");
    let owner = Node::start(&owner_home, &[], Some(data));
    owner.until_ready().await;
    let [endpoint, access, secret] = store_access(&owner_home);
    let env = [
        ("ROLES", "inference"),
        ("S3_ENDPOINT_URL", endpoint.as_str()),
        ("AWS_ACCESS_KEY_ID", access.as_str()),
        ("AWS_SECRET_ACCESS_KEY", secret.as_str()),
    ];
    let guest = Node::start(&homes.join("guest"), &[&env, more].concat(), None);
    guest.until_ready().await;
    (owner, guest)
}

#[tokio::test]
async fn a_broker_that_is_away_does_not_hold_up_the_answer_to_a_rollback() {
    let (data, homes) = (Data::synthetic(), tempfile::tempdir().unwrap());
    // nobody listens on port 1
    let nobody = [("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")];
    let (_owner, guest) = guest(&data, homes.path(), &nobody).await;
    set_another(&homes.path().join("owner")).await;
    let body = json!({"why": "a test"});
    let answered = tokio::time::timeout(Duration::from_secs(5), guest.post("/promotion/rollback", &body));
    let (status, back) = answered.await.expect("long before the delivery to the topic fails, after 30 s");
    assert_eq!((status, back["decision"].as_str(), back["generation"].as_u64()), (200, Some("rolled_back"), Some(3)));
    assert_eq!(guest.get("/promotion").await.1["generation"], 3, "the pointer names it already");
}

/// Asks every route that needs the store, all at once.
async fn every_route_says_that_the_store_is_away(guest: &Node) {
    let why = json!({"why": "a test"});
    let nothing = json!({});
    let (pointer, history, reload, rollback) = tokio::join!(
        guest.get("/promotion"),
        guest.get("/promotion/history"),
        guest.post("/reload_latest", &nothing),
        guest.post("/promotion/rollback", &why)
    );
    for (status, answer) in [pointer, history, reload, rollback] {
        assert_eq!((status, answer["code"].as_str()), (503, Some("store_unavailable")), "{answer}");
    }
}

#[tokio::test]
async fn a_store_that_is_away_is_a_503_and_forecasts_go_on() {
    let (data, homes) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let (owner, guest) = guest(&data, homes.path(), &[]).await;
    owner.kill();
    every_route_says_that_the_store_is_away(&guest).await;
    let again = guest.http.post(format!("{}/promotion/rollback", guest.base)).json(&json!({"why": "a test"}));
    let headers = again.send().await.unwrap().headers().clone();
    assert!(!headers.contains_key("retry-after"), "a rollback that was perhaps made is not asked for again unseen");
    assert_eq!(guest.post("/predict", &data.request(30)).await.0, 200);
    assert_eq!(guest.get("/readyz").await.0, 200, "inference stays ready on the model it has");
}

#[tokio::test]
async fn a_store_that_hangs_is_a_503_within_its_deadline() {
    let (data, homes) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let (owner, guest) = guest(&data, homes.path(), &[]).await;
    owner.halt().await;
    let answered = tokio::time::timeout(Duration::from_secs(20), every_route_says_that_the_store_is_away(&guest));
    answered.await.expect("an answer within the deadline");
    assert_eq!(guest.post("/predict", &data.request(30)).await.0, 200);
}
