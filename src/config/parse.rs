//! The settings of a node: one table, read as a whole into one typed tree, every mistake reported at once.
//!
//! - [`table`]: every setting with its kind, default and help; the command line and `docs/configuration.md` follow it
//! - [`kind`]: what a value may be, and how it is read
//! - [`later`]: names of the interface that have no effect yet, so that setting one is an error and not silence
//! - [`originals`]: names of the replaced system, each accepted, noted or refused; [`one_role`]: those that need a single role
//! - [`names`]: refuses the names that are no setting, or none yet
//! - [`reader`]: flag > `FLTS_` name > name or alias > default, secrets from files
//! - [`shown`]: what came out, with its origin and without secrets
//! - [`tree`]: the typed configuration
//! - [`build`]: from values to the tree, with the checks that need more than one setting

use crate::config::build::tree_parts;

use super::errors::ConfigErrors;
use super::tree::Config;
use super::{names, one_role, reader, shown};

/// Where values come from: a flag is asked for as `--http-addr`, an environment variable by its name.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Config {
    /// Reads every setting through `lookup`; fails with all mistakes at once.
    pub fn parse(lookup: Lookup<'_>) -> Result<Config, ConfigErrors> {
        Config::parse_named(lookup, &[])
    }

    /// As [`Config::parse`], and also refuses unknown `FLTS_` names among those of the environment.
    pub fn parse_named(lookup: Lookup<'_>, environment: &[&str]) -> Result<Config, ConfigErrors> {
        let mut reader = reader::Reader::new(lookup);
        names::refuse_unknown(&mut reader, environment);
        names::refuse_later(&mut reader);
        names::judge_originals(&mut reader);
        let mut config = tree_parts::config(&mut reader);
        one_role::judge(&mut reader, &mut config);
        reader.finish(config)
    }

    /// Every setting with its value and where that came from, as JSON; secrets are redacted.
    pub fn shown_json(&self) -> serde_json::Value {
        shown::to_json(&self.shown)
    }
}
