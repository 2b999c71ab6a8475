//! An object store outside of any node: a real MinIO where `FLTS_TEST_MINIO` names one, and the embedded one otherwise.

use flts::embedded::{Credentials, Store};
use flts::storage::{ObjectStore, ObjectStoreConfig};
use flts_soak::services::{MINIO_PROGRAM, Minio};

/// A running store in a folder of its own, which goes with it.
pub struct AnyStore(Kind);

enum Kind {
    Embedded { folder: tempfile::TempDir, endpoint: String, store: Option<Store> },
    Minio(Box<Minio>),
}

impl AnyStore {
    pub async fn start() -> Self {
        if std::env::var_os(MINIO_PROGRAM).is_some() {
            return Self(Kind::Minio(Box::new(Minio::start().unwrap())));
        }
        Self::embedded().await
    }

    /// The embedded one whatever the variable says.
    pub async fn embedded() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path(), "127.0.0.1:0").await;
        let endpoint = format!("http://{}", store.addr());
        Self(Kind::Embedded { folder, endpoint, store: Some(store) })
    }

    pub fn is_minio(&self) -> bool {
        matches!(self.0, Kind::Minio(_))
    }

    pub fn endpoint(&self) -> String {
        match &self.0 {
            Kind::Embedded { endpoint, .. } => endpoint.clone(),
            Kind::Minio(minio) => minio.endpoint_url(),
        }
    }

    /// What clients need to know.
    pub fn config(&self) -> ObjectStoreConfig {
        ObjectStoreConfig::at(self.endpoint(), Minio::ACCESS_KEY, Minio::SECRET_KEY)
    }

    pub fn client(&self) -> ObjectStore {
        ObjectStore::new(self.config())
    }

    /// The settings of a node that uses it.
    pub fn env(&self) -> [(&'static str, String); 3] {
        [
            ("S3_ENDPOINT_URL", self.endpoint()),
            ("AWS_ACCESS_KEY_ID", Minio::ACCESS_KEY.into()),
            ("AWS_SECRET_ACCESS_KEY", Minio::SECRET_KEY.into()),
        ]
    }

    /// Away: nobody listens any more.
    pub async fn kill(&mut self) {
        match &mut self.0 {
            Kind::Embedded { store, .. } => store.take().unwrap().stop().await,
            Kind::Minio(minio) => minio.kill().unwrap(),
        }
    }

    /// Back, at the same address.
    pub async fn restart(&mut self) {
        match &mut self.0 {
            Kind::Embedded { folder, endpoint, store } => {
                *store = Some(open(folder.path(), endpoint.trim_start_matches("http://")).await);
            }
            Kind::Minio(minio) => minio.restart().unwrap(),
        }
    }
}

/// The same keys as MinIO's, so that a node needs the same settings.
async fn open(folder: &std::path::Path, addr: &str) -> Store {
    let keys = Credentials { access_key: Minio::ACCESS_KEY.into(), secret_key: Minio::SECRET_KEY.into() };
    Store::start(folder, addr.parse().unwrap(), keys).await.unwrap()
}
