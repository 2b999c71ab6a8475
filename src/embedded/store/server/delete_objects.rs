//! Checks the body of a request that deletes many objects: the protocol layer parses it without checking the checksums.

use hyper::Method;
use s3s::crypto::{Checksum, Md5};
use s3s::service::S3Service;
use s3s::{HttpError, HttpRequest, HttpResponse, S3Result, s3_error};

use crate::embedded::store::checksums;
use crate::embedded::store::checksums::{Checksums, Hasher};

/// Enough for the longest list: a thousand keys of 1024 bytes, each byte written as an entity.
const MAX_LIST_BYTES: usize = 8 * 1024 * 1024;

/// Answers a request; the body of a list of deletions is checked before.
pub(super) async fn answer(service: &S3Service, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
    if deletes_objects(&request)
        && let Err(error) = check(&mut request).await
    {
        return error.to_http_response().map_err(|error| HttpError::new(Box::new(error)));
    }
    service.call(request).await
}

fn deletes_objects(request: &HttpRequest) -> bool {
    let mut names = request.uri().query().unwrap_or_default().split('&').map(|pair| pair.split('=').next());
    request.method() == Method::POST && names.any(|name| name == Some("delete"))
}

async fn check(request: &mut HttpRequest) -> S3Result<()> {
    let stored = request.body_mut().store_all_limited(MAX_LIST_BYTES).await;
    let bytes = stored.map_err(|error| s3_error!(IncompleteBody, "the list did not arrive whole: {error}"))?;
    let headers = request.headers();
    let md5 = headers.get("content-md5").and_then(|value| value.to_str().ok());
    checksums::check_md5(md5, &Md5::checksum(&bytes))?;
    let mut hasher = Hasher::for_request(headers);
    hasher.update(&bytes);
    hasher.finish().check(&Checksums::claimed(headers, None))
}
