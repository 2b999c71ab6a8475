//! Data, training and judging.

use std::collections::BTreeMap;

use crate::actors::{Role, Roles};
use crate::config::reader::Reader;
use crate::config::table::{FAMILIES, TRAINED};
use crate::config::tree::{Data, Judging, Targets, Training};
use crate::forecast::PreprocessConfig;

const METRICS: [&str; 4] = ["test_rmse", "test_mae", "test_mse", "test_r2"];

/// What is read, and how it is prepared.
pub fn data(reader: &mut Reader) -> Data {
    let preprocess = preprocess(reader);
    let targets = match reader.optional_list("TARGETS") {
        None => Targets::First,
        Some(names) if names == ["*"] => Targets::All,
        Some(names) => named_targets(reader, names),
    };
    let max_gap_rows = reader.whole("MAX_GAP_ROWS");
    let force_reprocess = reader.bool("FORCE_REPROCESS");
    Data { preprocess, targets, max_gap_rows, force_reprocess }
}

fn named_targets(reader: &mut Reader, names: Vec<String>) -> Targets {
    if names.iter().any(|name| name == "*") {
        reader.mistake("TARGETS names '*' beside columns; use '*' alone, or name the columns");
    }
    for (at, name) in names.iter().enumerate() {
        if names[..at].contains(name) {
            reader.mistake(format!("TARGETS names '{name}' twice; name each column once"));
        }
    }
    Targets::Named(names)
}

fn preprocess(reader: &mut Reader) -> PreprocessConfig {
    let defaults = PreprocessConfig::default();
    let data_set = reader.optional_text("DATASET_NAME");
    let of_data_set = |ending: &str| data_set.as_ref().map(|name| format!("{name}{ending}"));
    let train_file = reader.optional_text("TRAIN_FILE").or_else(|| of_data_set(".csv")).unwrap_or(defaults.train_file);
    let test_file =
        reader.optional_text("TEST_FILE").or_else(|| of_data_set("_test.csv")).unwrap_or(defaults.test_file);
    reader.derived("TRAIN_FILE", &train_file);
    reader.derived("TEST_FILE", &test_file);
    if train_file == test_file {
        reader.mistake(format!(
            "TRAIN_FILE and TEST_FILE are both '{train_file}'; rename one of them, since a model is not tested on its own training data"
        ));
    }
    let config = PreprocessConfig {
        train_file,
        test_file,
        sample_train_rows: reader.whole("SAMPLE_TRAIN_ROWS"),
        sample_test_rows: reader.whole("SAMPLE_TEST_ROWS"),
        sample_strategy: reader.text("SAMPLE_STRATEGY"),
        handle_nans: reader.bool("HANDLE_NANS"),
        nans_threshold: reader.number("NANS_THRESHOLD"),
        nans_knn: reader.whole("NANS_KNN"),
        nans_drop_rows: reader.bool("NANS_DROP_ROWS"),
        time_features: reader.bool("TIME_FEATURES_ENABLE"),
        scaler: reader.text("SCALER"),
        clip_enable: reader.bool("CLIP_ENABLE"),
        clip_method: reader.list("CLIP_METHOD").join(","),
        clip_factor: reader.number("CLIP_FACTOR"),
        lags_enable: reader.bool("LAGS_ENABLE"),
        lags_n: reader.whole("LAGS_N"),
        lags_step: reader.whole("LAGS_STEP"),
        add_val: reader.optional_text("ADD_VAL"),
        hash_salt: reader.text("EXTRA_HASH_SALT"),
    };
    for mistake in config.unsupported() {
        reader.mistake(mistake);
    }
    config
}

/// How families are trained.
pub fn training(reader: &mut Reader) -> Training {
    let training = Training {
        model_types: reader.list("MODEL_TYPE"),
        input_rows: reader.whole("INPUT_SEQ_LEN"),
        output_rows: reader.whole("OUTPUT_SEQ_LEN"),
        hidden_size: reader.whole("HIDDEN_SIZE"),
        num_layers: reader.whole("NUM_LAYERS"),
        batch_size: reader.whole("BATCH_SIZE"),
        epochs: reader.optional_whole("EPOCHS").map(|epochs| epochs as usize),
        max_steps: reader.optional_whole("MAX_STEPS").map(|steps| steps as usize),
        learning_rate: reader.number("LEARNING_RATE"),
        concurrency: reader.whole("TRAINING_CONCURRENCY"),
        checkpoint_interval: reader.millis("CHECKPOINT_INTERVAL_MS"),
        lease_ttl: reader.millis("LEASE_TTL_MS"),
        seed: reader.whole("SEED"),
    };
    if training.epochs.is_some() && training.max_steps.is_some() {
        reader.mistake("EPOCHS and MAX_STEPS are both set; set one of them");
    }
    training
}

/// How candidates are judged; a node that is `alone` has a broker that nobody outside this process uses.
pub fn judging(reader: &mut Reader, roles: &Roles, training: &Training, alone: bool) -> Judging {
    let trains_here = roles.has(Role::Trainer) && roles.has(Role::Evaluator);
    let trained = if trains_here { training.model_types.clone() } else { owned(TRAINED) };
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
