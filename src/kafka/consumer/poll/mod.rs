//! The poll thread of a consumer.
//!
//! * `ending`: drains and leaves the group
//! * `lag`: how far behind the consumer is
//! * `maintenance`: joins, commits, checks the brokers, publishes the state
//! * `reader`: reads records and delivers them

mod ending;
mod lag;
mod maintenance;
mod reader;

pub use reader::{ConsumerLoop, consume};
