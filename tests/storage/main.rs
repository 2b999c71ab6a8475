//! The object store, and the records in it.
#![allow(clippy::unwrap_used, reason = "a broken assumption ends the test")]

#[path = "../common/mod.rs"]
mod common;
mod fixture; // a store of its own for each test

mod bounded_reads; // what a read becomes is bounded before it is read
mod conditional_writes; // a store that ignores conditions is found out before anybody relies on it
mod embedded_store; // what the embedded store promises, seen through the clients that the node uses
mod inference_log; // segments are created once, numbered without a hole, found again after a lost answer
mod lease_protocol; // model-checked: two nodes never both hold a lease
mod leases; // held once, kept while somebody works, taken over from the silent, counting bad ends
mod object_store_answers; // what the client makes of each answer
mod object_store_writes; // lost answers, large objects and broken bodies are told as what they came to
mod over_time; // what years bring: long logs, many runs, clocks that jump
mod promotion_by_hand; // a person may move the pointer, and the log says who and why
mod promotion_log; // the decision log is the truth, and the pointer follows it whoever crashes where
mod s3_conformance; // one list of cases, passed by boto3 and the AWS SDK
mod snapshots; // a snapshot is read as it was written or not at all
mod store_connections; // stores behind TLS, and keys that are found and not given
mod store_outage; // the store goes away in the middle and comes back: nothing lost, nothing twice
mod stored_records; // data sets and runs are written once, complete or not there, and checked
mod stray_objects; // objects that FLTS did not write, or that were damaged, stop nothing else
