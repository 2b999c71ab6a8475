//! One round of the evaluator on one data set: it waits for missing families, or scores every finished run, the families that it fits
//! itself and the champion, appends the decision to the log, and then writes the pointer. The promotion publisher publishes it.
//! While it waits and nothing is served, it makes a provisional decision on what is there.

use crate::actors::shared::{Services, is_finished};
use crate::forecast::Family;
use crate::storage::{Appended, DatasetRecord, Decision, LogSummary, RunRecord};

use super::error::JudgingError;
use super::scoring::{Finality, Scoring};
use super::settings::JudgingSettings;

/// The number of decisions that a round reads before it asks for those of the whole log.
const NEWEST_DECISIONS: usize = 4;

/// What a round came to.
pub enum RoundOutcome {
    /// Families are still missing; where nothing was served, a provisional decision was made meanwhile.
    Waiting { have: Vec<Family>, missing: Vec<Family>, provisional: Option<Box<Decision>> },
    /// Earlier decisions hold every finished run.
    JudgedBefore,
    /// The decision was made.
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
    let waits = !missing.is_empty() && !is_timed_out;
    if waits && !settings.provisional {
        return Ok(RoundOutcome::Waiting { have, missing, provisional: None });
    }
    let finality = if waits { Finality::Provisional } else { Finality::Final };
    let decision = Round { services, settings, record, runs, missing: &missing, finality }.decide()?.map(Box::new);
    Ok(match decision {
        provisional if waits => RoundOutcome::Waiting { have, missing, provisional },
        Some(decision) => RoundOutcome::Decided(decision),
        None => RoundOutcome::JudgedBefore,
    })
}

/// A data set and its runs, about which one decision is made.
struct Round<'a> {
    services: &'a Services,
    settings: &'a JudgingSettings,
    record: &'a DatasetRecord,
    runs: Vec<RunRecord>,
    missing: &'a [Family],
    finality: Finality,
}

impl Round<'_> {
    /// Appends the decision to the log, and writes the pointer; none if the log shows that none is needed.
    fn decide(&self) -> Result<Option<Decision>, JudgingError> {
        let Round { services, settings, record, .. } = *self;
        // most rounds find nothing new, and the newest decisions show that
        let mut newest = LogSummary::default();
        for decision in services.stored(services.decisions.newest(&record.identifier, NEWEST_DECISIONS))? {
            newest.add(&decision);
        }
        if !self.is_needed(&newest) {
            return Ok(None);
        }
        let mut scoring: Option<Scoring> = None;
        loop {
            let log = services.stored(services.decisions.summary(&record.identifier))?;
            if !self.is_needed(&log) {
                return Ok(None);
            }
            // when another evaluator appended first, the scores are kept, and only the decision is made again
            let scoring = match &mut scoring {
                Some(scoring) => scoring,
                empty => {
                    let champion = log.champion();
                    empty.insert(Scoring::prepare(services, settings, record, &self.runs, champion)?)
                }
            };
            let decision = scoring.decide(services, settings, &log, self.missing, self.finality)?;
            if matches!(services.stored(services.decisions.append(&decision))?, Appended::Lost) {
                continue;
            }
            // the decision is made: if the pointer cannot be written now, the promotion publisher writes it
            if let Err(error) = services.stored(services.decisions.project(&record.identifier)) {
                tracing::warn!(event = "promotion_root_pointer_write_fail", service = "eval", error = %error);
            }
            return Ok(Some(decision));
        }
    }

    fn is_needed(&self, log: &LogSummary) -> bool {
        match self.finality {
            Finality::Final => !is_judged(log, self.record, &self.runs),
            Finality::Provisional => log.champion().is_none() && !log.has_provisional(&self.record.dataset_id),
        }
    }
}

/// Whether final decisions of the log judge the data set, and hold every finished run on it.
fn is_judged(log: &LogSummary, record: &DatasetRecord, runs: &[RunRecord]) -> bool {
    let judged = log.judged(&record.dataset_id);
    let mut finished = runs.iter().filter(|run| is_finished(run));
    judged.is_some_and(|judged| finished.all(|run| judged.contains(&run.lineage.run_id)))
}
