//! Records of `training-data`, as messages to the trainer.

use crate::actors::shared::DatasetKey;
use crate::forecast::Family;
use crate::kafka::{DataClaim, Delivery, Record};

use super::messages::Train;

/// Reads a claim for one family. The message lacks only the delivery of its record.
///
/// # Errors
/// The record is no claim, or names no data set that can be found; the text says which field is wrong.
pub fn parse_claim(record: &Record, family: Family) -> Result<impl FnOnce(Delivery) -> Train + use<>, String> {
    let claim = DataClaim::parse(&record.payload).map_err(|error| error.to_string())?;
    let dataset = DatasetKey::of_claim(&claim)?;
    Ok(move |delivery| Train { dataset, family, delivery: Some(delivery) })
}
