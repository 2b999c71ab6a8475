//! Whether a record is whole, and of a version that this program knows.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::limits::STORED_RECORD;
use crate::storage::buckets::{MLFLOW_BUCKET, PROCESSED_BUCKET, PROMOTION_BUCKET};
use crate::storage::dataset_record::DatasetRecord;
use crate::storage::objects::{ObjectError, ObjectStore};
use crate::storage::promotion::{DECISION_VERSION, Decision};
use crate::storage::records::Checked;
use crate::storage::runs::RunRecord;
use crate::storage::{datasets, leases, runs};

/// The kinds of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// The record of a data set.
    Dataset,
    /// The record of a run.
    Run,
    /// A decision.
    Decision,
    /// A lease.
    Lease,
}

/// What a record is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RecordState {
    /// It can be used, or is gone.
    Sound,
    /// A newer program wrote it: this version.
    Newer(u64),
    /// It cannot be used.
    Damaged(String),
}

impl RecordKind {
    /// The bucket of the records.
    pub fn bucket(self) -> &'static str {
        match self {
            RecordKind::Dataset => PROCESSED_BUCKET,
            RecordKind::Run | RecordKind::Lease => MLFLOW_BUCKET,
            RecordKind::Decision => PROMOTION_BUCKET,
        }
    }

    /// The newest version that this program knows.
    pub fn known_version(self) -> u32 {
        match self {
            RecordKind::Dataset => datasets::VERSION,
            RecordKind::Run => runs::VERSION,
            RecordKind::Decision => DECISION_VERSION,
            RecordKind::Lease => leases::VERSION,
        }
    }
}

/// Reads a record, and says what it is.
pub(super) async fn examine(objects: &ObjectStore, kind: RecordKind, key: &str) -> Result<RecordState, ObjectError> {
    let object = match objects.read(kind.bucket(), key, STORED_RECORD).await {
        Err(ObjectError::OverLimit { exceeded, .. }) => return Ok(RecordState::Damaged(exceeded.to_string())),
        read => read?,
    };
    Ok(object.map_or(RecordState::Sound, |object| state_of(kind, &object.bytes)))
}

fn state_of(kind: RecordKind, bytes: &[u8]) -> RecordState {
    let version = serde_json::from_slice::<Value>(bytes).ok().and_then(|record| record["v"].as_u64());
    // whatever else a newer version has changed
    if let Some(version) = version.filter(|version| *version > u64::from(kind.known_version())) {
        return RecordState::Newer(version);
    }
    let checked = match kind {
        RecordKind::Dataset => checked::<DatasetRecord>(bytes),
        RecordKind::Run => checked::<RunRecord>(bytes),
        RecordKind::Decision => checked::<Decision>(bytes),
        RecordKind::Lease => leases::parse(bytes).map(drop).ok_or_else(|| "it is no lease".into()),
    };
    checked.map_or_else(RecordState::Damaged, |()| RecordState::Sound)
}

fn checked<T: DeserializeOwned + Checked>(bytes: &[u8]) -> Result<(), String> {
    serde_json::from_slice::<T>(bytes).map_err(|error| error.to_string())?.check()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_record_is_told_from_a_damaged_one() {
        let state = |kind, text: &str| state_of(kind, text.as_bytes());
        assert_eq!(state(RecordKind::Run, r#"{"v": 2, "another": "form"}"#), RecordState::Newer(2));
        assert!(matches!(state(RecordKind::Run, r#"{"v": 1}"#), RecordState::Damaged(why) if why.contains("missing")));
        assert!(matches!(state(RecordKind::Decision, "{"), RecordState::Damaged(_)));
        assert_eq!(state(RecordKind::Lease, "[]"), RecordState::Damaged("it is no lease".into()));
    }
}
