//! The log of batch inference: segments of JSON lines, each an object that is created once and never overwritten.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;

use crate::forecast::{is_identifier, sha256_hex};
use crate::limits::LOG_SEGMENT;

use super::buckets::INFERENCE_LOG_BUCKET;
use super::error::StorageError;
use super::objects::{Condition, ObjectStore, Put};

/// The log segments of one process.
#[derive(Clone)]
pub struct InferenceLog {
    objects: ObjectStore,
    node: String,
    /// By identifier: the number of segments that are stored. It survives a restart of the actor that writes them.
    segments: Arc<Mutex<BTreeMap<String, u64>>>,
}

impl InferenceLog {
    /// A log whose segments carry `node`, a name that no other start of a process has.
    pub fn new(objects: ObjectStore, node: String) -> Self {
        Self { objects, node, segments: Arc::default() }
    }

    /// Creates the next segment of an identifier and answers with its key; `day` is `YYYYMMDD` in UTC. One writer at a time.
    ///
    /// After an outage it is unknown whether the segment is stored: a call with the same lines finds out, and a call with other lines
    /// takes the next number. So numbers have no gaps.
    pub async fn append(&self, identifier: &str, day: &str, lines: Bytes) -> Result<String, StorageError> {
        loop {
            let seq = self.segments(|segments| segments.get(identifier).copied().unwrap_or_default()) + 1;
            let key = format!("{identifier}/{day}/{}-{seq:06}.jsonl", self.node);
            let is_ours = match self.objects.put(INFERENCE_LOG_BUCKET, &key, lines.clone(), Condition::IfAbsent).await?
            {
                Put::Done { .. } => true,
                Put::Lost => {
                    let stored = self.objects.read(INFERENCE_LOG_BUCKET, &key, LOG_SEGMENT).await?;
                    stored.is_some_and(|object| object.bytes == lines)
                }
            };
            self.segments(|segments| segments.insert(identifier.to_owned(), seq));
            if is_ours {
                return Ok(key);
            }
        }
    }

    fn segments<T>(&self, access: impl FnOnce(&mut BTreeMap<String, u64>) -> T) -> T {
        access(&mut self.segments.lock())
    }
}

/// Whether a key is that of a segment.
pub(super) fn is_segment_key(key: &str) -> bool {
    let parts: Vec<&str> = key.split('/').collect();
    let &[identifier, day, file] = parts.as_slice() else { return false };
    let is_day = day.len() == 8 && day.bytes().all(|byte| byte.is_ascii_digit());
    is_identifier(identifier) && is_day && file.strip_suffix(".jsonl").is_some_and(|name| !name.is_empty())
}

/// A name for one start of a process: its host, and a suffix that no other start has.
pub fn node_name(host: &str) -> String {
    let started = format!("{host}:{}:{:?}", std::process::id(), std::time::SystemTime::now());
    let safe = |character: char| if character.is_ascii_alphanumeric() { character } else { '-' };
    let host: String = host.chars().take(40).map(safe).collect();
    format!("{host}-{}", &sha256_hex(started.as_bytes())[..8])
}
