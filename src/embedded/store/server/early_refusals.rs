//! Refusals that come before the body has been read. Closing the connection then would reset it, and a client that is still sending
//! would see an outage instead of its 412 or 403; so the rest of the body is taken in first.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures::future;
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use hyper::header::{CONNECTION, EXPECT, HeaderValue};
use parking_lot::Mutex;
use s3s::service::S3Service;
use s3s::{Body, HttpError, HttpRequest, HttpResponse};

use super::deletions;

/// A client that takes longer to send what nobody wants is cut.
const PATIENCE: Duration = Duration::from_secs(30);

/// Answers a request, and takes in what the answer did not want to read.
pub(super) async fn answer(service: &S3Service, request: HttpRequest<Incoming>) -> Result<HttpResponse, HttpError> {
    let waits = request.headers().contains_key(EXPECT);
    let rest = Rest::default();
    let request = request.map(|body| Body::http_body_unsync(Lent { body: Some(body), rest: rest.clone() }));
    let mut answer = deletions::answer(service, request).await?;
    match rest.take() {
        // This client has not sent its body and will not; the connection, on which the body is missing, cannot be used again.
        Some(_) if waits => drop(answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"))),
        // A cut connection ends this too, and then nobody hears the answer.
        Some(body) => drop(tokio::time::timeout(PATIENCE, drain(body)).await),
        None => {}
    }
    Ok(answer)
}

/// Where a body goes that was dropped before its end.
#[derive(Clone, Default)]
struct Rest(Arc<Mutex<Option<Incoming>>>);

impl Rest {
    fn put(&self, body: Incoming) {
        *self.0.lock() = Some(body);
    }

    fn take(&self) -> Option<Incoming> {
        self.0.lock().take()
    }
}

/// A body that comes back when it is dropped.
struct Lent {
    body: Option<Incoming>,
    rest: Rest,
}

impl hyper::body::Body for Lent {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.body.as_mut().map_or(Poll::Ready(None), |body| Pin::new(body).poll_frame(context))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Incoming::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(Incoming::size_hint).unwrap_or_default()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(body) = self.body.take().filter(|body| !body.is_end_stream()) {
            self.rest.put(body);
        }
    }
}

async fn drain(mut body: Incoming) {
    while let Some(Ok(_)) = future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {}
}
