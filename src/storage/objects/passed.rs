//! What listings have passed over, and what of it is damaged: readiness names that until it can be read, was replaced, or is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;

use crate::runtime::Damage;

use super::observer::PassedOver;

/// Names that are remembered; further ones are not told.
const NAMES_MAX: usize = 10_000;

/// The objects that the listings of a client have passed over; clones are one.
#[derive(Clone, Debug, Default)]
pub(in crate::storage) struct PassedObjects {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    names: Mutex<BTreeSet<String>>,
    damaged: Mutex<BTreeMap<DamagedObject, Option<Versions>>>,
    damage: OnceLock<Damage>,
}

/// A damaged object, or the folder of a damaged artifact.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::storage) struct DamagedObject {
    pub bucket: String,
    pub key: String,
}

/// Keys and ETags of what was there at a look.
pub(in crate::storage) type Versions = Vec<(String, String)>;

impl PassedObjects {
    pub(super) fn report_to(&self, damage: Damage) {
        // a second one is ignored
        let _ = self.shared.damage.set(damage);
    }

    /// Notes an object; false if it was noted before.
    pub(in crate::storage) fn note(&self, bucket: &str, key: &str, why: PassedOver, reason: &str) -> bool {
        let object = DamagedObject { bucket: bucket.to_owned(), key: key.to_owned() };
        {
            let mut names = self.shared.names.lock();
            if names.len() >= NAMES_MAX || !names.insert(object.noted(why)) {
                return false;
            }
        }
        if why == PassedOver::Damaged {
            if let Some(damage) = self.shared.damage.get() {
                damage.found(&object.name(), object.told(reason));
            }
            self.shared.damaged.lock().insert(object, None);
        }
        true
    }

    /// Notes that an object can be used, or is gone: if it is damaged again, that is told again.
    pub(in crate::storage) fn is_whole(&self, bucket: &str, key: &str) {
        let object = {
            let mut damaged = self.shared.damaged.lock();
            if damaged.is_empty() {
                return;
            }
            let object = DamagedObject { bucket: bucket.to_owned(), key: key.to_owned() };
            if damaged.remove(&object).is_none() {
                return;
            }
            object
        };
        self.shared.names.lock().remove(&object.noted(PassedOver::Damaged));
        if let Some(damage) = self.shared.damage.get() {
            damage.mended(&object.name());
        }
    }

    /// Damaged objects, at most so many.
    pub(in crate::storage) fn damaged(&self, at_most: usize) -> Vec<DamagedObject> {
        self.shared.damaged.lock().keys().take(at_most).cloned().collect()
    }

    /// Notes what is there of a damaged object now; other versions than at the last look mean that it was replaced.
    pub(in crate::storage) fn look(&self, object: &DamagedObject, versions: Versions) {
        let is_replaced = match self.shared.damaged.lock().get_mut(object) {
            Some(Some(before)) => *before != versions,
            Some(unseen) => {
                let is_gone = versions.is_empty();
                *unseen = Some(versions);
                is_gone
            }
            None => false,
        };
        if is_replaced {
            self.is_whole(&object.bucket, &object.key);
        }
    }
}

impl DamagedObject {
    fn name(&self) -> String {
        format!("{}/{}", self.bucket, self.key)
    }

    fn noted(&self, why: PassedOver) -> String {
        format!("{} {}", why.as_str(), self.name())
    }

    fn told(&self, reason: &str) -> String {
        let name = self.name();
        match reason.contains(&name) {
            true => format!("damaged: {reason}"),
            false => format!("damaged: {name}: {reason}"),
        }
    }
}
