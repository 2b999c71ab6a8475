//! What is wrong with a file: mistakes grouped by kind, each kind with what to do about it.

use std::fmt;

use thiserror::Error;

/// How many places of one kind are listed; the rest are counted.
const LISTED_PLACES: usize = 3;

/// Characters of a cell that a message shows.
const SHOWN_CHARACTERS: usize = 40;

/// A file that cannot be used: every kind of mistake once. The text has one line a kind.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", self.text())]
pub struct Mistakes {
    kinds: Vec<Kind>,
}

/// One kind of mistake: what is wrong, what to set or mend, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind {
    /// One sentence in lower case: what is wrong and what to do.
    pub what: String,
    /// The first places, at most three: `line 7, load: `abc``.
    pub places: Vec<String>,
    /// How many places there are; 0 where the mistake is the file's.
    pub count: usize,
}

impl Mistakes {
    /// One mistake of the whole file.
    pub fn of_file(what: impl Into<String>) -> Self {
        Self { kinds: vec![Kind { what: what.into(), places: Vec::new(), count: 0 }] }
    }

    /// The kinds, in the order in which they were found.
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    fn text(&self) -> String {
        let lines: Vec<String> = self.kinds.iter().map(Kind::to_string).collect();
        lines.join("\n")
    }
}

impl From<crate::limits::LimitExceeded> for Mistakes {
    fn from(exceeded: crate::limits::LimitExceeded) -> Self {
        Self::of_file(exceeded.to_string())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        if self.places.is_empty() {
            return Ok(());
        }
        write!(f, " ({})", self.places.join("; "))?;
        match self.count - self.places.len() {
            0 => Ok(()),
            more => write!(f, ", and {more} more"),
        }
    }
}

/// Mistakes as they are found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    kinds: Vec<Kind>,
}

impl Found {
    /// Adds a place of a kind; its text is only made if it will be listed.
    pub(crate) fn add(&mut self, what: &str, place: impl FnOnce() -> String) {
        let at = self.kinds.iter().position(|kind| kind.what == what).unwrap_or_else(|| {
            self.kinds.push(Kind { what: what.to_owned(), places: Vec::new(), count: 0 });
            self.kinds.len() - 1
        });
        let kind = &mut self.kinds[at];
        kind.count += 1;
        if kind.places.len() < LISTED_PLACES {
            kind.places.push(place());
        }
    }

    /// Adds mistakes that were found elsewhere.
    pub(crate) fn add_all(&mut self, other: Mistakes) {
        for kind in other.kinds {
            if let Some(known) = self.kinds.iter_mut().find(|known| known.what == kind.what) {
                known.count += kind.count;
                let room = LISTED_PLACES.saturating_sub(known.places.len());
                known.places.extend(kind.places.into_iter().take(room));
            } else {
                self.kinds.push(kind);
            }
        }
    }

    /// An error if anything was found.
    pub(crate) fn check(self) -> Result<(), Mistakes> {
        if self.kinds.is_empty() { Ok(()) } else { Err(Mistakes { kinds: self.kinds }) }
    }
}

/// A cell as a message shows it: readable, on one line and not too long.
pub(crate) fn shown(cell: &[u8]) -> String {
    // a character has at most four bytes
    let text = String::from_utf8_lossy(&cell[..cell.len().min(SHOWN_CHARACTERS * 4 + 4)]);
    let mut shown: String = text.chars().take(SHOWN_CHARACTERS).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN_CHARACTERS).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_lists_three_places_and_counts_the_rest() {
        let mut found = Found::default();
        for line in 2..10 {
            found.add("cells are no numbers: mend them", || format!("line {line}"));
        }
        let text = found.check().expect_err("mistakes").to_string();
        assert_eq!(text, "cells are no numbers: mend them (line 2; line 3; line 4), and 5 more");
        assert!(Found::default().check().is_ok());
    }

    #[test]
    fn a_long_cell_is_cut() {
        assert_eq!(shown("ä".repeat(50).as_bytes()), format!("{}…", "ä".repeat(40)));
        assert_eq!(shown(b"a\nb\xff"), "a\\nb\u{fffd}");
    }
}
