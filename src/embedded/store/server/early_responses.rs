//! Reads the rest of a body whose answer came before its end. Closing the connection would reset it, and a client that is still sending
//! would see an outage instead of its 412 or 403.

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

use super::delete_objects;

/// How long the rest of a body may take; then the connection is closed.
const REST_TIMEOUT: Duration = Duration::from_secs(30);

/// Answers a request, and reads the rest of its body.
pub(super) async fn answer(service: &S3Service, request: HttpRequest<Incoming>) -> Result<HttpResponse, HttpError> {
    let awaits_continue = request.headers().contains_key(EXPECT);
    let rest = Rest::default();
    let request = request.map(|body| Body::http_body_unsync(LentBody { body: Some(body), rest: rest.clone() }));
    let mut answer = delete_objects::answer(service, request).await?;
    match rest.take() {
        // a client that waits for `100 Continue` will not send its body now, and the connection cannot be used without it
        Some(_) if awaits_continue => drop(answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"))),
        // this also ends when the client closes the connection
        Some(body) => drop(tokio::time::timeout(REST_TIMEOUT, drain(body)).await),
        None => {}
    }
    Ok(answer)
}

/// Holds a body that was dropped before its end.
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

/// A body that goes to `rest` if it is dropped before its end.
struct LentBody {
    body: Option<Incoming>,
    rest: Rest,
}

impl hyper::body::Body for LentBody {
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

impl Drop for LentBody {
    fn drop(&mut self) {
        if let Some(body) = self.body.take().filter(|body| !body.is_end_stream()) {
            self.rest.put(body);
        }
    }
}

async fn drain(mut body: Incoming) {
    while let Some(Ok(_)) = future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {}
}
