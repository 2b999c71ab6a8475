//! The names of topics and consumer groups.

/// The topic of new data sets, for the trainers.
pub const TRAINING_DATA: &str = "training-data";
/// The topic of rows to forecast from, for batch inference.
pub const INFERENCE_DATA: &str = "inference-data";
/// The topic of claims of `inference-data` that wait for a model.
pub const RETRY_INFERENCE_DATA: &str = "RETRY-inference-data";
/// The topic of training events, for the evaluators.
pub const MODEL_TRAINING: &str = "model-training";
/// The topic of promotions, for every inference node.
pub const MODEL_SELECTED: &str = "model-selected";
/// The topic of the answers of batch inference.
pub const PERFORMANCE_EVAL: &str = "performance-eval";

/// The consumer group of the evaluators.
pub const EVALUATOR_GROUP: &str = "eval-promoter";
/// The consumer group of batch inference.
pub const INFERENCE_GROUP: &str = "batch-forecasting-v2";

/// The consumer group of batch inference that reads the claims that wait for a model.
pub const INFERENCE_RETRY_GROUP: &str = "batch-forecasting-v2-retry";

/// The consumer group of the trainers of one model family: `train-<family>`, and `nonml-prophet` for PROPHET.
pub fn trainer_group(model_type: &str) -> String {
    match model_type {
        "PROPHET" => "nonml-prophet".into(),
        other => format!("train-{}", other.to_ascii_lowercase()),
    }
}
