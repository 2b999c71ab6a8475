//! The names of objects in the bucket of decision logs and pointers.

use crate::forecast::is_identifier;

/// Where the original program put the pointer of the series `default`, beside `<identifier>/current.json`.
pub(super) const ORIGINAL_POINTER_KEYS: [&str; 2] = ["current.json", "global/current.json"];

/// The number of an entry of the log of `identifier`, if it has a name that FLTS gives.
pub(super) fn numbered(identifier: &str, key: &str) -> Option<u64> {
    let name = key.strip_prefix(identifier)?.strip_prefix("/history/")?;
    let seq = name.strip_suffix(".json")?.parse().ok()?;
    (decision_key(identifier, seq) == key).then_some(seq)
}

/// Whether a key is that of a pointer, of this program or of the original one.
pub(super) fn is_pointer_key(key: &str) -> bool {
    let identifier = key.strip_suffix("/current.json");
    identifier.is_some_and(is_identifier) || ORIGINAL_POINTER_KEYS.contains(&key)
}

/// Whether a key is that of a decision or of a pointer.
pub(in crate::storage) fn is_promotion_key(key: &str) -> bool {
    is_pointer_key(key) || is_decision_key(key)
}

/// Whether a key is that of a decision.
pub(in crate::storage) fn is_decision_key(key: &str) -> bool {
    let of_log = key.split_once("/history/").filter(|(identifier, _)| is_identifier(identifier));
    of_log.is_some_and(|(identifier, _)| numbered(identifier, key).is_some())
}

pub(super) fn decision_key(identifier: &str, seq: u64) -> String {
    format!("{identifier}/history/{seq:08}.json")
}

pub(super) fn pointer_key(identifier: &str) -> String {
    format!("{identifier}/current.json")
}

pub(super) fn history_prefix(identifier: &str) -> String {
    format!("{identifier}/history/")
}
