//! Damaged objects of ours: readiness names each until it can be read, was replaced, or is gone.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;

use crate::runtime::Damage;

use super::objects::{ObjectError, ObjectStore, PassedOver};

/// Damaged objects that are looked at again; of further ones no replacement is noticed before they are read.
const LOOKED_AT_MAX: usize = 32;

/// The damaged objects that a client has seen; clones are one.
#[derive(Clone, Debug, Default)]
pub(in crate::storage) struct DamagedObjects {
    damage: Arc<OnceLock<Damage>>,
    /// By bucket and key or prefix: the versions when it was looked at last; none before.
    seen: Arc<Mutex<BTreeMap<(String, String), Option<String>>>>,
}

impl DamagedObjects {
    pub(super) fn found(&self, bucket: &str, key: &str, reason: &str) {
        self.seen.lock().insert((bucket.to_owned(), key.to_owned()), None);
        let Some(damage) = self.damage.get() else { return };
        let name = name(bucket, key);
        match reason.contains(&name) {
            true => damage.found(&name, format_args!("damaged: {reason}")),
            false => damage.found(&name, format_args!("damaged: {name}: {reason}")),
        }
    }

    fn remove(&self, bucket: &str, key: &str) -> bool {
        let is_known = self.seen.lock().remove(&(bucket.to_owned(), key.to_owned())).is_some();
        if let Some(damage) = self.damage.get().filter(|_| is_known) {
            damage.mended(&name(bucket, key));
        }
        is_known
    }
}

impl ObjectStore {
    /// Reports every damaged object of every clone to `damage` from now on.
    pub fn report_damage_to(&self, damage: Damage) {
        let _ = self.damaged.damage.set(damage);
    }

    /// Notes that an object can be used, or is gone.
    pub(super) fn is_whole(&self, bucket: &str, key: &str) {
        if self.damaged.remove(bucket, key) {
            // if it is damaged again, that is told again
            self.passed_over.lock().remove(&format!("{} {}", PassedOver::Damaged.as_str(), name(bucket, key)));
        }
    }

    /// Looks whether damaged objects were replaced or removed since the last look.
    ///
    /// # Errors
    /// The store is away or refuses.
    pub async fn look_at_damaged(&self) -> Result<(), ObjectError> {
        let seen: Vec<_> = self.damaged.seen.lock().clone().into_iter().take(LOOKED_AT_MAX).collect();
        for ((bucket, key), before) in seen {
            let entries = self.list(&bucket, &key).await?;
            let versions: String = entries.iter().map(|entry| format!("{} {}\n", entry.key, entry.etag)).collect();
            let is_changed = before.is_some_and(|before| before != versions);
            if versions.is_empty() || is_changed {
                self.is_whole(&bucket, &key);
            } else if let Some(seen) = self.damaged.seen.lock().get_mut(&(bucket, key)) {
                *seen = Some(versions);
            }
        }
        Ok(())
    }
}

fn name(bucket: &str, key: &str) -> String {
    format!("{bucket}/{key}")
}
