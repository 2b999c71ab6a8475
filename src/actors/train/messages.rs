use actix::Message;

use crate::actors::shared::DatasetKey;
use crate::forecast::Family;
use crate::kafka::Delivery;
use crate::runtime::HandOver;

/// A hand-over: fit one family on the data set of a claim.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Train {
    /// The data set to learn from.
    pub dataset: DatasetKey,
    /// The model family to fit.
    pub family: Family,
    /// The record behind it; `None` when the gap search found the work.
    pub delivery: Option<Delivery>,
}

impl HandOver for Train {}
