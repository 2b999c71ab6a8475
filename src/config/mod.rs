//! The settings of a node: one table, read as a whole into one typed tree, with every mistake reported at once.
//!
//! * `build`: From checked values to the typed tree, one part of it a file
//! * `errors`: All mistakes of a configuration, as one error
//! * `kind`: What the value of a setting may be: its check, its reading, and the words that say what would be valid
//! * `later`: Names of the interface that have no effect yet
//! * `names`: Names that are no setting, or none yet: refused, because silence would hide a typing error
//! * `one_role`: `CONSUMER_GROUP_ID`, `CONSUMER_TOPIC` and `PRODUCER_TOPIC`: the original ran one role a process, so that a name without a role was enough
//! * `originals`: Names of the system that FLTS replaces which are neither settings nor aliases: what becomes of each of them
//! * `parse`: The settings of a node: one table, read as a whole into one typed tree, every mistake reported at once
//! * `reader`: Finds the value of a setting among its spellings and collects every mistake on the way
//! * `shown`: A configuration as people see it: each setting, its value without secrets, and where that came from
//! * `suggest`: "did you mean": the known name nearest to a mistyped one
//! * `table`: The settings table: the one place that names a setting, its default and its meaning
//! * `tree`: The typed configuration of a node

mod build;
mod errors;
pub mod kind;
pub mod later;
mod names;
mod one_role;
pub mod originals;
mod parse;
mod reader;
mod shown;
mod suggest;
pub mod table;
mod tree;

pub use errors::ConfigErrors;
pub use kind::Kind;
pub use later::LATER;
pub use parse::Lookup;
pub use shown::{Origin, Shown};
pub use table::{Fallback, Group, SETTINGS, Setting, flag, setting};
pub use tree::{
    Config, Credentials, Data, Http, Inference, Judging, Kafka, ObjectStore, Secret, Supervision, Targets, Training,
};
