//! The log of batch inference: segments of JSON lines, each an object of its own that is created once and never written again.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;

use crate::forecast::sha256_hex;

use super::buckets::INFERENCE_LOG_BUCKET;
use super::error::StorageError;
use super::objects::{Condition, ObjectStore, Put};

/// The segments of one process.
#[derive(Clone)]
pub struct InferenceLog {
    objects: ObjectStore,
    node: String,
    /// By identifier: segments that are there. It outlives whoever writes them.
    there: Arc<Mutex<BTreeMap<String, u64>>>,
}

impl InferenceLog {
    /// Segments that carry the name of this node and of this start of it.
    pub fn new(objects: ObjectStore, node: String) -> Self {
        Self { objects, node, there: Arc::default() }
    }

    /// Creates the next segment of an identifier and answers with its key; `day` is `YYYYMMDD` in UTC. One writer at a time.
    ///
    /// After an outage nobody knows whether the segment is there: the same call with the same lines finds out, one with other
    /// lines passes it over. So numbers are dense, whatever happens.
    pub async fn append(&self, identifier: &str, day: &str, lines: Bytes) -> Result<String, StorageError> {
        loop {
            let seq = self.there(|there| there.get(identifier).copied().unwrap_or_default()) + 1;
            let key = format!("{identifier}/{day}/{}-{seq:06}.jsonl", self.node);
            let is_ours = match self.objects.put(INFERENCE_LOG_BUCKET, &key, lines.clone(), Condition::IfAbsent).await?
            {
                Put::Done { .. } => true,
                Put::Lost => {
                    let there = self.objects.get(INFERENCE_LOG_BUCKET, &key).await?;
                    there.is_some_and(|object| object.bytes == lines)
                }
            };
            self.there(|there| there.insert(identifier.to_owned(), seq));
            if is_ours {
                return Ok(key);
            }
        }
    }

    fn there<T>(&self, look: impl FnOnce(&mut BTreeMap<String, u64>) -> T) -> T {
        look(&mut self.there.lock())
    }
}

/// A name for one start of a process: its host, and what no other start has.
pub fn node_name(host: &str) -> String {
    let started = format!("{host}:{}:{:?}", std::process::id(), std::time::SystemTime::now());
    let safe = |character: char| if character.is_ascii_alphanumeric() { character } else { '-' };
    let host: String = host.chars().take(40).map(safe).collect();
    format!("{host}-{}", &sha256_hex(started.as_bytes())[..8])
}
