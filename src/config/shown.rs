//! The configuration as people see it: each setting, its value without secrets, and the origin of the value.

use std::fmt;

use serde_json::{Value, json};

use super::table::{Setting, flag};

/// What stands for a secret.
const REDACTED: &str = "(secret)";

/// One setting with its value and origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Its name.
    pub name: &'static str,
    /// Its value; secrets are redacted. `None` without a value.
    pub value: Option<String>,
    /// Where the value came from.
    pub origin: Origin,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The setting was not given.
    Default,
    /// A flag of the command line, as it was written.
    Flag(String),
    /// An environment variable.
    Environment(String),
    /// An environment variable with the prefix `FLTS_`.
    Prefixed(String),
    /// Another name with the same meaning.
    Alias(String),
    /// A file that another setting names.
    File {
        /// The spelling of the setting that names the file.
        spelling: String,
        /// The file.
        path: String,
    },
}

impl Origin {
    /// The origin of a value of `setting` that was `written` like this.
    pub fn of(setting: &Setting, written: String, file: Option<String>) -> Origin {
        let is_alias =
            |alias: &&str| written.strip_prefix("FLTS_").unwrap_or(&written) == *alias || written == flag(alias);
        match file {
            Some(path) => Origin::File { spelling: written, path },
            None if setting.aliases.iter().any(is_alias) => Origin::Alias(written),
            None if written.starts_with("--") => Origin::Flag(written),
            None if written.starts_with("FLTS_") => Origin::Prefixed(written),
            None => Origin::Environment(written),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::Flag(written) => write!(f, "flag {written}"),
            Origin::Environment(written) | Origin::Prefixed(written) => write!(f, "environment {written}"),
            Origin::Alias(written) => write!(f, "alias {written}"),
            Origin::File { spelling, path } => write!(f, "file {path} ({spelling})"),
        }
    }
}

/// The value with secrets redacted: a secret setting as a whole, or the login inside an address.
pub fn redacted(setting: &Setting, value: String) -> String {
    if setting.secret {
        return REDACTED.to_owned();
    }
    let login = value.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.split_once('@')?.1)));
    login.map(|(scheme, rest)| format!("{scheme}://{REDACTED}@{rest}")).unwrap_or(value)
}

/// An object of settings, each with `value` and `origin`.
pub fn to_json(shown: &[Shown]) -> Value {
    let entry = |one: &Shown| (one.name.to_owned(), json!({"value": one.value, "origin": one.origin.to_string()}));
    Value::Object(shown.iter().map(entry).collect())
}
