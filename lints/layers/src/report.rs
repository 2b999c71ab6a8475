//! What the lint found, and how it is printed.

use std::collections::HashSet;
use std::fmt::{self, Display, Formatter};

/// Everything that the lint has to say of a checkout.
#[derive(Default)]
pub struct Report {
    broken: Vec<String>,
    warned: Vec<String>,
    reported: HashSet<String>,
    /// How many files of the program were read, those for tests left aside.
    pub files: usize,
    /// How many imports lead from one of them to another.
    pub imports: usize,
}

impl Report {
    /// A broken rule, which fails the lint.
    pub fn broken(&mut self, line: String) {
        self.broken.push(line);
    }

    /// A broken rule that a file breaks at several lines: only the first line is reported.
    pub fn broken_at(&mut self, file: &str, line: usize, what: &str) {
        if self.reported.insert(format!("{file} {what}")) {
            self.broken.push(format!("{file}:{line} {what}"));
        }
    }

    /// Something to mend soon, which fails nothing.
    pub fn warned(&mut self, line: String) {
        self.warned.push(line);
    }

    /// Whether no rule is broken.
    pub fn is_clean(&self) -> bool {
        self.broken.is_empty()
    }

    /// The broken rules, as they are printed.
    #[cfg(test)]
    pub fn findings(&self) -> &[String] {
        &self.broken
    }

    /// The warnings, as they are printed.
    #[cfg(test)]
    pub fn warnings(&self) -> &[String] {
        &self.warned
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        for line in &self.warned {
            writeln!(f, "warning: {line}")?;
        }
        for line in &self.broken {
            writeln!(f, "{line}")?;
        }
        write!(f, "layers: {} files, {} imports, ", self.files, self.imports)?;
        match self.broken.len() {
            0 => write!(f, "no circle, every import runs downward"),
            1 => write!(f, "1 finding"),
            findings => write!(f, "{findings} findings"),
        }
    }
}
