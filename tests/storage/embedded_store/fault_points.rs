//! The store's own fault points: each lies on a way that ordinary requests take.
#![cfg(feature = "fault-points")]

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};

use flts::node::fault_points::FAULT_POINTS;

use super::fixture::*;

const IN_ITS_PROCESS: &str = "embedded_store::fault_points::in_a_process_of_its_own";

#[test]
fn ordinary_requests_pass_every_fault_point() {
    let this = std::env::current_exe().unwrap();
    let run = Command::new(this).args(["--exact", IN_ITS_PROCESS, "--ignored"]).output().unwrap();
    let told = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && told.contains("1 passed"), "{told}{}", String::from_utf8_lossy(&run.stderr));
}

#[tokio::test]
#[ignore = "the test above runs it: what its neighbours pass must not count"]
async fn in_a_process_of_its_own() {
    let points: Vec<&str> = FAULT_POINTS.iter().copied().filter(|point| point.starts_with("store-")).collect();
    let passed: Vec<Arc<AtomicUsize>> = points
        .iter()
        .map(|point| {
            let passed = Arc::new(AtomicUsize::new(0));
            let count = Arc::clone(&passed);
            let callback = move || {
                count.fetch_add(1, Ordering::Relaxed);
            };
            fail::cfg_callback(*point, callback).unwrap();
            passed
        })
        .collect();
    let running = Running::start().await;
    let sdk = running.sdk();
    sdk.create_bucket().bucket("short-lived").send().await.unwrap();
    sdk.put_object().bucket("short-lived").key("a").body(ByteStream::from_static(b"x")).send().await.unwrap();
    let begun = sdk.create_multipart_upload().bucket("short-lived").key("b").send().await.unwrap();
    let id = begun.upload_id.unwrap();
    let part = sdk.upload_part().bucket("short-lived").key("b").upload_id(&id).part_number(1);
    let etag = part.body(ByteStream::from_static(b"x")).send().await.unwrap().e_tag;
    let part = CompletedPart::builder().part_number(1).set_e_tag(etag).build();
    let parts = CompletedMultipartUpload::builder().parts(part).build();
    let complete = sdk.complete_multipart_upload().bucket("short-lived").key("b").upload_id(id);
    complete.multipart_upload(parts).send().await.unwrap();
    for key in ["a", "b"] {
        sdk.delete_object().bucket("short-lived").key(key).send().await.unwrap();
    }
    sdk.delete_bucket().bucket("short-lived").send().await.unwrap();
    for (point, passed) in points.iter().zip(passed) {
        fail::remove(point);
        assert!(passed.load(Ordering::Relaxed) > 0, "{point} was not passed");
    }
}
