//! What the children of a node are built from.

use crate::actors::batch::BatchClaims;
use crate::actors::evaluate::JudgingSettings;
use crate::actors::preprocess::PreprocessorSettings;
use crate::actors::serve::PoolSettings;
use crate::actors::shared::{Services, Serving};
use crate::actors::train::TrainerSettings;
use crate::kafka::Brokers;

/// Everything the children of any role are built from.
#[derive(Clone)]
pub struct Blueprint {
    /// Handles that all actors share.
    pub services: Services,
    /// The identifier that is served.
    pub identifier: String,
    /// Where consumers find Kafka.
    pub brokers: Brokers,
    /// Settings of role `preprocess`.
    pub preprocessor: PreprocessorSettings,
    /// Settings of role `trainer`.
    pub trainer: TrainerSettings,
    /// Settings of role `evaluator`.
    pub judging: JudgingSettings,
    /// Settings of the pool of role `inference`.
    pub pool: PoolSettings,
    /// Queue and model of role `inference`.
    pub serving: Serving,
    /// Settings of batch inference in role `inference`.
    pub batch: BatchClaims,
}
