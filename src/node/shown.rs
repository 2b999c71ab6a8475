//! The settings that hold, as `GET /debug/config` shows them: no secret leaves its `Secret`.

use serde_json::{Value, json};

use super::config::Config;

/// The configuration as JSON, secrets redacted.
pub fn settings(config: &Config) -> Value {
    let redacted = |secret: bool| secret.then_some("(secret)");
    let (http, limits) = (&config.http, &config.http.limits);
    let millis = |duration: std::time::Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let (training, judging) = (&config.training, &config.judging);
    let (inference, supervision) = (&config.inference, &config.supervision);
    json!({
        "node": {
        "ROLES": config.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>(),
        "IDENTIFIER": config.identifier,
        "DATA_DIR": config.data_dir,
        "LOG_LEVEL": config.log_level,
        "ENABLE_FAULTS": config.enable_faults,
        },
        "http": {
        "HTTP_ADDR": http.addr,
        "ADMIN_TOKEN": redacted(http.admin_token.is_some()),
        "TLS": http.tls.is_some(),
        "MAX_BODY_BYTES": limits.max_body_bytes,
        "HTTP_MAX_CONNECTIONS": limits.max_connections,
        "HTTP_MAX_HEADER_BYTES": limits.max_header_bytes,
        "HTTP_HEADER_TIMEOUT_MS": millis(limits.header_timeout),
        "HTTP_BODY_TIMEOUT_MS": millis(limits.body_timeout),
        "HTTP_KEEP_ALIVE_MS": millis(limits.keep_alive),
        },
        "stores": {
        "KAFKA_BOOTSTRAP_SERVERS": config.kafka.bootstrap_servers,
        "KAFKA_CONFIG": redacted(!config.kafka.extra.is_empty()),
        "S3_ENDPOINT_URL": config.object_store.endpoint_url,
        "AWS_REGION": config.object_store.region,
        "AWS_ACCESS_KEY_ID": redacted(config.object_store.credentials.is_some()),
        },
        "data": {
        "TRAIN_FILE": config.data.preprocess.train_file,
        "TEST_FILE": config.data.preprocess.test_file,
        "TARGETS": format!("{:?}", config.data.targets),
        "MAX_GAP_ROWS": config.data.max_gap_rows,
        },
        "training": {
        "MODEL_TYPE": training.model_types,
        "INPUT_SEQ_LEN": training.input_rows,
        "OUTPUT_SEQ_LEN": training.output_rows,
        "SEED": training.seed,
        "TRAINING_CONCURRENCY": training.concurrency,
        },
        "judging": {
        "EXPECTED_MODEL_TYPES": judging.expected_model_types,
        "PROMOTABLE_MODEL_TYPES": judging.promotable_model_types,
        "SCORE_WEIGHTS": judging.score_weights,
        "PROMOTION_MARGIN": judging.promotion_margin,
        "JUDGE_TIMEOUT_MS": millis(judging.judge_timeout),
        },
        "serving": {
        "INFERENCE_WORKERS": inference.workers,
        "POOL_SCALE_MAX": inference.pool_scale_max,
        "QUEUE_MAXSIZE": inference.queue_max_rows,
        "INFERENCE_BATCH_ROWS": inference.batch_rows,
        "BATCH_TIMEOUT_MS": millis(inference.batch_timeout),
        "PREDICT_TIMEOUT_MS": millis(inference.predict_timeout),
        },
        "supervision": {
        "RESTART_LIMIT": supervision.restart_limit,
        "DRAIN_NOTICE_MS": millis(supervision.drain_notice),
        "DRAIN_TIMEOUT_MS": millis(supervision.drain_timeout),
        "TERMINATION_LOG": supervision.termination_log,
        },
    })
}
