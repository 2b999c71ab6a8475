//! The pointer: `current.json` follows the log by compare-and-set, and any process may repeat that after a crash.

use crate::limits::STORED_RECORD;
use crate::storage::buckets::PROMOTION_BUCKET;
use crate::storage::error::StorageError;
use crate::storage::objects::{Condition, Fetched, ObjectError, Put};
use crate::storage::records::read_replaceable;

use super::decisions::Decisions;
use super::log::FetchedPointer;
use super::names::{ORIGINAL_POINTER_KEYS, pointer_key};
use super::pointer::Pointer;

impl Decisions {
    /// Makes `current.json` say what the log says, and answers with its content.
    pub async fn project(&self, identifier: &str) -> Result<Option<Pointer>, StorageError> {
        // every entry repeats the pointer, refusals included
        let newest = self.newest(identifier, 1).await?.pop();
        let Some(wanted) = newest.and_then(|decision| decision.pointer) else { return Ok(None) };
        let key = pointer_key(identifier);
        loop {
            let current = read_replaceable(&self.objects, PROMOTION_BUCKET, &key).await?;
            // a pointer of a later decision stays; one that cannot be read, or that is not in the log, is replaced
            let bytes = current.as_ref().and_then(|object| object.bytes.as_ref().ok());
            let known = bytes.and_then(|bytes| Pointer::parse(bytes).ok());
            if let Some(known) = known.filter(|known| known.seq > wanted.seq || *known == wanted) {
                return Ok(Some(known));
            }
            let condition = match &current {
                Some(object) => Condition::IfMatch(&object.etag),
                None => Condition::IfAbsent,
            };
            match self.objects.put(PROMOTION_BUCKET, &key, wanted.to_json().into(), condition).await? {
                Put::Done { .. } => {
                    fail::fail_point!("pointer-written");
                    return Ok(Some(wanted));
                }
                Put::Lost => continue,
            }
        }
    }

    /// The pointer, unless its version is still `etag`.
    pub async fn pointer(&self, identifier: &str, etag: Option<&str>) -> Result<FetchedPointer, StorageError> {
        let key = pointer_key(identifier);
        let fetched = match self.objects.read_if_changed(PROMOTION_BUCKET, &key, etag, STORED_RECORD).await {
            Err(ObjectError::OverLimit { exceeded, .. }) => {
                return Ok(FetchedPointer::Unreadable { reason: format!("{PROMOTION_BUCKET}/{key}: {exceeded}") });
            }
            fetched => fetched?,
        };
        Ok(match fetched {
            Fetched::Unchanged => FetchedPointer::Unchanged,
            Fetched::Absent => self.pointer_of_the_original(identifier).await?,
            Fetched::New(object) => match Pointer::parse(&object.bytes) {
                Ok(pointer) => FetchedPointer::New { pointer: Box::new(pointer), etag: object.etag },
                Err(reason) => FetchedPointer::Unreadable { reason },
            },
        })
    }

    /// Looks where only the original program kept its pointers; such a pointer is reported and never served.
    async fn pointer_of_the_original(&self, identifier: &str) -> Result<FetchedPointer, StorageError> {
        for key in ORIGINAL_POINTER_KEYS.iter().filter(|_| identifier == "default") {
            if let Some(object) = self.objects.read(PROMOTION_BUCKET, key, STORED_RECORD).await? {
                return Ok(FetchedPointer::Unreadable { reason: Pointer::why_not_loadable(&object.bytes) });
            }
        }
        Ok(FetchedPointer::Absent)
    }
}
