//! Checks the body of a request that deletes many objects: the protocol layer parses it without checking the checksums.
//!
//! The body is checked as the protocol layer reads it, which is after the signature was checked. Nothing is kept here.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use hyper::{HeaderMap, Method};
use parking_lot::Mutex;
use s3s::crypto::{Checksum, Md5};
use s3s::service::S3Service;
use s3s::{Body, HttpError, HttpRequest, HttpResponse, S3Error, S3Result, StdError, s3_error};

use crate::embedded::store::checksums;
use crate::embedded::store::checksums::{Checksums, Hasher};
use crate::limits;

/// Answers a request; a list of deletions whose checksum is wrong deletes nothing.
pub(super) async fn answer(service: &S3Service, request: HttpRequest) -> Result<HttpResponse, HttpError> {
    if !deletes_objects(&request) {
        return service.call(request).await;
    }
    let refusal = Refusal::default();
    let (parts, body) = request.into_parts();
    let checked = CheckedBody::new(body, &parts.headers, refusal.clone());
    let answer = service.call(HttpRequest::from_parts(parts, Body::http_body_unsync(checked))).await;
    match refusal.0.lock().take() {
        Some(error) => error.to_http_response().map_err(|error| HttpError::new(Box::new(error))),
        None => answer,
    }
}

fn deletes_objects(request: &HttpRequest) -> bool {
    let mut names = request.uri().query().unwrap_or_default().split('&').map(|pair| pair.split('=').next());
    request.method() == Method::POST && names.any(|name| name == Some("delete"))
}

/// Why the body was refused: the protocol layer answers every failure of a body alike.
#[derive(Clone, Default)]
struct Refusal(Arc<Mutex<Option<S3Error>>>);

/// A body that fails at its end if it does not match its checksums.
struct CheckedBody {
    body: Body,
    md5: Md5,
    hasher: Option<Hasher>,
    claimed_md5: Option<String>,
    claimed: Checksums,
    received_bytes: usize,
    refusal: Refusal,
}

impl CheckedBody {
    fn new(body: Body, headers: &HeaderMap, refusal: Refusal) -> Self {
        let claimed_md5 = headers.get("content-md5").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (hasher, claimed) = (Some(Hasher::for_request(headers)), Checksums::claimed(headers, None));
        Self { body, md5: Md5::new(), hasher, claimed_md5, claimed, received_bytes: 0, refusal }
    }

    /// Counts and hashes a part of the body.
    fn receive(&mut self, bytes: &Bytes) -> S3Result<()> {
        self.received_bytes = self.received_bytes.saturating_add(bytes.len());
        let checked = limits::STORE_XML_BODY.check(self.received_bytes as u64);
        checked.map_err(|error| s3_error!(MaxMessageLengthExceeded, "{error}"))?;
        self.md5.update(bytes);
        if let Some(hasher) = &mut self.hasher {
            hasher.update(bytes);
        }
        Ok(())
    }

    /// Compares the checksums of the whole body, once.
    fn check(&mut self) -> S3Result<()> {
        let Some(hasher) = self.hasher.take() else { return Ok(()) };
        let md5 = std::mem::replace(&mut self.md5, Md5::new()).finalize();
        checksums::check_md5(self.claimed_md5.as_deref(), &md5)?;
        hasher.finish().check(&self.claimed)
    }
}

impl hyper::body::Body for CheckedBody {
    type Data = Bytes;
    type Error = StdError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, StdError>>> {
        let this = &mut *self;
        let frame = ready!(Pin::new(&mut this.body).poll_frame(context));
        let mut checked = match frame.as_ref().and_then(|frame| frame.as_ref().ok()).and_then(Frame::data_ref) {
            Some(bytes) => this.receive(bytes),
            None => Ok(()),
        };
        // a reader that knows the length asks no more once the last byte was read
        if checked.is_ok() && (frame.is_none() || this.body.is_end_stream()) {
            checked = this.check();
        }
        if let Err(error) = checked {
            *this.refusal.0.lock() = Some(error);
            return Poll::Ready(Some(Err("the body is refused".into())));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.hasher.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
