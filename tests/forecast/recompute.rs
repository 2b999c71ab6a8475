//! The forecast that is served can be computed again from the stored artifact alone, in another language.

use serde_json::{Value, json};

use crate::common::{Data, Node, store_of};

#[tokio::test]
async fn a_python_script_recomputes_the_served_forecast_from_the_artifact() {
    let python = std::env::var("FLTS_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    for family in ["GRU", "LSTM", "RIDGE", "PERSISTENCE"] {
        let home = home.path().join(family);
        let node = Node::start(&home, &[("PROMOTABLE_MODEL_TYPES", family), ("MAX_STEPS", "300")], Some(&data));
        node.await_line("promotion_decision");
        let mut request = data.request(40);
        request["inference_length"] = json!(45);
        let artifact = tempfile::tempdir().unwrap();
        let store = store_of(&home);
        for entry in store.list("mlflow", "").await.unwrap() {
            if let Some(name) = entry.key.split_once(&format!("/artifacts/{family}/")).map(|(_, name)| name.to_owned())
            {
                let object = store.get("mlflow", &entry.key).await.unwrap().unwrap();
                std::fs::write(artifact.path().join(name), object.bytes).unwrap();
            }
        }
        let rows = artifact.path().join("request.json");
        std::fs::write(&rows, request.to_string()).unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/forecast/recompute.py");
        let output = std::process::Command::new(&python).arg(script).arg(artifact.path()).arg(&rows).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let theirs: Value = serde_json::from_slice(&output.stdout).unwrap();
        node.until_ready().await;
        let (status, ours) = node.post("/predict", &request).await;
        assert_eq!((status, ours["model_type"].as_str()), (200, Some(family)), "{ours}");
        for (step, (a, b)) in
            ours["predictions"].as_array().unwrap().iter().zip(theirs["predictions"].as_array().unwrap()).enumerate()
        {
            let (a, b) = (a["down"].as_f64().unwrap(), b["down"].as_f64().unwrap());
            assert!(((a - b) / a).abs() < 1e-5, "{family}, step {step}: {a} against {b}");
        }
    }
}
