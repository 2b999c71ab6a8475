//! From the values of settings to the typed tree: one part of the tree a file.
//!
//! * `config`: the whole tree, and the checks between its parts
//! * `data`: the data set: its files, how they are prepared, and the columns to forecast
//! * `http`: the listener: its address, limits, certificate and admin token
//! * `inference`: how forecasts are served
//! * `join`: the node whose broker and object store this node uses
//! * `judging`: how candidates are judged
//! * `kafka`: the brokers: their addresses, librdkafka settings, and the layout of topics
//! * `kafka_security`: encryption and login to the brokers
//! * `object_store`: the object store: embedded, at an address, or AWS S3
//! * `supervision`: restarts, heartbeats and stopping
//! * `training`: how model families are trained

mod config;
mod data;
mod http;
mod inference;
mod join;
mod judging;
mod kafka;
mod kafka_security;
mod object_store;
mod supervision;
mod training;

pub use config::read as read_config;
