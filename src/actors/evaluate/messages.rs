use actix::Message;

use crate::actors::shared::DatasetKey;
use crate::kafka::{Delivery, TrainingStatus};
use crate::runtime::HandOver;

/// A hand-over: a run started, finished or failed.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Trained {
    /// How it stands.
    pub status: TrainingStatus,
    /// The data set it is about.
    pub dataset: DatasetKey,
    /// The record behind it.
    pub delivery: Delivery,
}

impl HandOver for Trained {}
