//! One round of judging: every finished run of a data set, the baselines and the champion, all on the same
//! test window; then the decision log, the pointer, and the news, in this order.

use crate::forecast::Family;
use crate::storage::{Appended, DatasetRecord, Decision, Pointer, Ruling, RunRecord, StorageError};
use crate::transport::{MODEL_SELECTED, Producer};

use super::bench::{Bench, JudgingError, JudgingSettings};
use super::services::Services;
use super::training::is_finished;

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
    let io = &services.io;
    let targets = settings.recipe.targets(record);
    let mut runs = io.block_on(services.runs.list_for(&record.identifier, &record.dataset_id))?;
    // runs that forecast other columns cannot be compared with these
    runs.retain(|run| run.targets == targets);
    let (have, missing): (Vec<Family>, Vec<Family>) =
        settings.expected.iter().partition(|family| runs.iter().any(|run| run.model_type == **family));
    if !missing.is_empty() && !patience_gone {
        return Ok(Round::Waiting { have, missing });
    }
    let mut bench: Option<Bench> = None;
    loop {
        let history = io.block_on(services.decisions.history(&record.identifier))?;
        let rounds: Vec<&Decision> =
            history.iter().filter(|decision| decision.dataset_id == record.dataset_id).collect();
        let is_judged =
            |run: &RunRecord| rounds.iter().any(|decision| decision.judged_runs.contains(&run.lineage.run_id));
        if !rounds.is_empty() && runs.iter().filter(|run| is_finished(run)).all(is_judged) {
            // a crash may have come between the decision and its projection
            io.block_on(services.decisions.project(&record.identifier))?;
            return Ok(Round::JudgedBefore);
        }
        // what was measured once need not be measured again when another evaluator won the race
        let bench = match &mut bench {
            Some(bench) => bench,
            empty => empty.insert(Bench::prepare(services, settings, record, &runs)?),
        };
        let decision = bench.decide(services, settings, &history, &missing)?;
        if matches!(io.block_on(services.decisions.append(&decision))?, Appended::Lost) {
            continue;
        }
        io.block_on(services.decisions.project(&record.identifier))?;
        if let (Ruling::Promoted, Some(pointer)) = (decision.decision, &decision.pointer) {
            io.block_on(announce(&services.producer, pointer));
        }
        return Ok(Round::Decided(Box::new(decision)));
    }
}

/// Tells the pointer of every identifier once more: whoever missed it, or a crash that swallowed it, is served.
pub async fn announce_last(services: &Services) -> Result<(), StorageError> {
    for identifier in services.decisions.identifiers().await? {
        if let Some(pointer) = services.decisions.project(&identifier).await? {
            announce(&services.producer, &pointer).await;
        }
    }
    Ok(())
}

/// Tells a pointer on the topic; whoever misses it finds it in the store.
pub async fn announce(producer: &Producer, pointer: &Pointer) {
    let sent = producer.send(MODEL_SELECTED, Some("promotion"), pointer.to_json()).await;
    if let Err(error) = sent {
        // the pointer is the truth and is polled; the topic is only quicker
        tracing::warn!(event = "promotion_publish", service = "eval", error = %error);
    }
}
