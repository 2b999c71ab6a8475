//! Receives a body from a connection into a temporary file, in pieces that bound its memory.

use futures::StreamExt;
use hyper::header::HeaderMap;
use s3s::dto::StreamingBlob;
use s3s::{S3Result, TrailingHeaders, s3_error};

use crate::embedded::store::backend::internal;
use crate::embedded::store::body::{IncomingBody, ReceivedBody};
use crate::embedded::store::checksums;
use crate::embedded::store::checksums::{Checksums, Hasher};

use super::operations::Service;
use super::values::count;

/// Bytes are written in pieces of at least this size.
const PIECE_BYTES: usize = 256 * 1024;

/// The length and checksums of a body that its client sent with it.
pub(super) struct DeclaredBody {
    pub headers: HeaderMap,
    pub trailers: Option<TrailingHeaders>,
    pub length: Option<i64>,
    pub md5: Option<String>,
}

impl Service {
    /// Receives the whole body; refuses one that ends early or differs from what was declared.
    pub(super) async fn receive(&self, body: Option<StreamingBlob>, declared: &DeclaredBody) -> S3Result<ReceivedBody> {
        let hasher = Hasher::for_request(&declared.headers);
        let begin =
            self.run_blocking(|backend| IncomingBody::begin(&backend.layout, &backend.disk, hasher).map_err(internal));
        let mut incoming = begin.await?;
        let mut piece = Vec::new();
        if let Some(mut body) = body {
            while let Some(bytes) = body.next().await {
                let bytes =
                    bytes.map_err(|error| s3_error!(IncompleteBody, "the body did not arrive whole: {error}"))?;
                piece.extend_from_slice(&bytes);
                if piece.len() >= PIECE_BYTES {
                    (incoming, piece) = self.write(incoming, piece).await?;
                }
            }
        }
        let (incoming, _) = self.write(incoming, piece).await?;
        let received = incoming.finish();
        if declared.length.is_some_and(|length| length != count(received.size)) {
            return Err(s3_error!(IncompleteBody, "the body has another length than announced"));
        }
        checksums::check_md5(declared.md5.as_deref(), &received.md5)?;
        received.checksums.check(&Checksums::claimed(&declared.headers, declared.trailers.as_ref()))?;
        Ok(received)
    }

    /// Writes a piece, and gives back its emptied buffer.
    async fn write(&self, mut incoming: IncomingBody, mut piece: Vec<u8>) -> S3Result<(IncomingBody, Vec<u8>)> {
        let written = self.run_blocking(move |_| {
            if !piece.is_empty() {
                incoming.append(&piece).map_err(internal)?;
                fail::fail_point!("store-piece-written");
            }
            piece.clear();
            Ok((incoming, piece))
        });
        written.await
    }
}
