//! Damaged runs, data sets, decisions and leases.

use crate::storage::{RecordKind, Survey};

use super::finding::Finding;

const SUBJECT: &str = "records";

/// Every record that cannot be used, and what to do about it.
pub fn check(survey: &Survey) -> Vec<Finding> {
    let damaged = survey.damaged.iter().map(|(kind, name, reason)| {
        let text = format!("{name} cannot be used: {reason}; {}", what_to_do(*kind));
        match kind {
            // it is replaced by who takes the lease
            RecordKind::Lease => Finding::warning(subject(*kind), text),
            RecordKind::Dataset | RecordKind::Run | RecordKind::Decision => Finding::broken(subject(*kind), text),
        }
    });
    let mut findings: Vec<Finding> = damaged.collect();
    if findings.is_empty() {
        let more = if survey.is_partial { "; there are more than are read here" } else { "" };
        findings.push(Finding::ok(SUBJECT, format!("{} can be read{more}", survey.examined)));
    }
    findings
}

/// What a record is of.
fn subject(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Dataset => "data set",
        RecordKind::Run => "run",
        RecordKind::Decision => "decision",
        RecordKind::Lease => "lease",
    }
}

fn what_to_do(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Dataset => "restore it from a backup, or remove it and prepare the data set again",
        RecordKind::Run => "restore it from a backup, or remove it: the model is then trained again",
        RecordKind::Decision => "restore it from a backup",
        RecordKind::Lease => "a trainer replaces it",
    }
}
