use std::time::SystemTime;

use actix::Message;

use crate::kafka::{DataClaim, Delivery};
use crate::runtime::HandOver;

/// What a record of `inference-data` asks for.
pub struct AskedClaim {
    /// Where the rows are.
    pub claim: DataClaim,
    /// The series whose model answers.
    pub identifier: String,
    /// What the answer calls the claim: its event id, else where it was read.
    pub claim_id: String,
    /// When the answer is of no use any more.
    pub deadline: Option<SystemTime>,
}

/// A hand-over: forecast from the rows of a claim, and tell it on `performance-eval`.
#[derive(Message)]
#[rtype(result = "()")]
pub struct AnswerClaim {
    /// The claim.
    pub asked: AskedClaim,
    /// The record behind it.
    pub delivery: Delivery,
}

impl HandOver for AnswerClaim {}
