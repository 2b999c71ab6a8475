//! Objects that a listing passes over: each is named in the log once, and counted.

use super::objects::{ObjectStore, PassedOver};

/// Names that are remembered; further ones are counted, and no longer logged.
const NAMES_MAX: usize = 10_000;

impl ObjectStore {
    /// Notes that a listing passes over an object; the first time of each is logged and counted.
    pub fn pass_over(&self, bucket: &str, key: &str, why: PassedOver, reason: impl std::fmt::Display) {
        let name = format!("{bucket}/{key}");
        {
            let mut names = self.passed_over.lock();
            if names.len() >= NAMES_MAX || !names.insert(format!("{} {name}", why.as_str())) {
                return;
            }
        }
        if why == PassedOver::Damaged {
            self.damaged.found(bucket, key, &reason.to_string());
        }
        tracing::warn!(event = "object_passed_over", service = "store", object = name, kind = why.as_str(), %reason);
        self.runner.passed_over(why);
    }

    /// Notes that a listing passes over an object that FLTS did not name.
    pub fn pass_over_foreign(&self, bucket: &str, key: &str) {
        self.pass_over(bucket, key, PassedOver::Foreign, "flts gives no such name here; move it elsewhere");
    }
}
