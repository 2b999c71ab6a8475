//! Records of `model-training`, as messages to the evaluator.

use crate::actors::shared::DatasetKey;
use crate::kafka::{Delivery, Record, TrainingEvent};

use super::messages::Trained;

/// Reads the event of a training that began or ended. The message lacks only the delivery of its record.
///
/// # Errors
/// The record is no training event, or names no data set that can be found; the text says which field is wrong.
pub fn parse_event(record: &Record) -> Result<impl FnOnce(Delivery) -> Trained + use<>, String> {
    let event = TrainingEvent::parse(&record.payload).map_err(|error| error.to_string())?;
    let (status, dataset) = (event.status, DatasetKey::of_event(&event)?);
    Ok(move |delivery| Trained { status, dataset, delivery })
}
