//! Decision log, pointer and model of each series.

use crate::actors::fetch_promoted;
use crate::storage::{Decision, Decisions, FetchedPointer, ObjectStore, Pointer, Runs};

use super::finding::Finding;

/// Every series that has a decision log.
pub async fn check(objects: &ObjectStore) -> Vec<Finding> {
    let (decisions, runs) = (Decisions::new(objects.clone()), Runs::new(objects.clone()));
    let identifiers = match decisions.identifiers().await {
        Ok(identifiers) => identifiers,
        Err(error) => return vec![Finding::broken("decision logs", error.to_string())],
    };
    if identifiers.is_empty() {
        return vec![Finding::warning("decision logs", "nothing was decided yet; train a model with flts run")];
    }
    let mut findings = Vec::new();
    for identifier in &identifiers {
        findings.push(check_series(&decisions, &runs, identifier).await);
    }
    findings
}

async fn check_series(decisions: &Decisions, runs: &Runs, identifier: &str) -> Finding {
    let subject = format!("series {identifier}");
    let history = match decisions.history(identifier).await {
        Ok(history) => history,
        Err(error) => return Finding::broken(subject, error.to_string()),
    };
    if let Some(missing) = first_gap(&history) {
        let text = format!("decision {missing} is missing from its log; restore model-promotion/{identifier}/history");
        return Finding::broken(subject, text);
    }
    let champion = Decision::champion(&history);
    let pointer = match decisions.pointer(identifier, None).await {
        Ok(FetchedPointer::New { pointer, .. }) => Some(*pointer),
        Ok(FetchedPointer::Absent | FetchedPointer::Unchanged) => None,
        Ok(FetchedPointer::Unreadable { reason }) => return Finding::broken(subject, reason),
        Err(error) => return Finding::broken(subject, error.to_string()),
    };
    if champion != pointer.as_ref() {
        let text = "the pointer is not what the log says; an evaluator mends it, or flts promotion set does";
        return Finding::warning(subject, text);
    }
    match pointer {
        Some(pointer) => check_model(runs, subject, &pointer).await,
        None => Finding::warning(subject, "nothing is promoted; flts promotion history says why"),
    }
}

/// The first number that the log lacks, which has every number from 1.
fn first_gap(history: &[Decision]) -> Option<u64> {
    (1..).zip(history).find(|(expected, decision)| decision.seq != *expected).map(|(expected, _)| expected)
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
