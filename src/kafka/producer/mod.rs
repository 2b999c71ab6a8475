//! Publishing: a record counts as sent when the broker has confirmed it.
//!
//! * `connection`: The librdkafka client of a producer: how it is made, and how it is left
//! * `publish`: Publishing: a record counts as sent when the broker has confirmed it, and not before
//! * `report`: Delivery reports on their way from the broker to whoever waits for them
//! * `send_error`:

mod connection;
mod publish;
mod report;
mod send_error;

pub use publish::Producer;
pub use report::DeliveryReport;
pub use send_error::SendError;
