//! Messages to the evaluator, by other actors and by itself.

use actix::Message;

use crate::actors::shared::DatasetKey;
use crate::kafka::{Delivery, TrainingStatus};
use crate::runtime::HandOver;
use crate::storage::DatasetRecord;

use super::error::JudgingError;
use super::round::RoundOutcome;

/// A hand-over: a training began, finished or failed.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Trained {
    /// Which of the three.
    pub status: TrainingStatus,
    /// The data set that it trained on.
    pub dataset: DatasetKey,
    /// The event's record.
    pub delivery: Delivery,
}

impl HandOver for Trained {}

/// The evaluator to itself: this data set may be ready to be judged.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Enqueue(pub DatasetRecord);

/// The judging thread to the evaluator: a round ended.
#[derive(Message)]
#[rtype(result = "()")]
pub struct RoundEnded {
    /// The data set.
    pub dataset_id: String,
    /// What the round came to, or why it failed.
    pub outcome: Result<RoundOutcome, JudgingError>,
}

/// The evaluator to itself: publish the promotions that are not published yet.
#[derive(Message)]
#[rtype(result = "()")]
pub struct PublishPromotions;
