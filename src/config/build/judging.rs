//! How candidates are judged.

use std::collections::BTreeMap;

use crate::actors::{Role, Roles};
use crate::config::reader::Reader;
use crate::config::table::{FAMILIES, TRAINED_BY_DEFAULT};
use crate::config::tree::{Judging, Training};

const METRICS: [&str; 4] = ["test_rmse", "test_mae", "test_mse", "test_r2"];

/// Reads the settings of judging. A node is `alone` if no other process can reach its broker.
pub fn read(reader: &mut Reader, roles: &Roles, training: &Training, alone: bool) -> Judging {
    let trains_here = roles.has(Role::Trainer) && roles.has(Role::Evaluator);
    let trained = if trains_here { training.model_types.clone() } else { owned(TRAINED_BY_DEFAULT) };
    let expected = reader.optional_list("EXPECTED_MODEL_TYPES").unwrap_or(trained);
    if trains_here && alone && !training.model_types.is_empty() {
        for family in expected.iter().filter(|family| !training.model_types.contains(family)) {
            reader.mistake(format!(
                "EXPECTED_MODEL_TYPES names {family}, which nobody trains; add it to MODEL_TYPE, or remove it here"
            ));
        }
    }
    let promotable = reader.optional_list("PROMOTABLE_MODEL_TYPES").unwrap_or_else(|| owned(FAMILIES));
    reader.derived("EXPECTED_MODEL_TYPES", expected.join(","));
    reader.derived("PROMOTABLE_MODEL_TYPES", promotable.join(","));
    Judging {
        expected_model_types: expected,
        promotable_model_types: promotable,
        score_weights: score_weights(reader),
        promotion_margin: reader.number("PROMOTION_MARGIN"),
        judge_timeout: reader.millis("JUDGE_TIMEOUT_MS"),
    }
}

fn score_weights(reader: &mut Reader) -> BTreeMap<String, f64> {
    let text = reader.text("SCORE_WEIGHTS");
    let Ok(serde_json::Value::Object(members)) = serde_json::from_str(&text) else {
        reader.mistake(format!(
            r#"SCORE_WEIGHTS is '{text}', but must be a JSON object such as {{"test_rmse":0.5,"test_mae":0.5}}"#
        ));
        return BTreeMap::new();
    };
    let mut weights = BTreeMap::new();
    for (metric, weight) in members {
        if !METRICS.contains(&metric.as_str()) {
            reader.mistake(format!("SCORE_WEIGHTS names '{metric}', but the metrics are {}", METRICS.join(", ")));
            continue;
        }
        match weight.as_f64().filter(|weight| *weight >= 0.0) {
            Some(weight) => _ = weights.insert(metric, weight),
            None => reader
                .mistake(format!("SCORE_WEIGHTS gives {metric} the weight {weight}, but it must be a number from 0")),
        }
    }
    if weights.values().all(|weight| *weight == 0.0) {
        reader.mistake("SCORE_WEIGHTS gives no metric a weight above 0, so that every model would score alike");
    }
    weights
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| word.to_string()).collect()
}
