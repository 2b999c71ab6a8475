//! The clock of the store and that of this machine.

use chrono::TimeDelta;

use crate::storage::{ObjectStore, PROCESSED_BUCKET};

use super::finding::Finding;

const SUBJECT: &str = "clocks";
/// Nothing is decided by clocks, but people compare the times in logs and records.
const WARNED: TimeDelta = TimeDelta::seconds(10);
/// S3 refuses requests whose signature is older or newer.
const REFUSED: TimeDelta = TimeDelta::minutes(15);

/// How far the clock of the store is from that of this machine.
pub async fn check(objects: &ObjectStore) -> Vec<Finding> {
    let Some(ahead) = objects.clock_ahead(PROCESSED_BUCKET).await else {
        return vec![Finding::warning(SUBJECT, "the object store does not tell its time")];
    };
    let way = if ahead < TimeDelta::zero() { "behind" } else { "ahead of" };
    let text = format!("the clock of the object store is {} s {way} that of this machine", ahead.num_seconds().abs());
    let what_to_do = "set the clock of the machine that is wrong, by NTP";
    vec![match ahead.abs() {
        distance if distance >= REFUSED => {
            Finding::broken(SUBJECT, format!("{text}: signed requests are refused; {what_to_do}"))
        }
        distance if distance >= WARNED => Finding::warning(SUBJECT, format!("{text}; {what_to_do}")),
        _ => Finding::ok(SUBJECT, "the object store and this machine agree within seconds"),
    }]
}
