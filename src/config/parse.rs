//! `Config::parse`: from the settings to the typed tree, with every mistake reported at once.

use super::build::read_config;
use super::errors::ConfigErrors;
use super::reader::{Reader, SettingLookup};
use super::tree::Config;
use super::{names, one_role, shown};

impl Config {
    /// Reads every setting through `lookup`.
    ///
    /// # Errors
    /// All mistakes at once.
    pub fn parse(lookup: SettingLookup<'_>) -> Result<Config, ConfigErrors> {
        Config::parse_named(lookup, &[])
    }

    /// As [`Config::parse`], and also refuses unknown `FLTS_` names of the environment.
    ///
    /// # Errors
    /// All mistakes at once.
    pub fn parse_named(lookup: SettingLookup<'_>, environment: &[&str]) -> Result<Config, ConfigErrors> {
        let mut reader = Reader::new(lookup);
        names::refuse_unknown(&mut reader, environment);
        names::refuse_later(&mut reader);
        names::check_originals(&mut reader);
        let mut config = read_config(&mut reader);
        one_role::check(&mut reader, &mut config);
        reader.finish(config)
    }

    /// Every setting with its value and where that came from, as JSON; secrets are redacted.
    pub fn shown_json(&self) -> serde_json::Value {
        shown::to_json(&self.shown)
    }
}
