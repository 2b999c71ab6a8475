//! A store that is away loses no claim: those in hand are kept, then handed back, and answered when it is there again.

use std::collections::BTreeSet;
use std::time::Duration;

use flts::kafka::{INFERENCE_DATA, PERFORMANCE_EVAL, Producer};
use flts_soak::services::Minio;
use serde_json::{Value, json};

use crate::common::topics::Topic;
use crate::common::{Data, Node, brokers_of};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real store: make test-real"]
async fn claims_of_an_outage_of_the_store_are_answered_after_it() {
    let (data, home, mut minio) = (Data::synthetic(), tempfile::tempdir().unwrap(), Minio::start().unwrap());
    let access = minio.env();
    let mut env: Vec<(&str, &str)> = access.iter().map(|(name, value)| (*name, value.as_str())).collect();
    env.extend([
        ("MODEL_TYPE", "GRU"),
        ("EXPECTED_MODEL_TYPES", "GRU"),
        ("LOG_LEVEL", "info,flts::actors::batch=debug"),
    ]);
    let node = Node::start(home.path(), &env, Some(&data));
    node.until_ready().await;
    let events = Topic::of(&brokers_of(home.path()), PERFORMANCE_EVAL);
    events.next();
    let claim = Topic::of(&brokers_of(home.path()), INFERENCE_DATA).next_json();
    let producer = Producer::new(&brokers_of(home.path()), &[]).unwrap();

    minio.kill().unwrap();
    let mut names = BTreeSet::new();
    for at in 0..20 {
        // the rows of the first are remembered, so that only their line cannot be stored; those of the second cannot be read
        let (mut known, mut unknown) = (claim.clone(), claim.clone());
        unknown["bucket"] = json!("dataset");
        unknown["object"] = json!("sample_test.csv");
        unknown["object_key"] = json!("sample_test.csv");
        unknown["sha256"] = Value::Null;
        for (kind, claim) in [("known", &mut known), ("unknown", &mut unknown)] {
            let name = format!("{kind}-{at}");
            claim["event_id"] = json!(name);
            producer.send(INFERENCE_DATA, None, claim.to_string().into_bytes()).await.unwrap();
            names.insert(name);
        }
    }
    // the unknown again and again, the known when their segment was given up
    node.await_line("the log segment was not stored");
    assert!(events.rest(Duration::from_millis(200)).is_empty(), "nothing is announced that is not stored");
    minio.restart().unwrap();
    // the preprocessor may have announced its data set again after the outage
    let ours = |event: &Value| {
        let claim_id = event["claim_id"].as_str().unwrap().to_owned();
        (!claim_id.starts_with("infer:")).then_some(claim_id)
    };
    let answers = std::iter::repeat_with(|| events.next_json());
    let answered: BTreeSet<String> = answers.filter_map(|event| ours(&event)).take(names.len()).collect();
    assert_eq!(answered, names);
    assert!(events.rest(Duration::from_millis(300)).iter().find_map(ours).is_none(), "none is answered twice");
}
