//! One list of cases, `cases.json`, read by two clients of S3: boto3 and the AWS SDK for Rust, each with its default checksums and
//! with checksums only where S3 requires them. The list is run against a real MinIO where `FLTS_TEST_MINIO` names one, without the
//! cases whose `differs` says why it fails them, and otherwise against the embedded store.
//!
//! `S3_CONFORMANCE_ENDPOINT`, `S3_CONFORMANCE_ACCESS_KEY`, `S3_CONFORMANCE_SECRET_KEY` and `S3_CONFORMANCE_REGION` (us-east-1) name
//! another store, such as MinIO or S3 itself. Cases marked `stricter`, where the embedded store promises more than every other one
//! does, are then left out unless `S3_CONFORMANCE_STRICT=1`.

mod answers;
mod aws_sdk;
mod told;

use std::process::Command;

use flts_soak::services::Minio;
use serde_json::{Value, json};

use crate::common::any_store::AnyStore;

/// Where the list is run.
struct Target {
    endpoint: String,
    access_key: String,
    secret_key: String,
    region: String,
    /// Which cases it passes: all of them as `strict`, those that bind every store as `lenient`, or those of its own name.
    passes: &'static str,
    _running: Option<AnyStore>,
}

impl Target {
    async fn start() -> Self {
        let setting = |name: &str| std::env::var(format!("S3_CONFORMANCE_{name}")).ok();
        let region = setting("REGION").unwrap_or_else(|| "us-east-1".into());
        if let Some(endpoint) = setting("ENDPOINT") {
            let passes = if setting("STRICT").is_some_and(|strict| strict == "1") { "strict" } else { "lenient" };
            let access_key = setting("ACCESS_KEY").expect("S3_CONFORMANCE_ACCESS_KEY goes with the endpoint");
            let secret_key = setting("SECRET_KEY").expect("S3_CONFORMANCE_SECRET_KEY goes with the endpoint");
            return Self { endpoint, access_key, secret_key, region, passes, _running: None };
        }
        let store = AnyStore::start().await;
        Self {
            endpoint: store.endpoint(),
            access_key: Minio::ACCESS_KEY.into(),
            secret_key: Minio::SECRET_KEY.into(),
            region,
            passes: if store.is_minio() { "minio" } else { "strict" },
            _running: Some(store),
        }
    }
}

/// The cases that this target is asked.
fn cases(target: &Target) -> Vec<Value> {
    let all: Vec<Value> = serde_json::from_str(include_str!("cases.json")).unwrap();
    let is_meant = |case: &Value| match target.passes {
        "lenient" => case["stricter"] != true,
        store => case["differs"][store].is_null(),
    };
    all.into_iter().filter(is_meant).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn boto3_passes_the_list() {
    boto3("when_supported").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn boto3_passes_the_list_with_checksums_only_when_required() {
    boto3("when_required").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_aws_sdk_passes_the_list() {
    aws_sdk::passes(&Target::start().await, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_aws_sdk_passes_the_list_with_checksums_only_when_required() {
    aws_sdk::passes(&Target::start().await, true).await;
}

#[test]
fn a_step_fails_when_its_answer_differs() {
    let answer = |value| answers::fields(value);
    let differs = |expected: Value, told: Value| answers::difference(&expected, &answer(told)).is_some();
    assert!(!differs(json!({"body": "x"}), json!({"body": "x", "etag": "1"})));
    assert!(differs(json!({"body": "x"}), json!({"body": "y"})));
    assert!(differs(json!({"body": "x"}), json!({})));
    assert!(differs(Value::Null, json!({"status": 500})));
    assert!(differs(json!({"status": 412}), json!({})));
    assert!(!differs(json!({"status": 412}), json!({"status": 412, "code": "PreconditionFailed"})));
}

async fn boto3(checksums: &str) {
    let target = Target::start().await;
    let python = std::env::var("FLTS_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
    let mut command = Command::new(python);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/storage/s3_conformance/boto3_driver.py"));
    command.args([&target.endpoint, &target.access_key, &target.secret_key, &target.region]);
    command.args([checksums, target.passes]);
    // settings of the machine have no say here
    command.env("AWS_CONFIG_FILE", "/dev/null").env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}\n{errors}");
    let passed = told.lines().filter(|line| line.starts_with("ok ")).count();
    assert_eq!(passed, cases(&target).len(), "every case was run\n{told}");
}
