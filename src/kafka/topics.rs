//! The topics of the system, and how they are laid out.

use super::names::{
    INFERENCE_DATA, MODEL_SELECTED, MODEL_TRAINING, PERFORMANCE_EVAL, RETRY_INFERENCE_DATA, TRAINING_DATA,
};

/// A topic of the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topic {
    /// The name of the topic.
    pub name: &'static str,
    /// Whether it has several partitions, which the members of a group share; other topics have one.
    pub is_shared: bool,
    /// What the topic is for, in words.
    pub about: &'static str,
}

const fn shared(name: &'static str, about: &'static str) -> Topic {
    Topic { name, is_shared: true, about }
}

const fn single(name: &'static str, about: &'static str) -> Topic {
    Topic { name, is_shared: false, about }
}

/// Every topic that is read or written, dead-letter topics included.
pub const TOPICS: [Topic; 10] = [
    shared(TRAINING_DATA, "new data sets, for the trainers"),
    shared(INFERENCE_DATA, "rows to forecast from, for batch inference"),
    shared(RETRY_INFERENCE_DATA, "claims that wait for a model, for batch inference"),
    shared(MODEL_TRAINING, "how trainings go, for the evaluators"),
    single(MODEL_SELECTED, "what was promoted, for every inference node"),
    shared(PERFORMANCE_EVAL, "what batch inference answered"),
    single("DLQ-preprocess", "input files that were given up"),
    single("DLQ-training-data", "records of training-data that were given up"),
    single("DLQ-inference-data", "records of inference-data that were given up"),
    single("DLQ-model-training", "records of model-training that were given up"),
];

/// How topics are laid out when they are created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopicLayout {
    /// Number of partitions of a topic whose `is_shared` is true.
    pub partitions: i32,
    /// Replication factor; none means the default of the broker.
    pub replication: Option<i32>,
}

impl Topic {
    /// The number of partitions in this layout.
    pub fn partitions(&self, layout: TopicLayout) -> i32 {
        if self.is_shared { layout.partitions } else { 1 }
    }
}
