//! A store in a folder of its own, and the clients that speak to it.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use aws_sdk_s3::config::{BehaviorVersion, Region};
use bytes::Bytes;
use flts::embedded::{Credentials, Store};
use flts::storage::{Condition, ObjectStore, ObjectStoreConfig, Put};

pub const BUCKET: &str = "models";
pub const ACCESS: &str = "flts";
pub const SECRET: &str = "a secret of this test";

/// A running store in a folder of its own.
pub struct Running {
    pub folder: tempfile::TempDir,
    pub store: Store,
    pub objects: ObjectStore,
}

impl Running {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (store, objects) = open(folder.path()).await;
        Self { folder, store, objects }
    }

    /// Cut off without a stop, and opened again.
    pub async fn reopen(self) -> Self {
        let Self { folder, store, .. } = self;
        drop(store);
        let (store, objects) = open(folder.path()).await;
        Self { folder, store, objects }
    }

    pub async fn write(&self, key: &str, body: &[u8]) -> String {
        match self.objects.put(BUCKET, key, Bytes::copy_from_slice(body), Condition::Always).await.unwrap() {
            Put::Done { etag } => etag,
            Put::Lost => panic!("a write without a condition cannot lose"),
        }
    }

    pub async fn read(&self, key: &str) -> Option<Bytes> {
        self.objects.get(BUCKET, key).await.unwrap().map(|object| object.bytes)
    }

    pub async fn keys(&self, prefix: &str) -> Vec<String> {
        self.objects.list(BUCKET, prefix).await.unwrap().into_iter().map(|entry| entry.key).collect()
    }

    /// The one file whose bytes start with `body`.
    pub fn file_with(&self, body: &[u8]) -> PathBuf {
        let starts = |path: &PathBuf| fs::read(path).unwrap().starts_with(body);
        let mut files: Vec<_> = files_under(&self.root().join("buckets")).into_iter().filter(starts).collect();
        assert_eq!(files.len(), 1, "one file holds this body");
        files.remove(0)
    }

    pub fn root(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    /// The plain SDK client, for what `ObjectStore` does not offer.
    pub fn sdk(&self) -> aws_sdk_s3::Client {
        sdk_client(self.store.addr())
    }
}

pub fn sdk_client(addr: SocketAddr) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(format!("http://{addr}"))
        .force_path_style(true)
        .region(Region::new("us-east-1"))
        .credentials_provider(aws_sdk_s3::config::Credentials::new(ACCESS, SECRET, None, None, "test"))
        .build();
    aws_sdk_s3::Client::from_conf(config)
}

pub fn credentials() -> Credentials {
    Credentials { access_key: ACCESS.into(), secret_key: SECRET.into() }
}

pub fn any_port() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

pub async fn open(folder: &Path) -> (Store, ObjectStore) {
    let store = Store::start(&folder.join("store"), any_port(), credentials()).await.unwrap();
    let objects = client(store.addr(), SECRET);
    objects.ensure_bucket(BUCKET).await.unwrap();
    (store, objects)
}

pub fn client(addr: SocketAddr, secret: &str) -> ObjectStore {
    ObjectStore::new(ObjectStoreConfig::at(format!("http://{addr}"), ACCESS, secret))
}

pub fn files_under(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_under(&path)) } else { files.push(path) }
    }
    files
}

pub fn flip_first_byte(file: &Path) {
    let mut bytes = fs::read(file).unwrap();
    bytes[0] ^= 1;
    fs::write(file, bytes).unwrap();
}
