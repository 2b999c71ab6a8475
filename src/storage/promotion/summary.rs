//! What a log comes to: all that the next judgement must know of the entries so far; pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::log::{Decision, DecisionKind};
use super::pointer::Pointer;

/// The entries of a log, from the first one on, as far as a judgement depends on them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LogSummary {
    /// The number of the last entry in it; 0 of none.
    seq: u64,
    #[serde(with = "pointer_as_json")]
    champion: Option<Pointer>,
    /// By id of a data set that a decision is about: the runs that were judged on it.
    judged: BTreeMap<String, BTreeSet<String>>,
    /// Data sets that a provisional decision is about.
    provisional: BTreeSet<String>,
    /// Runs that a person has rolled back, and that no later decision serves again.
    withdrawn: BTreeSet<String>,
}

impl LogSummary {
    /// Adds the next entry of the log.
    pub fn add(&mut self, decision: &Decision) {
        self.seq = self.seq.max(decision.seq);
        if decision.standing.provisional {
            self.provisional.insert(decision.dataset_id.clone());
        } else {
            let judged = self.judged.entry(decision.dataset_id.clone()).or_default();
            judged.extend(decision.judged_runs.iter().cloned());
        }
        let Some(pointer) = &decision.pointer else { return };
        if decision.decision != DecisionKind::Refused {
            self.withdrawn.remove(&pointer.run_id);
        }
        if decision.decision == DecisionKind::RolledBack {
            self.withdrawn.extend(pointer.previous.clone());
        }
        self.champion = Some(pointer.clone());
    }

    /// The number of the last entry in it; 0 of none.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The number of the next decision.
    pub fn next_seq(&self) -> u64 {
        self.seq + 1
    }

    /// The pointer after the last decision.
    pub fn champion(&self) -> Option<&Pointer> {
        self.champion.as_ref()
    }

    /// Whether a provisional decision is about a data set.
    pub fn has_provisional(&self, dataset_id: &str) -> bool {
        self.provisional.contains(dataset_id)
    }

    /// The runs that were judged on a data set; none if no final decision is about it.
    pub fn judged(&self, dataset_id: &str) -> Option<&BTreeSet<String>> {
        self.judged.get(dataset_id)
    }

    /// Whether a person has rolled this run back, and no later decision serves it again.
    pub fn is_withdrawn(&self, run_id: &str) -> bool {
        self.withdrawn.contains(run_id)
    }
}

/// A pointer as JSON text: it leaves out fields that are false, which bincode cannot read.
mod pointer_as_json {
    use serde::de::Error as _;
    use serde::ser::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Pointer;

    pub fn serialize<S: Serializer>(pointer: &Option<Pointer>, serializer: S) -> Result<S::Ok, S::Error> {
        let text = pointer.as_ref().map(serde_json::to_string).transpose().map_err(S::Error::custom)?;
        text.serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Pointer>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| serde_json::from_str(&text)).transpose().map_err(D::Error::custom)
    }
}
