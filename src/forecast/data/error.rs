//! What is wrong with data, as one sentence and as a list.

use thiserror::Error;

/// How many problems one error lists; the rest are counted.
const LISTED_PROBLEMS: usize = 10;

/// Data that cannot be used: what is wrong, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", self.text())]
pub struct DataError {
    summary: String,
    problems: Vec<String>,
    problem_count: usize,
}

impl DataError {
    /// An error of one sentence.
    pub fn new(summary: impl Into<String>) -> Self {
        Self { summary: summary.into(), problems: Vec::new(), problem_count: 0 }
    }

    /// An error about a file, with its kinds of mistakes.
    pub(super) fn of_kinds(file: &str, kinds: impl IntoIterator<Item = String>) -> Self {
        let mut problems = Problems::default();
        for kind in kinds {
            problems.add(|| kind);
        }
        Self::listed(file, problems)
    }

    /// An error with a list of problems.
    pub(super) fn listed(summary: impl Into<String>, problems: Problems) -> Self {
        Self { summary: summary.into(), problems: problems.listed, problem_count: problems.count }
    }

    /// The problems found, at most ten; empty for an error of one sentence.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// How many problems there are, those not listed included.
    pub fn problem_count(&self) -> usize {
        self.problem_count
    }

    fn text(&self) -> String {
        if self.problems.is_empty() {
            return self.summary.clone();
        }
        let mut text = format!("{}: {}", self.summary, self.problems.join("; "));
        let unlisted = self.problem_count - self.problems.len();
        if unlisted > 0 {
            text.push_str(&format!("; and {unlisted} more"));
        }
        text
    }
}

/// Problems as they are found: the first ten in full, the rest counted.
#[derive(Debug, Default)]
pub(super) struct Problems {
    listed: Vec<String>,
    count: usize,
}

impl Problems {
    /// Adds a problem; its text is only made if it will be listed.
    pub(super) fn add(&mut self, text: impl FnOnce() -> String) {
        if self.listed.len() < LISTED_PROBLEMS {
            self.listed.push(text());
        }
        self.count += 1;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }
}
