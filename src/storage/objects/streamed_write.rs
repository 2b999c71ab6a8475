//! Writes of any size with little memory: parts are sent as the bytes arrive, and nothing is visible before the end.

use std::sync::Arc;

use aws_sdk_s3::types::CompletedPart;
use bytes::{Bytes, BytesMut};

use super::error::{ObjectError, Subject};
use super::failure::Failure;
use super::store::ObjectStore;
use super::types::{Condition, Put};
use super::upload::{PART_BYTES, abort, begin, send_part};
use super::write::{LastRequest, Write};

/// A write whose bytes arrive one after another. Dropped before its end it leaves nothing behind.
///
/// It holds one part of the object, of 8 MiB; an object that fits into it is written by one request.
pub struct StreamedWrite {
    write: Arc<Write>,
    parts: Parts,
    buffer: BytesMut,
    written_bytes: u64,
}

/// The parts that the store has.
struct Parts {
    write: Arc<Write>,
    /// The upload that they belong to, until it has ended.
    upload_id: Option<String>,
    sent: Vec<CompletedPart>,
}

/// The most memory that a [`StreamedWrite`] takes: the part that is sent, and its bytes as the client of the store copies them.
pub const STREAMED_WRITE_BYTES: usize = 2 * PART_BYTES;

impl ObjectStore {
    /// Begins a write whose bytes are to come; the condition is looked at when they have.
    pub fn write_streamed(&self, bucket: &str, key: &str, condition: Condition<'_>) -> StreamedWrite {
        let write = Arc::new(Write {
            connection: self.connection.load_full(),
            runner: self.runner.clone(),
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            bytes: Bytes::new(),
            condition: condition.into(),
        });
        let parts = Parts { write: write.clone(), upload_id: None, sent: Vec::new() };
        StreamedWrite { write, parts, buffer: BytesMut::new(), written_bytes: 0 }
    }
}

impl StreamedWrite {
    /// Bytes that have arrived so far.
    pub fn written_bytes(&self) -> u64 {
        self.written_bytes
    }

    /// Takes further bytes; it returns when what is full was sent, so that a fast writer waits for a slow store.
    ///
    /// # Errors
    /// The store is away, or refuses.
    pub async fn push(&mut self, mut bytes: Bytes) -> Result<(), ObjectError> {
        self.written_bytes += bytes.len() as u64;
        while !bytes.is_empty() {
            // a part is sent only when more than that is there: an object of exactly one part takes one request
            if self.buffer.len() == PART_BYTES {
                let part = std::mem::take(&mut self.buffer).freeze();
                self.parts.send(part).await.map_err(|failure| self.about(failure))?;
            }
            let fits = bytes.len().min(PART_BYTES - self.buffer.len());
            self.buffer.extend_from_slice(&bytes.split_to(fits));
        }
        Ok(())
    }

    /// Ends the object and puts it in place if the condition holds.
    ///
    /// # Errors
    /// The store is away, or refuses. After an outage it is unknown whether the write happened.
    pub async fn finish(mut self) -> Result<Put, ObjectError> {
        let last = std::mem::take(&mut self.buffer).freeze();
        let end = match self.parts.upload_id.is_some() {
            true => self.parts.finish(last).await,
            false => self.write.with(last).run(&LastRequest::Put).await,
        };
        end.map_err(|failure| self.about(failure))
    }

    fn about(&self, failure: Failure) -> ObjectError {
        failure.about(Subject::object("write", &self.write.bucket, &self.write.key))
    }
}

impl Parts {
    async fn send(&mut self, part: Bytes) -> Result<(), Failure> {
        let upload_id = match &self.upload_id {
            Some(upload_id) => upload_id.clone(),
            None => self.upload_id.insert(begin(&self.write).await?).clone(),
        };
        let number = self.sent.len() as i32 + 1;
        self.sent.push(send_part(&self.write, &upload_id, number, part).await?);
        Ok(())
    }

    async fn finish(&mut self, last: Bytes) -> Result<Put, Failure> {
        self.send(last).await?;
        let upload_id = self.upload_id.clone().unwrap_or_default();
        match self.write.complete_upload(&upload_id, &self.sent).await {
            Ok(etag) => {
                self.upload_id = None;
                Ok(Put::Done { etag })
            }
            Err(failure) if self.write.is_condition_failure(&failure) => Ok(Put::Lost),
            Err(failure) => Err(failure),
        }
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        if let Some(upload_id) = self.upload_id.take() {
            let write = self.write.clone();
            self.write.runner.run_apart(async move { abort(&write, &upload_id).await });
        }
    }
}
