//! The file in a form of a browser, or of the client of the replaced system (RFC 7578). Its other fields are passed over.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::TryStreamExt;
use multer::{Constraints, Field, Multipart, SizeLimit};
use warp::http::{HeaderMap, header};

use crate::http::server::{ApiError, BodyStream, media_type};

use super::incoming::Incoming;

/// The most that a form may have beside its file.
pub const EXTRA_MAX_BYTES: u64 = 1 << 20;
/// The most that is read for one step: the head of a field, or what precedes the first one.
const STEP_MAX_BYTES: u64 = 1 << 20;
/// The name of a field that holds the file though it has no file name.
const FILE_FIELD: &str = "file";

/// An error of the body, on its way through the form.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.detail)]
struct BodyError(ApiError);

/// Whether the body is a form.
pub fn is_form(headers: &HeaderMap) -> bool {
    media_type(headers).is_some_and(|kind| kind.eq_ignore_ascii_case("multipart/form-data"))
}

/// Receives the file of a form.
///
/// # Errors
/// 400 where the form is broken, or has no file or several; the errors of body and store.
pub async fn receive(headers: &HeaderMap, body: BodyStream, incoming: &mut Incoming) -> Result<(), ApiError> {
    let boundary = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| multer::parse_boundary(value.to_str().ok()?).ok())
        .ok_or_else(|| ApiError::bad_request("the content type of a form needs its `boundary`"))?;
    let step = Arc::new(AtomicU64::new(0));
    let counter = step.clone();
    let body = body.map_err(BodyError).and_then(move |bytes| {
        let read = counter.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        let too_long = || BodyError(ApiError::bad_request("the head of a field of the form is too long"));
        std::future::ready(if read > STEP_MAX_BYTES { Err(too_long()) } else { Ok(bytes) })
    });
    let whole = SizeLimit::new().whole_stream(incoming.limit().max.saturating_add(EXTRA_MAX_BYTES));
    let mut form = Multipart::with_constraints(body, boundary, Constraints::new().size_limit(whole));
    let mut has_file = false;
    loop {
        step.store(0, Ordering::Relaxed);
        let Some(mut field) = form.next_field().await.map_err(api_error)? else { break };
        let is_file = is_file(&field, has_file);
        if is_file && has_file {
            return Err(ApiError::bad_request("the form has several files; send one at a time"));
        }
        has_file |= is_file;
        loop {
            step.store(0, Ordering::Relaxed);
            match field.chunk().await.map_err(api_error)? {
                Some(bytes) if is_file => incoming.push(bytes).await?,
                Some(_) => {}
                None => break,
            }
        }
    }
    match has_file {
        true => Ok(()),
        false => Err(ApiError::bad_request("the form has no file; send one as its field `file`")),
    }
}

fn is_file(field: &Field<'_>, has_file: bool) -> bool {
    field.file_name().is_some() || (!has_file && field.name() == Some(FILE_FIELD))
}

fn api_error(error: multer::Error) -> ApiError {
    match error {
        multer::Error::StreamReadFailed(cause) => match cause.downcast::<BodyError>() {
            Ok(error) => error.0,
            Err(cause) => ApiError::bad_request(format!("the body ended early: {cause}")),
        },
        other => ApiError::bad_request(format!("the form cannot be read: {other}")),
    }
}
