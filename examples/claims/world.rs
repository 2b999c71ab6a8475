//! The services, the synthetic data, and nodes on both.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use flts::storage::{ObjectStore, ObjectStoreConfig};
use flts_soak::node::Node;
use flts_soak::services::{Kafka, Minio};
use tempfile::TempDir;

/// A broker, a store, and a folder.
pub struct World {
    pub kafka: Kafka,
    pub minio: Minio,
    pub objects: ObjectStore,
    folder: TempDir,
    program: PathBuf,
}

impl World {
    /// Services without a node.
    pub fn start() -> Result<Self> {
        let (kafka, minio) = (Kafka::start()?, Minio::start()?);
        let objects =
            ObjectStore::new(ObjectStoreConfig::at(minio.endpoint_url(), Minio::ACCESS_KEY, Minio::SECRET_KEY));
        let program = std::env::var("FLTS_BIN").unwrap_or_else(|_| "target/release/flts".into());
        let world = Self { kafka, minio, objects, folder: tempfile::tempdir()?, program: program.into() };
        let made = world.flts(&[Path::new("sample-data"), world.folder.path()], &[])?;
        ensure!(made.status.success(), "no sample data: {}", String::from_utf8_lossy(&made.stderr));
        Ok(world)
    }

    /// A file of the synthetic data.
    pub fn sample(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A node of these settings that is ready.
    pub async fn node(&self, env: &[(&str, &str)], with_data: bool) -> Result<Node> {
        let (train, test) = (self.sample("sample.csv"), self.sample("sample_test.csv"));
        let data = [Path::new("--data"), &train, Path::new("--test"), &test];
        let own = self.env();
        let own: Vec<(&str, &str)> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let env = [own.as_slice(), env].concat();
        let node = Node::start(&self.program, &self.sample("home"), if with_data { &data } else { &[] }, &env)?;
        node.until_ready().await?;
        Ok(node)
    }

    /// Announces one more data set.
    pub fn announce(&self, salt: &str) -> Result<()> {
        let (train, test) = (self.sample("sample.csv"), self.sample("sample_test.csv"));
        let args = [Path::new("preprocess"), Path::new("--data"), &train, Path::new("--test"), &test];
        let done =
            self.flts(&args, &[("EXTRA_HASH_SALT", salt), ("DATA_DIR", &self.sample("job").to_string_lossy())])?;
        ensure!(done.status.success(), "no data set: {}", String::from_utf8_lossy(&done.stderr));
        Ok(())
    }

    fn flts(&self, args: &[&Path], env: &[(&str, &str)]) -> Result<std::process::Output> {
        let mut command = Command::new(&self.program);
        command.args(args).envs(self.env()).envs(env.iter().copied());
        command.output().with_context(|| format!("cannot run {}; make build makes it", self.program.display()))
    }

    fn env(&self) -> Vec<(&'static str, String)> {
        let kafka = ("KAFKA_BOOTSTRAP_SERVERS", self.kafka.bootstrap_servers());
        self.minio.env().into_iter().chain([kafka]).collect()
    }
}
