//! One round of the evaluator on one data set: it waits for missing families, or scores every finished run, the baselines and the
//! champion, appends the decision to the log, and then writes the pointer. The promotion publisher publishes it.

use crate::actors::shared::{Services, is_finished};
use crate::forecast::Family;
use crate::storage::{Appended, DatasetRecord, Decision, LogSummary, RunRecord};

use super::scoring::{JudgingError, Scoring};
use super::settings::JudgingSettings;

/// The number of decisions that a round reads before it asks for those of the whole log.
const NEWEST_DECISIONS: usize = 4;

/// What a round came to.
pub enum RoundOutcome {
    /// Families are still missing.
    Waiting { have: Vec<Family>, missing: Vec<Family> },
    /// Earlier decisions hold every finished run.
    JudgedBefore,
    /// A decision was made.
    Decided(Box<Decision>),
}

/// Judges one data set. Blocks: it is for the evaluator's own thread.
///
/// After the timeout it does not wait for missing families any more, and the decision names them.
pub fn judge_round(
    services: &Services,
    settings: &JudgingSettings,
    record: &DatasetRecord,
    is_timed_out: bool,
) -> Result<RoundOutcome, JudgingError> {
    let targets = settings.recipe.targets(record);
    let mut runs = services.stored(services.runs.list_for(&record.identifier, &record.dataset_id))?;
    // runs that forecast other columns cannot be compared with these
    runs.retain(|run| run.targets == targets);
    let (have, missing): (Vec<Family>, Vec<Family>) =
        settings.expected.iter().partition(|family| runs.iter().any(|run| run.model_type == **family));
    if !missing.is_empty() && !is_timed_out {
        return Ok(RoundOutcome::Waiting { have, missing });
    }
    // most rounds find nothing new, and the newest decisions show that
    let mut newest = LogSummary::default();
    for decision in services.stored(services.decisions.newest(&record.identifier, NEWEST_DECISIONS))? {
        newest.add(&decision);
    }
    if is_judged(&newest, record, &runs) {
        return Ok(RoundOutcome::JudgedBefore);
    }
    let mut scoring: Option<Scoring> = None;
    loop {
        let log = services.stored(services.decisions.summary(&record.identifier))?;
        if is_judged(&log, record, &runs) {
            return Ok(RoundOutcome::JudgedBefore);
        }
        // when another evaluator appended first, the scores are kept, and only the decision is made again
        let scoring = match &mut scoring {
            Some(scoring) => scoring,
            empty => {
                let champion = log.champion();
                empty.insert(Scoring::prepare(services, settings, record, &runs, champion)?)
            }
        };
        let decision = scoring.decide(services, settings, &log, &missing)?;
        if matches!(services.stored(services.decisions.append(&decision))?, Appended::Lost) {
            continue;
        }
        // the decision is made: if the pointer cannot be written now, the promotion publisher writes it
        if let Err(error) = services.stored(services.decisions.project(&record.identifier)) {
            tracing::warn!(event = "promotion_root_pointer_write_fail", service = "eval", error = %error);
        }
        return Ok(RoundOutcome::Decided(Box::new(decision)));
    }
}

/// Whether decisions of the log judge the data set, and hold every finished run on it.
fn is_judged(log: &LogSummary, record: &DatasetRecord, runs: &[RunRecord]) -> bool {
    let judged = log.judged(&record.dataset_id);
    let mut finished = runs.iter().filter(|run| is_finished(run));
    judged.is_some_and(|judged| finished.all(|run| judged.contains(&run.lineage.run_id)))
}
