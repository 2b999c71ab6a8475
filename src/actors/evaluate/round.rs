//! One round of judging: every finished run of a data set, the baselines and the champion, all on the same
//! test window; then the decision log and the pointer, in this order. `news` tells of it.

use crate::actors::shared::{Services, is_finished};
use crate::forecast::Family;
use crate::storage::{Appended, DatasetRecord, Decision, RunRecord};

use super::scoring::{JudgingError, JudgingSettings, Scoring};

/// Decisions that a look reads before it reads the whole log.
const LATEST: usize = 4;

/// What became of one look at a data set.
pub enum Round {
    /// Families are still missing.
    Waiting { have: Vec<Family>, missing: Vec<Family> },
    /// Every finished run stands in a decision already.
    JudgedBefore,
    /// A decision was taken.
    Decided(Box<Decision>),
}

/// Judges one data set. Blocks: it is for the evaluator's own thread.
///
/// With `patience_gone` families that stayed silent are left out, and the decision says so.
pub fn judge_round(
    services: &Services,
    settings: &JudgingSettings,
    record: &DatasetRecord,
    patience_gone: bool,
) -> Result<Round, JudgingError> {
    let targets = settings.recipe.targets(record);
    let mut runs = services.stored(services.runs.list_for(&record.identifier, &record.dataset_id))?;
    // runs that forecast other columns cannot be compared with these
    runs.retain(|run| run.targets == targets);
    let (have, missing): (Vec<Family>, Vec<Family>) =
        settings.expected.iter().partition(|family| runs.iter().any(|run| run.model_type == **family));
    if !missing.is_empty() && !patience_gone {
        return Ok(Round::Waiting { have, missing });
    }
    // most looks find nothing new, and the last decisions say so
    if is_judged(&services.stored(services.decisions.newest(&record.identifier, LATEST))?, record, &runs) {
        return Ok(Round::JudgedBefore);
    }
    let mut contest: Option<Scoring> = None;
    loop {
        let history = services.stored(services.decisions.history(&record.identifier))?;
        if is_judged(&history, record, &runs) {
            return Ok(Round::JudgedBefore);
        }
        // what was measured once need not be measured again when another evaluator won the race
        let contest = match &mut contest {
            Some(contest) => contest,
            empty => empty.insert(Scoring::prepare(services, settings, record, &runs)?),
        };
        let decision = contest.decide(services, settings, &history, &missing)?;
        if matches!(services.stored(services.decisions.append(&decision))?, Appended::Lost) {
            continue;
        }
        // the decision stands; a projection that fails here is made up for when it is told
        if let Err(error) = services.stored(services.decisions.project(&record.identifier)) {
            tracing::warn!(event = "promotion_root_pointer_write_fail", service = "eval", error = %error);
        }
        return Ok(Round::Decided(Box::new(decision)));
    }
}

/// Whether these decisions judged the data set, and every finished run on it.
fn is_judged(decisions: &[Decision], record: &DatasetRecord, runs: &[RunRecord]) -> bool {
    let rounds: Vec<&Decision> = decisions.iter().filter(|decision| decision.dataset_id == record.dataset_id).collect();
    let stands = |run: &RunRecord| rounds.iter().any(|decision| decision.judged_runs.contains(&run.lineage.run_id));
    !rounds.is_empty() && runs.iter().filter(|run| is_finished(run)).all(stands)
}
