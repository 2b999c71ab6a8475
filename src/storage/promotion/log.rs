//! An entry of the decision log.

use serde::{Deserialize, Serialize};

use crate::forecast::{Candidate, ScoreWeights, Standing};
use crate::storage::records::{Checked, check_hash, check_identifier};

use super::pointer::Pointer;

/// The version of the entries that this program writes.
pub(in crate::storage) const VERSION: u32 = 1;

/// What was decided, and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecisionKind {
    /// The judge promoted another model.
    Promoted,
    /// The judge kept the model that was served.
    Refused,
    /// A person restored a model that was served before.
    RolledBack,
    /// A person chose the run to serve.
    Set,
}

impl std::fmt::Display for DecisionKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl DecisionKind {
    /// Every kind, for metrics that exist before their first event.
    pub const ALL: [DecisionKind; 4] =
        [DecisionKind::Promoted, DecisionKind::Refused, DecisionKind::RolledBack, DecisionKind::Set];

    /// The value in records and metric labels.
    pub fn as_str(self) -> &'static str {
        match self {
            DecisionKind::Promoted => "promoted",
            DecisionKind::Refused => "refused",
            DecisionKind::RolledBack => "rolled_back",
            DecisionKind::Set => "set",
        }
    }
}

/// Who made a decision by hand, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    /// The person or program, as it named itself.
    pub who: String,
    /// The reason that was given.
    pub why: String,
}

/// One entry of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Version of this record.
    pub v: u32,
    /// The number of the entry, from 1, without gaps.
    pub seq: u64,
    /// The series that the decision is about.
    pub identifier: String,
    /// The data set that was judged.
    pub dataset_id: String,
    /// Hash of the preprocessing configuration.
    pub config_hash: String,
    /// What was decided.
    pub decision: DecisionKind,
    /// The reason, for people.
    pub reason: String,
    /// Every candidate, best first.
    pub scoreboard: Vec<Candidate>,
    /// The weights of the metrics in the scores; none where the mean relative loss is the score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<ScoreWeights>,
    /// Hash of the test rows that were scored.
    pub window_hash: String,
    /// The runs that were judged and need no further round.
    pub judged_runs: Vec<String>,
    /// The generation that is served after the decision.
    pub generation: u64,
    /// The pointer after the decision; refusals repeat the one before.
    pub pointer: Option<Pointer>,
    /// When it was decided, RFC 3339.
    pub timestamp: String,
    /// Who decided and why; none for a decision of the judge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit: Option<Audit>,
    /// Whether a fallback is served after the decision, and whether it was made before all expected families were judged.
    #[serde(flatten)]
    pub standing: Standing,
}

impl Checked for Decision {
    fn check(&self) -> Result<(), String> {
        check_identifier(&self.identifier)?;
        check_hash("config_hash", &self.config_hash)?;
        check_hash("dataset_id", &self.dataset_id)?;
        self.pointer.as_ref().map_or(Ok(()), Pointer::check)
    }
}

impl Decision {
    /// The pointer after the last decision of a log, oldest entry first.
    pub fn champion(history: &[Decision]) -> Option<&Pointer> {
        history.iter().rev().find_map(|decision| decision.pointer.as_ref())
    }

    /// The number of the next decision of a log, oldest entry first.
    pub fn next_seq(history: &[Decision]) -> u64 {
        history.last().map_or(1, |last| last.seq + 1)
    }
}

/// The outcome of an attempt to write the next entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// The entry is in the log.
    Done,
    /// Another writer wrote this number first: read the log again and decide again.
    Lost,
}

/// The outcome of reading the pointer.
#[derive(Debug, Clone)]
pub enum FetchedPointer {
    /// The pointer is the one that the caller has.
    Unchanged,
    /// Nothing is promoted.
    Absent,
    /// A pointer that the caller does not have.
    New {
        /// The pointer.
        pointer: Box<Pointer>,
        /// The version to pass to the next read.
        etag: String,
    },
    /// An object is stored, but it is not a pointer that can be served.
    Unreadable {
        /// What is wrong with the object.
        reason: String,
    },
}
