//! A store that answers like S3, keeps objects in memory, and cares for conditions only as far as it is told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::wire::{Request, answer, refusal, serve};

/// Which conditions such a store knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knows {
    Nothing,
    /// `If-None-Match: *`, but not `If-Match`.
    Creating,
    /// Neither, and it says so with 501.
    NotEvenTheHeader,
}

/// Its address.
pub async fn store(knows: Knows) -> String {
    let objects = Arc::new(Mutex::new(BTreeMap::<String, (u64, Vec<u8>)>::new()));
    let addr = serve(move |request| {
        let reply = reply(&mut objects.lock().unwrap(), knows, &request);
        async move { Some(reply) }
    });
    format!("http://{}", addr.await)
}

fn reply(objects: &mut BTreeMap<String, (u64, Vec<u8>)>, knows: Knows, request: &Request) -> Vec<u8> {
    let key = request.path.split('?').next().unwrap().to_owned();
    let is_bucket = key.trim_matches('/').split('/').count() == 1;
    let condition = request.header("if-none-match").or(request.header("if-match"));
    match (request.method.as_str(), objects.get(&key)) {
        _ if is_bucket && request.method == "GET" => answer(200, "", b"<ListBucketResult></ListBucketResult>"),
        _ if is_bucket => answer(200, "", b""),
        ("PUT", _) if condition.is_some() && knows == Knows::NotEvenTheHeader => refusal(501, "NotImplemented"),
        ("PUT", Some(_)) if request.header("if-none-match").is_some() && knows == Knows::Creating => {
            refusal(412, "PreconditionFailed")
        }
        ("PUT", known) => {
            let version = known.map_or(1, |(version, _)| version + 1);
            objects.insert(key, (version, request.body.clone()));
            answer(200, &etag(version), b"")
        }
        ("GET", Some((version, bytes))) => answer(200, &etag(*version), bytes),
        ("DELETE", _) => {
            objects.remove(&key);
            answer(204, "", b"")
        }
        _ => refusal(404, "NoSuchKey"),
    }
}

fn etag(version: u64) -> String {
    format!("etag: \"{version}\"\r\n")
}
