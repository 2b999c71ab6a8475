//! Messages to the trainer.

use actix::Message;

use crate::actors::shared::DatasetKey;
use crate::forecast::Family;
use crate::kafka::Delivery;
use crate::runtime::HandOver;

/// A hand-over: fit one family on a data set.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Train {
    /// The data set to train on.
    pub dataset: DatasetKey,
    /// The family to fit.
    pub family: Family,
    /// The claim's record; `None` where the search for missing runs found the work.
    pub delivery: Option<Delivery>,
}

impl HandOver for Train {}
