//! Messages to the batch forecaster.

use std::time::SystemTime;

use actix::Message;

use crate::kafka::{DataClaim, Delivery, Record};
use crate::runtime::HandOver;

/// What a record of `inference-data` asks for: a forecast after the rows of an object.
pub struct ForecastClaim {
    /// Where the rows are.
    pub claim: DataClaim,
    /// The series whose model answers.
    pub identifier: String,
    /// What the answer calls the claim: its event id, else the place of its record in Kafka.
    pub claim_id: String,
    /// When the answer is of no use any more.
    pub deadline: Option<SystemTime>,
    /// Its record, which is parked where there is no model yet.
    pub record: Record,
}

/// A hand-over: answer a claim on `performance-eval`.
#[derive(Message)]
#[rtype(result = "()")]
pub struct AnswerClaim {
    /// The claim.
    pub claim: ForecastClaim,
    /// The record behind it.
    pub delivery: Delivery,
}

impl HandOver for AnswerClaim {}
