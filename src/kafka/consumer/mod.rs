//! Consuming at least once: deliveries, offsets, rebalances, dead letters.
//!
//! * `backpressure`: When reading pauses: at 80 % of the bound, until 50 %, since every pause throws away what was fetched ahead
//! * `client`: The librdkafka client of a consumer: how it starts to listen, what it reads, and how it is left
//! * `consumer_state`: What one consumer keeps about its records: the ledger, the answers on their way to it, burials, and whose partitions they are
//! * `dead_letters`: Dead letters on their way: a record is off the books only when the broker has confirmed its burial
//! * `delivery`: Acknowledging by ownership: a record comes with a [`Delivery`], and what becomes of that decides about the record
//! * `denials`: What the brokers deny a consumer, told until it reads again: a group or a topic that it may not read, a topic that is not there
//! * `handle`: A consumer from the outside: what it reads, how it is stopped, and what it tells about itself
//! * `held_record`: One record that is read and not settled, and how long it pauses after what became of it; and the books of one partition
//! * `ledger`: The books of one consumer: which records are out, how often each was rejected, what is due and what may be committed
//! * `offset_tracker`: Which offset of a partition may be committed: the contiguous prefix, never the highest finished
//! * `phase`: The life of a consumer as a value: it reads, it drains, it is over, and never goes back
//! * `poll`: The poll thread of a consumer
//! * `rebalance`: What happens when partitions come and go: books are opened, paused again, let go in order, and closed
//! * `record`: One record as it was read: cheap to clone, since what it holds is shared
//! * `revocation`: How partitions are let go, when they are taken away and when the consumer stops: the order of the steps and their deadlines

mod backpressure;
mod client;
mod consumer_state;
mod dead_letters;
mod delivery;
mod denials;
mod handle;
mod held_record;
mod ledger;
mod offset_tracker;
mod phase;
mod poll;
mod rebalance;
mod record;
mod revocation;

pub use delivery::{Delivery, PublishError};
pub use handle::{Consumer, ConsumerConfig, ConsumerError, ConsumerState, Meter};
pub use ledger::Counts;
pub use offset_tracker::OffsetTracker;
pub use phase::ConsumerPhase;
pub use poll::{ConsumerLoop, consume};
pub use record::Record;
