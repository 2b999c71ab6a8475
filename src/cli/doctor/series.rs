//! Decision log, pointer and model of each series.

use crate::actors::fetch_promoted;
use crate::forecast::is_identifier;
use crate::storage::{Decision, Decisions, FetchedPointer, ObjectStore, PROMOTION_BUCKET, Pointer, Runs};

use super::finding::Finding;

const SUBJECT: &str = "decision logs";
/// Decisions of a series that are read: the newest ones.
const DECISIONS_MAX: usize = 200;

/// Every series that has a pointer or a decision log.
pub async fn check(objects: &ObjectStore) -> Vec<Finding> {
    let (decisions, runs) = (Decisions::new(objects.clone()), Runs::new(objects.clone()));
    let identifiers = match objects.list_folders(PROMOTION_BUCKET).await {
        Ok(folders) => folders.into_iter().filter(|folder| is_identifier(folder)),
        Err(error) => return vec![Finding::broken(SUBJECT, error.to_string())],
    };
    let mut findings = Vec::new();
    for identifier in identifiers {
        findings.extend(check_series(&decisions, &runs, &identifier).await);
    }
    if findings.is_empty() {
        findings.push(Finding::warning(SUBJECT, "nothing was decided yet; train a model with flts run"));
    }
    findings
}

/// The finding about a series; none about a folder that holds neither pointer nor decisions.
async fn check_series(decisions: &Decisions, runs: &Runs, identifier: &str) -> Option<Finding> {
    let subject = format!("series {identifier}");
    let mut newest = match decisions.newest(identifier, DECISIONS_MAX).await {
        Ok(newest) => newest,
        Err(error) => return Some(Finding::broken(subject, error.to_string())),
    };
    newest.reverse();
    if let Some(missing) = first_gap(&newest) {
        let text = format!(
            "decision {missing} is missing from its log, or cannot be read; restore {PROMOTION_BUCKET}/{identifier}/history"
        );
        return Some(Finding::broken(subject, text));
    }
    let champion = Decision::champion(&newest);
    let pointer = match decisions.pointer(identifier, None).await {
        Ok(FetchedPointer::New { pointer, .. }) => Some(*pointer),
        Ok(FetchedPointer::Absent | FetchedPointer::Unchanged) if newest.is_empty() => return None,
        Ok(FetchedPointer::Absent | FetchedPointer::Unchanged) => None,
        Ok(FetchedPointer::Unreadable { reason }) if newest.is_empty() => {
            return Some(Finding::warning(subject, reason));
        }
        Ok(FetchedPointer::Unreadable { reason }) => return Some(Finding::broken(subject, reason)),
        Err(error) => return Some(Finding::broken(subject, error.to_string())),
    };
    if champion != pointer.as_ref() {
        let text = "the pointer is not what the log says; an evaluator mends it, or flts promotion set does";
        return Some(Finding::warning(subject, text));
    }
    Some(match pointer {
        Some(pointer) => check_model(runs, subject, &pointer).await,
        None => Finding::warning(subject, "nothing is promoted; flts promotion history says why"),
    })
}

/// The first number that is missing among the newest decisions, oldest first; a whole log has every number from 1.
fn first_gap(newest: &[Decision]) -> Option<u64> {
    let first = if newest.len() < DECISIONS_MAX { 1 } else { newest.first()?.seq };
    (first..).zip(newest).find(|(expected, decision)| decision.seq != *expected).map(|(expected, _)| expected)
}

async fn check_model(runs: &Runs, subject: String, pointer: &Pointer) -> Finding {
    let served = format!("generation {} serves {} {}", pointer.generation, pointer.model_type, pointer.run_id);
    match fetch_promoted(runs, pointer).await {
        Ok(_) => Finding::ok(subject, served),
        Err(error) => Finding::broken(
            subject,
            format!("{served}, which cannot be loaded: {error}; go back with flts promotion rollback"),
        ),
    }
}
