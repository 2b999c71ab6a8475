//! What reads the inputs. A new target is a row here, and its reader.
//!
//! * `ground`: what several targets need: a runtime, a folder, the program
//! * `http`: a connection that sends requests and reads their answers
//! * `listing`: the answers of a store to our client
//! * `predict`: the bodies of `POST /predict` to a node
//! * `pure`: readers that are functions: records, pointers, manifests, files
//! * `reader`: what a target gives its inputs to
//! * `store`: requests to the embedded store
//! * `table`: the table of targets
//! * `tables`: data files in the dialects that people write

mod ground;
mod http;
mod listing;
mod predict;
mod pure;
mod reader;
mod store;
mod table;
mod tables;

pub use ground::Ground;
pub use reader::Reader;
pub use table::{TARGETS, Target};
