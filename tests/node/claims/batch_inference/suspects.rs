//! Objects that were in work when processes died, and objects that are only looked at.

use flts::forecast::sha256_hex;
use flts::kafka::PERFORMANCE_EVAL;
use flts::storage::{Condition, LeaseOwner, WorkInHand, WorkJournal};
use serde_json::json;

use super::world::{World, claim_of};
use crate::common::topics::Topic;

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_was_in_work_beside_others_at_any_number_of_deaths_is_answered() {
    let world = World::start(&[]).await;
    let events = Topic::of(&world.brokers(), PERFORMANCE_EVAL);
    events.next();
    let rows = world.put_rows("innocent.csv", 0).await;
    let work = |sha256: String, object: &str| WorkInHand { sha256, object: object.into() };
    for life in ["a", "b", "c", "d"] {
        let works = vec![
            work(sha256_hex(rows.as_bytes()), "dataset/innocent.csv"),
            work(sha256_hex(b"guilty"), "dataset/guilty.parquet"),
        ];
        let owner = LeaseOwner { node: format!("node-{life}"), life: life.into() };
        let journal = WorkJournal { v: 1, owner, written_at: "2026-01-01T00:00:00Z".into(), beat: 1, works };
        let key = format!("claims-in-work/{life}.json");
        let bytes = serde_json::to_vec(&journal).unwrap();
        world.store().put("mlflow", &key, bytes.into(), Condition::Always).await.unwrap();
    }
    world.claim(&claim_of("innocent.csv")).await;
    let event = events.next_json();
    assert_eq!((&event["claim_id"], &event["status"]), (&json!("innocent.csv"), &json!("SUCCESS")), "{event}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_is_in_the_journal_before_anything_of_it_is_parsed() {
    let world = World::start(&[]).await;
    Topic::of(&world.brokers(), PERFORMANCE_EVAL).next();
    world.put("odd.parquet", b"PAR1 is no Parquet file".to_vec()).await;
    world.claim(&claim_of("odd.parquet")).await;
    loop {
        let mut noted = false;
        for entry in world.store().list("mlflow", "claims-in-work/").await.unwrap() {
            let journal = world.store().get("mlflow", &entry.key).await.unwrap();
            noted |= journal.is_some_and(|journal| String::from_utf8_lossy(&journal.bytes).contains("odd.parquet"));
        }
        if noted {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let letter = Topic::of(&world.brokers(), "DLQ-inference-data").next_json();
    assert!(letter["error"].as_str().unwrap().contains("odd.parquet cannot be used"), "{letter}");
}
