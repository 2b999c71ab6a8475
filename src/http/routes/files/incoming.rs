//! A file that arrives, bounded in size.

use bytes::Bytes;

use crate::http::server::ApiError;
use crate::limits::Limit;
use crate::storage::{Put, StorageError, StreamedWrite};

/// A file that arrives.
pub struct Incoming {
    write: StreamedWrite,
    limit: Limit,
}

impl Incoming {
    /// A file of at most `limit` bytes, of which nothing has arrived.
    pub fn new(write: StreamedWrite, limit: Limit) -> Self {
        Self { write, limit }
    }

    /// The largest file that is taken in.
    pub fn limit(&self) -> Limit {
        self.limit
    }

    /// Takes further bytes of the file.
    ///
    /// # Errors
    /// 413 where the file is too large; an error of the store.
    pub async fn push(&mut self, bytes: Bytes) -> Result<(), ApiError> {
        let size = self.write.written_bytes() + bytes.len() as u64;
        self.limit.check(size).map_err(ApiError::body_too_large)?;
        self.write.push(bytes).await.map_err(|error| StorageError::from(error).into())
    }

    /// Bytes of the file that have arrived.
    pub fn size_bytes(&self) -> u64 {
        self.write.written_bytes()
    }

    /// Puts the file in place, if the condition of its writer holds.
    ///
    /// # Errors
    /// An error of the store.
    pub async fn finish(self) -> Result<Put, ApiError> {
        self.write.finish().await.map_err(|error| StorageError::from(error).into())
    }
}
