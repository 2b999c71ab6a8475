//! The settings of a node: one table, read into one typed tree, with every mistake reported at once.
//!
//! * `address`: addresses to listen on
//! * `build`: from the values of settings to the typed tree
//! * `errors`: all mistakes of a configuration as one error
//! * `kind`: the kinds of values: check, reading, and the words that say what is valid
//! * `later`: names that are known but have no effect yet
//! * `names`: names that are not settings: refused, noted or accepted
//! * `one_role`: names of the original that need a process with one role
//! * `originals`: names of the replaced system, and what a node does with each
//! * `parse`: `Config::parse`
//! * `reader`: finds the value of a setting among its spellings, and collects mistakes
//! * `shown`: the configuration as people see it, with the origin of each value
//! * `suggest`: "did you mean": the known name nearest to a mistyped one
//! * `table`: the settings table: name, default and meaning of each setting
//! * `tree`: the typed tree

mod address;
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

pub use address::ListenAddr;
pub use errors::ConfigErrors;
pub use kind::Kind;
pub use later::LATER;
pub use reader::SettingLookup;
pub use shown::{Origin, Shown};
pub use table::{Fallback, Group, SETTINGS, Setting, flag, setting};
pub use tree::{
    Config, Credentials, Data, Http, Inference, Judging, Kafka, NODE_FILE, ObjectStore, Secret, Supervision, Targets,
    Training,
};
