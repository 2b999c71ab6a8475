//! A body on its way from a connection to the disk, in pieces that bound its memory.

use futures::StreamExt;
use hyper::header::HeaderMap;
use s3s::dto::StreamingBlob;
use s3s::{S3Result, TrailingHeaders, s3_error};

use crate::embedded::store::backend::internal;
use crate::embedded::store::body::{Arrived, Arriving};
use crate::embedded::store::checksums;
use crate::embedded::store::checksums::{Checksums, Hasher};

use super::answer::count;
use super::operations::Service;

/// So many bytes are gathered before they are written.
const PIECE_BYTES: usize = 256 * 1024;

/// What a client claims about the body it sends.
pub(super) struct Claims {
    pub headers: HeaderMap,
    pub trailers: Option<TrailingHeaders>,
    pub length: Option<i64>,
    pub md5: Option<String>,
}

impl Service {
    /// Takes the whole body in, refusing one that ends early or is not what its client claims.
    pub(super) async fn receive(&self, body: Option<StreamingBlob>, claims: &Claims) -> S3Result<Arrived> {
        let hasher = Hasher::for_request(&claims.headers);
        let begin = self.on_files(|backend| Arriving::begin(&backend.layout, &backend.disk, hasher).map_err(internal));
        let mut arriving = begin.await?;
        let mut piece = Vec::new();
        if let Some(mut body) = body {
            while let Some(bytes) = body.next().await {
                let bytes =
                    bytes.map_err(|error| s3_error!(IncompleteBody, "the body did not arrive whole: {error}"))?;
                piece.extend_from_slice(&bytes);
                if piece.len() >= PIECE_BYTES {
                    (arriving, piece) = self.write(arriving, piece).await?;
                }
            }
        }
        let (arriving, _) = self.write(arriving, piece).await?;
        let arrived = arriving.end();
        if claims.length.is_some_and(|length| length != count(arrived.size)) {
            return Err(s3_error!(IncompleteBody, "the body has another length than announced"));
        }
        checksums::check_md5(claims.md5.as_deref(), &arrived.md5)?;
        arrived.checksums.check(&Checksums::claimed(&claims.headers, claims.trailers.as_ref()))?;
        Ok(arrived)
    }

    /// Writes a piece and gives its memory back.
    async fn write(&self, mut arriving: Arriving, mut piece: Vec<u8>) -> S3Result<(Arriving, Vec<u8>)> {
        let written = self.on_files(move |_| {
            if !piece.is_empty() {
                arriving.take(&piece).map_err(internal)?;
                fail::fail_point!("store-piece-written");
            }
            piece.clear();
            Ok((arriving, piece))
        });
        written.await
    }
}
