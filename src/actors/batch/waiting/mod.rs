//! Claims that wait for a model, so that they hold up no others: a few of a series wait in place, and the rest in the topic
//! `RETRY-inference-data`.
//!
//! * `missing_models`: series without a model that can answer
//! * `parking`: claims in the retry topic: their headers, and when they are due
//! * `turns`: how long parked claims wait in place for the model of the node's own series
//! * `waiting_share`: which claims may wait in place

mod missing_models;
mod parking;
mod turns;
mod waiting_share;

pub use missing_models::MissingModels;
pub use parking::{NotParked, Parking, claim_id_of, is_parked, parked_wait};
pub use turns::Turns;
pub use waiting_share::WaitingShare;
