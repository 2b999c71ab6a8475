//! One limit, and the error of whoever exceeds it.

use std::fmt;

/// The most of something that one input may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What is limited, as the error names it: `the object of a claim`.
    pub subject: &'static str,
    /// The largest value that is accepted, in `unit`.
    pub max: u64,
    /// What is counted.
    pub unit: Unit,
    /// How to get more.
    pub raise: Raise,
}

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Bytes as they are sent or stored.
    Bytes,
    /// Rows times columns, filled gaps included.
    Cells,
    /// Rows.
    Rows,
    /// Columns.
    Columns,
    /// Entries of a list.
    Entries,
    /// Open connections.
    Connections,
    /// Characters.
    Characters,
}

/// How a user gets more than a limit allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Raise {
    /// By this setting.
    Setting(&'static str),
    /// Not at all; what to do instead, as an imperative: `split it`.
    Instead(&'static str),
}

/// An input exceeds a limit. It is permanent: the same input exceeds it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} has {found} {}, and the limit is {} {}; {}", .limit.subject, .limit.unit, .limit.max, .limit.unit, .limit.raise)]
pub struct LimitExceeded {
    /// The limit.
    pub limit: Limit,
    /// What the input has, in the unit of the limit; at least so much where reading stopped early.
    pub found: u64,
}

impl Limit {
    /// The same limit with the value of its setting.
    pub const fn with_max(self, max: u64) -> Limit {
        Limit { max, ..self }
    }

    /// The largest accepted value as a size in memory.
    pub const fn max_usize(self) -> usize {
        if self.max > usize::MAX as u64 { usize::MAX } else { self.max as usize }
    }

    /// Refuses a value above the limit.
    pub fn check(self, found: impl TryInto<u64>) -> Result<(), LimitExceeded> {
        // what does not fit into 64 bits is above every limit
        let found = found.try_into().unwrap_or(u64::MAX);
        if found > self.max { Err(LimitExceeded { limit: self, found }) } else { Ok(()) }
    }

    /// The start of a text that may be longer than the limit, in characters; a text that was cut ends in `...`.
    pub fn cut(self, text: &str) -> std::borrow::Cow<'_, str> {
        // a text has at most as many characters as bytes
        if text.len() <= self.max_usize() || text.chars().count() <= self.max_usize() {
            return text.into();
        }
        text.chars().take(self.max_usize().saturating_sub(3)).chain("...".chars()).collect::<String>().into()
    }

    /// Refuses a product above the limit: rows and columns for a limit on cells.
    pub fn check_product(self, one: impl TryInto<u64>, other: impl TryInto<u64>) -> Result<(), LimitExceeded> {
        let (one, other) = (one.try_into().unwrap_or(u64::MAX), other.try_into().unwrap_or(u64::MAX));
        self.check(one.saturating_mul(other))
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unit::Bytes => "bytes",
            Unit::Cells => "cells (rows x columns)",
            Unit::Rows => "rows",
            Unit::Columns => "columns",
            Unit::Entries => "entries",
            Unit::Connections => "connections",
            Unit::Characters => "characters",
        })
    }
}

impl fmt::Display for Raise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Raise::Setting(name) => write!(f, "set {name} to allow more"),
            Raise::Instead(what) => f.write_str(what),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CELLS: Limit = Limit { subject: "a file", max: 100, unit: Unit::Cells, raise: Raise::Setting("MAX_CELLS") };

    #[test]
    fn an_error_names_what_was_found_the_limit_and_how_to_raise_it() {
        assert_eq!(CELLS.check_product(10usize, 10usize), Ok(()));
        let error = CELLS.check_product(101u64, 1i64).expect_err("one too many");
        assert_eq!(
            error.to_string(),
            "a file has 101 cells (rows x columns), and the limit is 100 cells (rows x columns); set MAX_CELLS to allow more"
        );
    }

    #[test]
    fn a_text_is_cut_at_a_character_and_says_so() {
        let quote = Limit { subject: "a quote", max: 5, unit: Unit::Characters, raise: Raise::Instead("it is cut") };
        assert_eq!(quote.cut("\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}"), "\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}");
        assert_eq!(quote.cut("\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}"), "\u{e4}\u{e4}...");
    }

    #[test]
    fn a_product_that_overflows_and_a_negative_count_exceed_every_limit() {
        assert!(CELLS.with_max(u64::MAX - 1).check_product(u64::MAX, 2u64).is_err());
        assert!(CELLS.check(-1i64).is_err());
    }
}
