//! One node's world: its input files and its data folder, in which it is killed and started again.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use flts::forecast::{Series, sample, split_last_fifth, to_csv};
use flts::kafka::{ConsumerConfig, Delivery, INFERENCE_DATA, Producer, Record, TRAINING_DATA, consume};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::client;
use crate::common::{Data, Node, PATIENCE, QUICK, brokers_of};

/// The smallest trainings that still give every family a model, and the recurrent ones one checkpoint before it.
const TINY: [(&str, &str); 7] = [
    ("MAX_STEPS", "6"),
    ("CHECKPOINT_INTERVAL_MS", "0"),
    ("HIDDEN_SIZE", "4"),
    ("OUTPUT_SEQ_LEN", "4"),
    ("MODEL_TYPE", "GRU,LSTM"),
    ("INFERENCE_WORKERS", "1"),
    ("RECONCILE_INTERVAL_MS", "300"),
];

/// A data folder and the files to start with.
pub struct World {
    folder: tempfile::TempDir,
    data: Data,
}

impl World {
    /// Nothing was ever done here.
    pub fn new() -> World {
        World { folder: tempfile::tempdir().unwrap(), data: data(1.0) }
    }

    /// Everything that `other` has on disk, and other data to start with: on these the champion of `other` cannot win.
    pub fn after(other: &World) -> World {
        let world = World { folder: tempfile::tempdir().unwrap(), data: data(40.0) };
        copy(&other.home(), &world.home());
        world
    }

    /// The data folder.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// Starts a node that nothing will kill.
    pub fn start(&self) -> Node {
        Node::start(&self.home(), &TINY, Some(&self.data))
    }

    /// The same without giving it files: it has those of its bucket.
    pub fn start_without_files(&self) -> Node {
        let names = [("TRAIN_FILE", "sample.csv"), ("TEST_FILE", "sample_test.csv")];
        Node::start(&self.home(), &[TINY.as_slice(), &names].concat(), None)
    }

    /// Every record of a topic of the running node, up to now.
    pub async fn heard_until_now(&self, topic: &str) -> Vec<Vec<u8>> {
        let brokers = brokers_of(&self.home());
        let producer = Producer::new(&brokers, &[]).unwrap();
        let mark = b"all that came before this".to_vec();
        producer.send(topic, None, mark.clone()).await.unwrap();
        let config = ConsumerConfig {
            bootstrap_servers: brokers,
            group: Some("listener-of-a-test".into()),
            topic: topic.into(),
            extra: vec![("session.timeout.ms".into(), "4000".into())],
        };
        let (sender, records) = channel();
        let route = move |record: Record, delivery: Delivery| {
            delivery.done();
            // whoever has seen the mark listens no more
            let _ = sender.send(record.payload.to_vec());
        };
        let (consumer, work) = consume(config, producer, route);
        let reading = std::thread::spawn(move || work.run(|| {}));
        let next = || records.recv_timeout(PATIENCE).expect("the mark is on the topic");
        let heard =
            std::iter::repeat_with(next).take_while(|record| *record != mark).map(|record| record.to_vec()).collect();
        consumer.stop();
        reading.join().unwrap().unwrap();
        heard
    }

    /// Rows that a forecast can start from.
    pub fn request(&self) -> Value {
        self.data.request(30)
    }

    /// Starts a node that dies at `place`; anything but a SIGKILL there fails the test.
    pub async fn die_at(&self, place: &str) {
        self.die_while(place, async || ()).await;
    }

    /// The same for a place that a node passes only when it gets a record that nobody can use.
    pub async fn die_of_a_bad_record(&self, place: &str) {
        self.die_while(place, async || {
            self.until_told().await;
            let producer = Producer::new(&brokers_of(&self.home()), &[]).unwrap();
            producer.send(TRAINING_DATA, None, b"no claim".to_vec()).await.unwrap();
        })
        .await;
    }

    /// The same for a place that only claims without a model come by, and of these those that are too many to wait in place.
    pub async fn die_of_claims_without_a_model(&self, place: &str) {
        self.die_while(place, async || {
            self.until_told().await;
            let producer = Producer::new(&brokers_of(&self.home()), &[]).unwrap();
            let claim = br#"{"bucket":"dataset","object":"sample_test.csv","identifier":"nobody"}"#;
            for _ in 0..40 {
                producer.send(INFERENCE_DATA, None, claim.to_vec()).await.unwrap();
            }
        })
        .await;
    }

    /// The same for a place in the store that only other clients than a node come by.
    pub async fn die_under_a_client(&self, place: &str) {
        self.die_while(place, async || {
            self.until_told().await;
            let ended = client::come_and_go(&client::connect(&self.home())).await;
            ended.expect_err("the store dies under its client");
        })
        .await;
    }

    /// Waits until the node tells others how to reach it; only for a world where no node was before.
    async fn until_told(&self) {
        while !self.home().join("node.json").exists() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn die_while(&self, place: &str, trouble: impl AsyncFnOnce()) {
        let log = self.folder.path().join("log");
        let output = std::fs::File::create(&log).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_flts"))
            .args(["run", "--data"])
            .arg(&self.data.train)
            .arg("--test")
            .arg(&self.data.test)
            .env("DATA_DIR", self.home())
            .envs(QUICK)
            .envs(TINY)
            .env("FLTS_CRASH_AT", place)
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap();
        let pid = Pid::from_raw(child.id() as i32);
        let death = tokio::task::spawn_blocking(move || child.wait().unwrap());
        trouble().await;
        let told = || std::fs::read_to_string(&log).unwrap();
        let Ok(status) = tokio::time::timeout(PATIENCE, death).await else {
            kill(pid, Signal::SIGTERM).unwrap();
            panic!("{place} was never reached:\n{}", told());
        };
        let status = status.unwrap();
        let name = place.split('#').next().unwrap();
        assert_eq!(status.signal(), Some(Signal::SIGKILL as i32), "{place}: {status}\n{}", told());
        assert!(told().contains(&format!("killed at fault point {name}")), "{place}:\n{}", told());
    }
}

/// Four days of a synthetic series, every value times `scale`.
fn data(scale: f64) -> Data {
    let folder = tempfile::tempdir().unwrap();
    let mut series = sample(7, 4);
    series.columns.iter_mut().flat_map(|column| &mut column.values).for_each(|value| *value *= scale);
    let (train, test) = split_last_fifth(series);
    let write = |name: &str, series: &Series| {
        let path = folder.path().join(name);
        std::fs::write(&path, to_csv(series)).unwrap();
        path
    };
    let (train, test) = (write("sample.csv", &train), write("sample_test.csv", &test));
    Data { folder, train, test }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).unwrap()),
        }
    }
}
