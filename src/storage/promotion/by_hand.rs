//! Decisions of a person: the next entry of the log, computed from the entries so far; pure.

use crate::forecast::{Candidate, ScoreWeights, Standing};
use crate::storage::runs::RunRecord;
use crate::storage::timestamp::now;

use super::log::{Audit, Decision, DecisionKind, VERSION};
use super::pointer::{Pointer, Promotion};

/// Why the pointer cannot be moved as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoveError {
    /// No model was ever promoted for the series.
    #[error("nothing was ever promoted for `{0}`; train and promote a model first")]
    NothingPromoted(String),
    /// No model was served before, or a person has rolled back every one of them.
    #[error(
        "before generation {0} no model was served that is still trusted; name the one to serve with `to_generation`"
    )]
    NothingBefore(u64),
    /// The log has no such generation.
    #[error("there is no generation {asked} to roll back to; the log has {known}")]
    UnknownGeneration {
        /// The generation that was asked for.
        asked: u64,
        /// The generations in the log, separated by commas.
        known: String,
    },
    /// The pointer names this run already.
    #[error("run {0} is served already; the pointer stays as it is")]
    AlreadyServed(String),
    /// The series has no run of this id.
    #[error("there is no run {run_id} of `{identifier}`; see the scoreboards of its history for those there are")]
    UnknownRun {
        /// The series.
        identifier: String,
        /// The run that was asked for.
        run_id: String,
    },
    /// The run has no model.
    #[error("run {0} failed in training and has no model; name one that finished")]
    NotFinished(String),
}

impl Decision {
    /// The decision to serve an earlier model again: that of a generation, or the last one before the present one that no person has
    /// rolled back.
    pub fn rolling_back(
        history: &[Decision],
        identifier: &str,
        to_generation: Option<u64>,
        audit: Audit,
    ) -> Result<Self, MoveError> {
        let champion = Self::champion(history).ok_or_else(|| MoveError::NothingPromoted(identifier.to_owned()))?;
        let target = match to_generation {
            Some(asked) => of_generation(history, asked)
                .ok_or_else(|| MoveError::UnknownGeneration { asked, known: generations(history) })?,
            None => before(history, champion).ok_or(MoveError::NothingBefore(champion.generation))?,
        };
        if target.run_id == champion.run_id {
            return Err(MoveError::AlreadyServed(target.run_id.clone()));
        }
        let reason = format!(
            "rolled back from {} (run {}) to {} of generation {}: {}",
            champion.model_type, champion.run_id, target.model_type, target.generation, audit.why
        );
        Ok(Self::moving(history, target.clone(), DecisionKind::RolledBack, reason, audit))
    }

    /// The decision to serve the run that a person names, with any score.
    pub fn setting(history: &[Decision], run: &RunRecord, audit: Audit) -> Result<Self, MoveError> {
        let run_id = &run.lineage.run_id;
        let champion = Self::champion(history);
        if champion.is_some_and(|pointer| &pointer.run_id == run_id) {
            return Err(MoveError::AlreadyServed(run_id.clone()));
        }
        let judged = history.iter().rev().find_map(|decision| {
            let candidate = decision.scoreboard.iter().find(|candidate| &candidate.run_id == run_id)?;
            Some((candidate.clone(), decision.weights, decision.window_hash.clone()))
        });
        let (candidate, weights, window_hash) = judged.unwrap_or_else(|| unjudged(run));
        let promotion = Promotion {
            candidate: &candidate,
            weights,
            seq: Self::next_seq(history),
            champion,
            window_hash: &window_hash,
            timestamp: "",
            standing: Standing::default(),
        };
        let pointer = Pointer::promoting(run, promotion).ok_or_else(|| MoveError::NotFinished(run_id.clone()))?;
        let reason = format!("set to {} (run {run_id}): {}", run.model_type, audit.why);
        Ok(Self::moving(history, pointer, DecisionKind::Set, reason, audit))
    }

    /// The entry after which `target` is the pointer.
    fn moving(history: &[Decision], target: Pointer, decision: DecisionKind, reason: String, audit: Audit) -> Self {
        // a person's word is final
        let standing = Standing { provisional: false, ..target.standing };
        let (champion, seq, timestamp) = (Self::champion(history), Self::next_seq(history), now());
        let generation = champion.map_or(0, |pointer| pointer.generation) + 1;
        Self {
            v: VERSION,
            seq,
            identifier: target.identifier.clone(),
            dataset_id: target.dataset_id.clone(),
            config_hash: target.config_hash.clone(),
            decision,
            reason,
            scoreboard: Vec::new(),
            weights: target.weights,
            window_hash: target.window_hash.clone(),
            judged_runs: Vec::new(),
            generation,
            timestamp: timestamp.clone(),
            audit: Some(audit),
            standing,
            pointer: Some(Pointer {
                generation,
                seq,
                previous: champion.map(|pointer| pointer.run_id.clone()),
                timestamp,
                standing,
                ..target
            }),
        }
    }

    /// Whether a person has rolled this run back, and no later decision serves it again.
    pub fn is_withdrawn(history: &[Decision], run_id: &str) -> bool {
        let verdict = history.iter().rev().find_map(|decision| {
            let pointer = decision.pointer.as_ref()?;
            let left = decision.decision == DecisionKind::RolledBack && pointer.previous.as_deref() == Some(run_id);
            let entered = decision.decision != DecisionKind::Refused && pointer.run_id == run_id;
            (left || entered).then_some(left)
        });
        verdict.unwrap_or(false)
    }
}

/// The pointers that decisions of the log introduced, oldest first.
fn introduced(history: &[Decision]) -> impl DoubleEndedIterator<Item = &Pointer> {
    history.iter().filter_map(|decision| decision.pointer.as_ref().filter(|pointer| pointer.seq == decision.seq))
}

fn of_generation(history: &[Decision], generation: u64) -> Option<&Pointer> {
    introduced(history).find(|pointer| pointer.generation == generation)
}

/// The last pointer before the champion's that may be served again.
fn before<'a>(history: &'a [Decision], champion: &Pointer) -> Option<&'a Pointer> {
    let before = introduced(history).rev().skip_while(|pointer| pointer.seq >= champion.seq);
    let serves_again =
        |pointer: &&Pointer| pointer.run_id != champion.run_id && !Decision::is_withdrawn(history, &pointer.run_id);
    before.into_iter().find(serves_again)
}

fn generations(history: &[Decision]) -> String {
    introduced(history).map(|pointer| pointer.generation.to_string()).collect::<Vec<_>>().join(", ")
}

/// The values of a run that was never judged: it has no score.
fn unjudged(run: &RunRecord) -> (Candidate, Option<ScoreWeights>, String) {
    (Candidate::unscored(&run.lineage.run_id, run.model_type), None, String::new())
}
