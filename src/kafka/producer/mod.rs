//! Publishing: a record counts as sent when the broker has confirmed it.
//!
//! * `connection`: the librdkafka client: how it is made and how it is abandoned
//! * `outgoing`: a record to send
//! * `publish`: [`Producer`]
//! * `report`: delivery reports
//! * `send_error`: why a record was not sent

mod connection;
mod outgoing;
mod publish;
mod report;
mod send_error;

pub use outgoing::Outgoing;
pub use publish::Producer;
pub use report::DeliveryReport;
pub use send_error::SendError;
