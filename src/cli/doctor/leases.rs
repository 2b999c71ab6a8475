//! Leases that no owner renews: the owners are dead, or were halted.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::storage::{HeldLease, ObjectStore, held_leases};

use super::finding::Finding;

const SUBJECT: &str = "leases";
/// Leases that are looked at.
const LEASES_MAX: usize = 1_000;
/// How long is waited for renewals at most.
const PATIENCE: Duration = Duration::from_secs(10);
/// How late a renewal may come.
const SLACK: Duration = Duration::from_millis(500);

/// Looks at the leases that have an owner, waits for their renewals, and looks again.
pub async fn check(objects: &ObjectStore) -> Vec<Finding> {
    let before = match held_leases(objects, LEASES_MAX).await {
        Ok(held) if held.is_empty() => return vec![Finding::ok(SUBJECT, "no training is at work")],
        Ok(held) => held,
        Err(error) => return vec![Finding::broken(SUBJECT, error.to_string())],
    };
    let renewal = before.iter().map(|lease| lease.record.period()).max().unwrap_or_default();
    let waited = (renewal + SLACK).min(PATIENCE);
    tokio::time::sleep(waited).await;
    let after = match held_leases(objects, LEASES_MAX).await {
        Ok(held) => held,
        Err(error) => return vec![Finding::broken(SUBJECT, error.to_string())],
    };
    let unchanged = unchanged(before, &after);
    let (silent, untold): (Vec<_>, Vec<_>) =
        unchanged.into_iter().partition(|lease| lease.record.period() + SLACK <= waited);
    let mut findings: Vec<Finding> = silent.iter().map(|lease| silent_owner(lease, waited)).collect();
    if findings.is_empty() {
        let renewed = after.len().saturating_sub(untold.len());
        let untold = match untold.len() {
            0 => String::new(),
            untold => format!("; {untold} more are renewed too seldom to be watched"),
        };
        findings.push(Finding::ok(SUBJECT, format!("{renewed} training(s) at work{untold}")));
    }
    findings
}

/// The leases that are what they were.
fn unchanged(before: Vec<HeldLease>, after: &[HeldLease]) -> Vec<HeldLease> {
    let versions: BTreeMap<&str, &str> = after.iter().map(|lease| (lease.key.as_str(), lease.etag.as_str())).collect();
    before.into_iter().filter(|lease| versions.get(lease.key.as_str()) == Some(&lease.etag.as_str())).collect()
}

fn silent_owner(lease: &HeldLease, waited: Duration) -> Finding {
    let node = lease.record.holder.as_ref().map_or("nobody", |holder| holder.node.as_str());
    let text = format!(
        "{} is held by {node} since {} and was not renewed for {:.1} s: its owner is dead or halted; a trainer takes it over {} s after it \
         has seen it, start one if none runs",
        lease.key,
        lease.record.written_at,
        waited.as_secs_f64(),
        lease.record.ttl().as_secs_f64()
    );
    Finding::warning(SUBJECT, text)
}
