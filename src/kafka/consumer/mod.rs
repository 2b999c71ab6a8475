//! Consuming at least once: deliveries, offsets, rebalances, dead letters.
//!
//! * `acknowledgement`: what the holder of a delivery reports about its record
//! * `backpressure`: when reading pauses and resumes
//! * `client`: reading without a group, conversion of records, closing
//! * `config`: what a consumer reads, and its librdkafka settings
//! * `dead_letters`: dead letters that are not confirmed yet
//! * `delivery`: the duty to acknowledge one record
//! * `denials`: what the brokers deny the consumer
//! * `handle`: the handle of a running consumer, and its state
//! * `held_record`: one record that is read and not settled
//! * `in_flight_records`: ledger, acknowledgements, dead letters and fences of one consumer
//! * `ledger`: which records are delivered, what is due, and what may be committed; pure
//! * `offset_tracker`: the committable offset of one partition
//! * `phase`: consuming, draining, complete
//! * `poll`: the poll thread
//! * `rebalance`: the callbacks of librdkafka when partitions are assigned and revoked
//! * `revocation`: the steps of a revocation; pure

mod acknowledgement;
mod backpressure;
mod client;
mod config;
mod dead_letters;
mod delivery;
mod denials;
mod handle;
mod held_record;
mod in_flight_records;
mod ledger;
mod offset_tracker;
mod phase;
mod poll;
mod rebalance;
mod revocation;

pub use acknowledgement::Rejection;
pub use config::{ConsumerConfig, ConsumerError};
pub use delivery::{Delivery, PublishError};
pub use handle::{Consumer, ConsumerState, Meter};
pub use ledger::Counts;
pub use offset_tracker::OffsetTracker;
pub use phase::ConsumerPhase;
pub use poll::{ConsumerLoop, consume};

#[cfg(test)]
pub(super) use acknowledgement::{AckKind, Acknowledgement, Ticket};
#[cfg(test)]
pub(super) use ledger::{Due, Ledger};
#[cfg(test)]
pub(super) use revocation::{PartitionStatus, Revocation, RevocationStep};
