//! `POST /upload/{bucket}/{path}`: takes a file in, with little memory whatever its size.

use std::time::{Duration, Instant};

use futures::StreamExt;
use serde::Serialize;
use utoipa::ToSchema;
use warp::http::{HeaderValue, StatusCode, header};
use warp::reply::Response;

use crate::http::api::GatewayApi;
use crate::http::server::{
    ApiError, ApiRequest, BodyStream, Encoding, Operation, content_length, encoding, json_response,
};
use crate::storage::{DATASET_BUCKET, Put, STREAMED_WRITE_BYTES};

use super::conditions;
use super::form;
use super::incoming::Incoming;
use super::place::Place;

/// Where files may be put: data, and never models or pointers.
const BUCKETS: &[&str] = &[DATASET_BUCKET];
/// How long an upload waits for memory that others hold.
const MEMORY_PATIENCE: Duration = Duration::from_secs(10);

/// The file as it was stored.
#[derive(Serialize, ToSchema)]
struct UploadAnswer {
    #[schema(example = "success")]
    status: &'static str,
    #[schema(example = "dataset")]
    bucket: &'static str,
    /// The key of the file in the bucket.
    object_name: String,
    #[schema(minimum = 1)]
    size_bytes: u64,
    /// The version, as `if-match` takes it.
    etag: String,
}

/// The description of the route.
pub fn operation() -> Operation {
    Operation::new("upload", "Put a file into the store")
        .about(
            "The body is the file, or a form with one file. It is passed on as it arrives, and is there when the answer says so, or \
             not at all. `if-none-match: *` is for a new file only; `if-match` with an ETag replaces that version.",
        )
        .takes_file()
        .answers::<UploadAnswer>(200, "The file is stored")
        .fails(403, "`bucket_not_allowed`: files go into bucket dataset only; `forbidden`: not the bearer of ADMIN_TOKEN")
        .fails(412, "`precondition_failed`: there is such a file already, or another version of it")
        .fails(413, "`body_too_large`: more than UPLOAD_MAX_BYTES")
        .fails(415, "`unsupported_media_type`: the body is compressed; send the file as it is")
        .fails(503, "`store_unavailable`: the object store is away; it may have the file nevertheless")
}

/// `POST /upload/{bucket}/{path}`.
pub async fn upload(gateway: GatewayApi, request: ApiRequest, body: BodyStream) -> Result<Response, ApiError> {
    let place = Place::of(&request, BUCKETS)?;
    if encoding(&request.headers)? != Encoding::Identity {
        let detail = "the file would be stored compressed; send it as it is, without `content-encoding`";
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail));
    }
    let is_form = form::is_form(&request.headers);
    let announced = content_length(&request.headers);
    let extra = if is_form { form::EXTRA_MAX_BYTES } else { 0 };
    gateway.upload.check(announced.unwrap_or_default().saturating_sub(extra)).map_err(ApiError::body_too_large)?;
    let needed = announced.unwrap_or(u64::MAX).min(STREAMED_WRITE_BYTES as u64) as usize;
    let _memory = request.memory.reserve_large(&request.held, needed, Instant::now() + MEMORY_PATIENCE).await?;

    let condition = conditions::of_writer(&request.headers)?;
    let write = gateway.objects.write_streamed(place.bucket, &place.key, condition);
    let mut incoming = Incoming::new(write, gateway.upload);
    match is_form {
        true => form::receive(&request.headers, body, &mut incoming).await?,
        false => receive(body, &mut incoming).await?,
    }
    let size_bytes = incoming.size_bytes();
    if size_bytes == 0 {
        return Err(ApiError::bad_request("the file is empty; send its bytes as the body, or as the file of a form"));
    }
    let etag = match incoming.finish().await? {
        Put::Done { etag } => etag,
        Put::Lost => return Err(conditions::failed()),
    };
    tracing::info!(
        event = "file_stored",
        service = "gateway",
        req_id = request.request_id,
        bucket = place.bucket,
        object_key = place.key,
        size_bytes
    );
    let named = HeaderValue::from_str(&etag).ok();
    let (bucket, object_name) = (place.bucket, place.key);
    let mut answer = json_response(&UploadAnswer { status: "success", bucket, object_name, size_bytes, etag })?;
    named.map(|etag| answer.headers_mut().insert(header::ETAG, etag));
    Ok(answer)
}

async fn receive(mut body: BodyStream, incoming: &mut Incoming) -> Result<(), ApiError> {
    while let Some(bytes) = body.next().await {
        incoming.push(bytes?).await?;
    }
    Ok(())
}
