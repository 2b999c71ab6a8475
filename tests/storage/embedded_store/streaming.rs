//! Objects larger than the memory that the store may use.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use aws_sdk_s3::primitives::ByteStream;

use super::fixture::*;

const OBJECT_MIB: u64 = 192;
const ALLOWED_MIB: u64 = 48;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_does_not_grow_with_the_object() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "embedded_store::streaming::a_child_that_serves_until_its_input_ends",
            "--ignored",
            "--nocapture",
        ])
        .env("STORE_FOLDER", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let addr = lines.find_map(|line| Some(line.split_once("serving on ")?.1.parse().unwrap())).unwrap();
    let sdk = sdk_client(addr);
    let file = folder.path().join("large");
    File::create(&file).unwrap().set_len(OBJECT_MIB << 20).unwrap();
    let put = async |key: &str| {
        let body = ByteStream::from_path(&file).await.unwrap();
        sdk.put_object().bucket(BUCKET).key(key).body(body).send().await.unwrap();
    };
    sdk.put_object().bucket(BUCKET).key("small").body(ByteStream::from_static(b"x")).send().await.unwrap();
    let before_mib = peak_mib(child.id());

    put("large").await;
    sdk.copy_object().copy_source(format!("{BUCKET}/large")).bucket(BUCKET).key("copy").send().await.unwrap();
    let mut reply = sdk.get_object().bucket(BUCKET).key("copy").send().await.unwrap();
    let mut bytes = 0;
    while let Some(piece) = reply.body.next().await {
        bytes += piece.unwrap().len() as u64;
    }
    assert_eq!(bytes, OBJECT_MIB << 20);
    let grown_mib = peak_mib(child.id()) - before_mib;
    println!("{OBJECT_MIB} MiB written, copied and read: {grown_mib} MiB above the {before_mib} MiB before");
    assert!(grown_mib < ALLOWED_MIB, "{grown_mib} MiB for an object of {OBJECT_MIB} MiB");
    child.stdin.take().unwrap().write_all(b"end").unwrap();
    child.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "runs only as the child of memory_does_not_grow_with_the_object"]
async fn a_child_that_serves_until_its_input_ends() {
    let Some(folder) = std::env::var_os("STORE_FOLDER") else { return };
    let (store, _objects) = open(Path::new(&folder)).await;
    println!("serving on {}", store.addr());
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await.unwrap().unwrap();
}

/// The most memory that the process ever had.
fn peak_mib(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap() / 1024
}
