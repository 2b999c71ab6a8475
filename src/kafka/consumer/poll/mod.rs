//! The poll thread of a consumer.
//!
//! * `ending`: How the poll thread ends: it lets its partitions go in order, and leaves its group
//! * `lag`: How far behind a consumer is: from what the fetches tell, and from questions where they do not, a few at a time
//! * `maintenance`: What the poll thread does between two records: joining, committing, asking the broker how things stand, telling it
//! * `reader`: The poll thread: reads a topic, routes its records, collects the answers and commits the contiguous prefix

mod ending;
mod lag;
mod maintenance;
mod reader;

pub use reader::{ConsumerLoop, consume};
