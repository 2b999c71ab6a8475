//! `GET /download/{bucket}/{path}`: sends a file or a part of it, as the store sends it.

use std::ops::Range;

use futures::TryStreamExt;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use warp::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use warp::reply::{Reply, Response};

use crate::http::api::GatewayApi;
use crate::http::server::{ApiError, ApiRequest, BodyStream, Operation, streamed_answer, string_schema};
use crate::storage::{BUCKETS, ObjectVersion, StorageError};

use super::conditions::{self, Verdict, http_date};
use super::place::Place;
use super::range::{Wanted, wanted};

/// How often a file is looked at that others replace meanwhile.
const ATTEMPTS: usize = 3;

/// The description of the route.
pub fn operation() -> Operation {
    Operation::new("download", "Get a file of the store")
        .about("Of the buckets of a node. The bytes come as the store sends them; a connection that closes early has brought a part only.")
        .header("range", "One part, such as `bytes=0-99`; several are answered with the whole file", string_schema("^bytes=[0-9]+-[0-9]*$"))
        .header("if-none-match", "ETags of versions that the caller has", string_schema("^\"[a-z0-9-]+\"$"))
        .header("if-match", "ETags of versions that the caller wants", string_schema("^\"[a-z0-9-]+\"$"))
        .answers_file(200, "The file")
        .answers_file(206, "The part of the file")
        .answers_nothing(304, "The caller has this version")
        .fails(403, "`bucket_not_allowed`: not a bucket of the node; `forbidden`: not the bearer of ADMIN_TOKEN")
        .fails(404, "`object_not_found`: there is no such file; `role_not_running`: this node does not run the role")
        .fails(412, "`precondition_failed`: the file is another version")
        .fails(416, "`range_not_satisfiable`: the file ends before the part")
        .fails(503, "`store_unavailable`: the object store is away")
}

/// `GET /download/{bucket}/{path}`, and HEAD.
pub async fn download(gateway: GatewayApi, request: ApiRequest, _: BodyStream) -> Result<Response, ApiError> {
    let place = Place::of(&request, &BUCKETS)?;
    for _ in 0..ATTEMPTS {
        let found = gateway.objects.version(place.bucket, &place.key).await.map_err(StorageError::from)?;
        let version = found.ok_or_else(|| not_found(&place))?;
        match conditions::of_reader(&request.headers, &version) {
            Verdict::Send => {}
            Verdict::Failed => return Err(conditions::failed()),
            Verdict::NotModified => {
                let mut answer = warp::reply::with_status(warp::reply(), StatusCode::NOT_MODIFIED).into_response();
                describe(answer.headers_mut(), &version);
                return Ok(answer);
            }
        }
        // a part is for GET alone
        let wanted = if request.method == Method::HEAD { Wanted::Whole } else { wanted(&request.headers, &version) };
        let (status, part) = match wanted {
            Wanted::Whole => (StatusCode::OK, 0..version.size_bytes),
            Wanted::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
            Wanted::Beyond => return Err(beyond(&version)),
        };
        let answer = match request.method == Method::HEAD || part.is_empty() {
            true => Some(warp::reply().into_response()),
            false => body(&gateway, &place, &version, part.clone()).await?,
        };
        let Some(mut answer) = answer else { continue };
        *answer.status_mut() = status;
        let headers = answer.headers_mut();
        describe(headers, &version);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(place.file_name())));
        headers.insert(header::CONTENT_LENGTH, (part.end - part.start).into());
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        set(headers, header::CONTENT_DISPOSITION, &disposition(place.file_name()));
        if status == StatusCode::PARTIAL_CONTENT {
            let said = format!("bytes {}-{}/{}", part.start, part.end - 1, version.size_bytes);
            set(headers, header::CONTENT_RANGE, &said);
        }
        return Ok(answer);
    }
    let detail = "the file is replaced again and again; try again";
    Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "store_unavailable", detail).retry_after(1))
}

/// The bytes of this part, or nothing where the file was replaced meanwhile.
async fn body(
    gateway: &GatewayApi,
    place: &Place,
    version: &ObjectVersion,
    part: Range<u64>,
) -> Result<Option<Response>, ApiError> {
    let opened = gateway.objects.open(place.bucket, &place.key, version, part).await.map_err(StorageError::from)?;
    let told = |error: &_| tracing::warn!(event = "download_broken_off", service = "gateway", reason = %error);
    Ok(opened.map(|bytes| streamed_answer(bytes.inspect_err(told))))
}

/// The headers that a file has in every answer.
fn describe(headers: &mut HeaderMap, version: &ObjectVersion) {
    set(headers, header::ETAG, &version.etag);
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if let Some(date) = version.modified_ms.and_then(http_date) {
        set(headers, header::LAST_MODIFIED, &date);
    }
}

fn set(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn content_type(file_name: &str) -> &'static str {
    match file_name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).as_deref() {
        Some("csv") => "text/csv",
        Some("json") => "application/json",
        Some("parquet") => "application/vnd.apache.parquet",
        Some("txt") => "text/plain",
        _ => "application/octet-stream",
    }
}

/// A browser saves the file under this name (RFC 6266).
fn disposition(file_name: &str) -> String {
    let plain: String =
        file_name.chars().map(|c| if c.is_ascii_graphic() && c != '"' || c == ' ' { c } else { '_' }).collect();
    match plain == file_name {
        true => format!("attachment; filename=\"{plain}\""),
        false => {
            format!(
                "attachment; filename=\"{plain}\"; filename*=UTF-8''{}",
                utf8_percent_encode(file_name, NON_ALPHANUMERIC)
            )
        }
    }
}

fn not_found(place: &Place) -> ApiError {
    let detail = format!("there is no file `{}` in bucket {}", place.key, place.bucket);
    ApiError::new(StatusCode::NOT_FOUND, "object_not_found", detail)
}

fn beyond(version: &ObjectVersion) -> ApiError {
    let detail = format!("the file has {} bytes; ask for a part of them", version.size_bytes);
    let error = ApiError::new(StatusCode::RANGE_NOT_SATISFIABLE, "range_not_satisfiable", detail);
    match HeaderValue::from_str(&format!("bytes */{}", version.size_bytes)) {
        Ok(value) => error.with_header(header::CONTENT_RANGE, value),
        Err(_) => error,
    }
}
