//! One line of the report.

use serde::Serialize;

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// What was checked.
    pub subject: String,
    /// What was found, and what to do about it unless all is well.
    pub text: String,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// All is well.
    Ok,
    /// A node works, and an operator should look at it.
    Warning,
    /// A node does not work, or not wholly.
    Broken,
}

impl Finding {
    /// All is well.
    pub fn ok(subject: impl Into<String>, text: impl Into<String>) -> Self {
        Self { level: Level::Ok, subject: subject.into(), text: text.into() }
    }

    /// A node works, and an operator should look at it.
    pub fn warning(subject: impl Into<String>, text: impl Into<String>) -> Self {
        Self { level: Level::Warning, ..Self::ok(subject, text) }
    }

    /// A node does not work, or not wholly.
    pub fn broken(subject: impl Into<String>, text: impl Into<String>) -> Self {
        Self { level: Level::Broken, ..Self::ok(subject, text) }
    }

    /// The finding as a row of the report.
    pub fn cells(&self) -> [String; 3] {
        let level = match self.level {
            Level::Ok => "ok",
            Level::Warning => "WARNING",
            Level::Broken => "BROKEN",
        };
        [level.to_owned(), self.subject.clone(), self.text.clone()]
    }
}
