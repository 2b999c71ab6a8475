//! While nothing is served, the best of what is there is promoted provisionally, and the decision of the round confirms or replaces it.

use serde_json::{Value, json};

use crate::common::{Data, Node};

#[tokio::test]
async fn a_newcomer_has_a_forecast_while_its_families_are_still_trained() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let env = [("PROVISIONAL_PROMOTION", "true"), ("MODEL_TYPE", "GRU"), ("RECONCILE_INTERVAL_MS", "300")];
    let long = [&env[..], &[("MAX_STEPS", "100000")]].concat();
    let node = Node::start(home.path(), &long, Some(&data));
    node.until_ready().await;
    let (status, answer) = node.post("/predict", &data.request(40)).await;
    assert_eq!((status, &answer["provisional"], &answer["generation"]), (200, &json!(true), &json!(1)), "{answer}");
    let (_, ready) = node.get("/readyz").await;
    assert_eq!((&ready["provisional"], &ready["ready"]), (&json!(true), &json!(true)), "{ready}");
    let (_, history) = node.get("/promotion/history").await;
    let [decision] = history["decisions"].as_array().unwrap().as_slice() else { panic!("one decision: {history}") };
    assert_eq!((&decision["provisional"], &decision["judged_runs"]), (&json!(true), &json!([])), "{decision}");
    let evaluator = node.until("/debug/actors/evaluator", |_, actor| actor["state"]["waiting"][0].is_object()).await;
    assert_eq!(evaluator["state"]["last"], "waiting for GRU", "{evaluator}");
    node.kill();

    // the same data set, with a training that ends
    let node = Node::start(home.path(), &env, Some(&data));
    let is_final = |_, pointer: &Value| pointer["seq"] == 2;
    let pointer = node.until("/promotion", is_final).await;
    assert_eq!((&pointer["provisional"], &pointer["generation"]), (&Value::Null, &json!(2)), "{pointer}");
    let (_, history) = node.get("/promotion/history").await;
    let decision = &history["decisions"][0];
    assert_eq!(decision["provisional"], Value::Null, "{decision}");
    assert!(decision["judged_runs"].as_array().unwrap().len() >= 4, "{decision}");
    let best = &decision["scoreboard"][0];
    assert!(best["by_step"].as_array().unwrap().len() >= 4 && best["origins"] == 500, "{best}");
    node.until("/debug/actors/inference-pool", |_, pool| pool["state"]["model"]["generation"] == 2).await;
    let (_, answer) = node.post("/predict", &data.request(40)).await;
    assert_eq!((&answer["provisional"], &answer["run_id"]), (&Value::Null, &pointer["run_id"]), "{answer}");
}

#[tokio::test]
async fn without_naive_methods_among_the_promotable_ones_the_refusal_says_so() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let env = [("PROMOTABLE_MODEL_TYPES", "GRU"), ("MODEL_TYPE", "GRU"), ("MAX_STEPS", "1")];
    let node = Node::start(home.path(), &env, Some(&data));
    let decided: Value = serde_json::from_str(&node.await_line("promotion_decision")).unwrap();
    assert_eq!(decided["decision"], "refused", "{decided}");
    let (status, answer) = node.post("/predict", &data.request(40)).await;
    assert_eq!((status, &answer["code"]), (503, &json!("model_not_loaded")), "{answer}");
    for text in [&decided["reason"], &answer["detail"]] {
        assert!(text.as_str().unwrap().contains("PROMOTABLE_MODEL_TYPES excludes the naive methods"), "{text}");
    }
}
