//! The environment blocks of the production-readiness report, as they stand there.

/// A block, the role it was for, and what becomes of it.
pub struct Block {
    pub name: &'static str,
    pub role: &'static str,
    pub text: &'static str,
    /// The variables that are refused, and those that are missing.
    pub refused: &'static [&'static str],
    /// Whether the role starts without them.
    pub starts: bool,
    /// Its consumers, with their groups.
    pub consumers: &'static [(&'static str, Option<&'static str>)],
}

pub const BLOCKS: &[Block] = &[
    Block {
        name: "MLflow",
        role: "trainer",
        text: "\
MLFLOW_TRACKING_URI: http://mlflow:5000
MLFLOW_S3_ENDPOINT_URL: http://minio:9000
AWS_ACCESS_KEY_ID: minioadmin
AWS_SECRET_ACCESS_KEY: minioadmin  # ROTATE IN PRODUCTION",
        refused: &["MLFLOW_TRACKING_URI"],
        starts: true,
        consumers: &[("training-claims-gru", Some("train-gru")), ("training-claims-lstm", Some("train-lstm"))],
    },
    Block {
        name: "MinIO",
        role: "preprocess",
        text: "\
MINIO_ROOT_USER: minioadmin
MINIO_ROOT_PASSWORD: minioadmin  # ROTATE IN PRODUCTION
MINIO_API_PORT: 9000
MINIO_CONSOLE_PORT: 9001",
        refused: &[],
        starts: true,
        consumers: &[],
    },
    Block {
        name: "Kafka",
        role: "evaluator",
        text: "\
KAFKA_BOOTSTRAP_SERVERS: kafka:9092
# Topics: training-data, model-training, model-selected, inference-data, performance-eval",
        refused: &[],
        starts: true,
        consumers: &[("training-events", Some("eval-promoter"))],
    },
    Block {
        name: "FastAPI Gateway",
        role: "gateway",
        text: "GATEWAY_URL: http://fastapi-app:8000",
        refused: &[],
        starts: true,
        consumers: &[],
    },
    Block {
        name: "Preprocess Container",
        role: "preprocess",
        text: r#"GATEWAY_URL: http://fastapi-app:8000
KAFKA_BOOTSTRAP_SERVERS: kafka:9092
PRODUCER_TOPIC: training-data
FORCE_REPROCESS: "0"  # Set to "1" to bypass idempotency
EXTRA_HASH_SALT: "v3_full_in_cluster_backend""#,
        refused: &[],
        starts: true,
        consumers: &[],
    },
    Block {
        name: "Training Containers, GRU",
        role: "trainer",
        text: r#"# Common
MLFLOW_TRACKING_URI: http://mlflow:5000
MLFLOW_S3_ENDPOINT_URL: http://minio:9000
GATEWAY_URL: http://fastapi-app:8000
KAFKA_BOOTSTRAP_SERVERS: kafka:9092

# GRU Specific
MODEL_TYPE: GRU
CONSUMER_GROUP_ID: train-gru-r3
CONSUMER_TOPIC: training-data
PRODUCER_TOPIC: model-training
SKIP_DUPLICATE_CONFIGS: "1"
DUP_CACHE_MAX: "20""#,
        refused: &["MLFLOW_TRACKING_URI"],
        starts: true,
        consumers: &[("training-claims-gru", Some("train-gru-r3"))],
    },
    Block {
        name: "Training Containers, LSTM",
        role: "trainer",
        text: r#"MLFLOW_TRACKING_URI: http://mlflow:5000
MLFLOW_S3_ENDPOINT_URL: http://minio:9000
GATEWAY_URL: http://fastapi-app:8000
KAFKA_BOOTSTRAP_SERVERS: kafka:9092
MODEL_TYPE: LSTM
CONSUMER_GROUP_ID: train-lstm-r3
CONSUMER_TOPIC: training-data
PRODUCER_TOPIC: model-training
SKIP_DUPLICATE_CONFIGS: "1"
DUP_CACHE_MAX: "20""#,
        refused: &["MLFLOW_TRACKING_URI"],
        starts: true,
        consumers: &[("training-claims-lstm", Some("train-lstm-r3"))],
    },
    Block {
        name: "Training Containers, Prophet",
        role: "trainer",
        text: r#"MLFLOW_TRACKING_URI: http://mlflow:5000
MLFLOW_S3_ENDPOINT_URL: http://minio:9000
GATEWAY_URL: http://fastapi-app:8000
KAFKA_BOOTSTRAP_SERVERS: kafka:9092
MODEL_TYPE: PROPHET
CONSUMER_GROUP_ID: nonml-prophet-r5
CONSUMER_TOPIC: training-data
PRODUCER_TOPIC: model-training
SKIP_DUPLICATE_CONFIGS: "1"
DUP_CACHE_MAX: "20""#,
        refused: &["MLFLOW_TRACKING_URI"],
        starts: true,
        consumers: &[("training-claims-prophet", Some("nonml-prophet-r5"))],
    },
    Block {
        name: "Eval Container",
        role: "evaluator",
        text: r#"MLFLOW_TRACKING_URI: http://mlflow:5000
MLFLOW_S3_ENDPOINT_URL: http://minio:9000
GATEWAY_URL: http://fastapi-app:8000
KAFKA_BOOTSTRAP_SERVERS: kafka:9092
CONSUMER_GROUP_ID: eval-promoter-r5
CONSUMER_TOPIC: model-training
PRODUCER_TOPIC: model-selected
PROMOTION_BUCKET: model-promotion
EXPECTED_MODEL_TYPES: "GRU,LSTM,PROPHET"
SCORE_WEIGHTS: '{"test_rmse": 0.5, "test_mae": 0.3, "test_r2": 0.2}'"#,
        refused: &["MLFLOW_TRACKING_URI"],
        starts: true,
        consumers: &[("training-events", Some("eval-promoter-r5"))],
    },
    Block {
        name: "Inference Container",
        role: "inference",
        text: r#"MLFLOW_TRACKING_URI: http://mlflow:5000
MLFLOW_S3_ENDPOINT_URL: http://minio:9000
GATEWAY_URL: http://fastapi-app:8000
KAFKA_BOOTSTRAP_SERVERS: kafka:9092
CONSUMER_GROUP_ID: batch-forecasting-v2
CONSUMER_TOPIC_0: inference-data
CONSUMER_TOPIC_1: model-training
PROMOTION_TOPIC: model-selected
PRODUCER_TOPIC: performance-eval
PROMOTION_BUCKET: model-promotion
INFERENCE_AUTOLOAD_PROMOTED: "1"
INFERENCE_LENGTH: "4070"
PREDICT_MAX_CONCURRENCY: "16"
ENABLE_PREDICT_CACHE: "1""#,
        refused: &["MLFLOW_TRACKING_URI", "ENABLE_PREDICT_CACHE"],
        starts: true,
        consumers: &[("model-selected-hints", None), ("inference-claims", Some("batch-forecasting-v2"))],
    },
];
