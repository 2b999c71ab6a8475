//! The system under test: a real broker, a real store, and one process a role, as Kubernetes would run them.

use std::fs::OpenOptions;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use flts::storage::{ObjectStore, ObjectStoreConfig};
use flts_soak::services::{Kafka, Minio};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use serde_json::Value;

/// Families of the trainers; a training takes well under 3 s.
pub const FAMILIES: [&str; 2] = ["GRU", "LSTM"];
pub const PARTITIONS: i32 = 6;
/// Every process of the system; the first three answer claims.
const MEMBERS: [(&str, &str); 6] = [
    ("inference-a", "inference"),
    ("inference-b", "inference"),
    ("inference-c", "inference"),
    ("trainer-a", "trainer"),
    ("trainer-b", "trainer"),
    ("evaluator", "evaluator"),
];
const SETTINGS: [(&str, &str); 10] = [
    ("HTTP_ADDR", "127.0.0.1:0"),
    ("MAX_STEPS", "60"),
    ("HIDDEN_SIZE", "8"),
    ("DRAIN_NOTICE_MS", "0"),
    ("RECONCILE_INTERVAL_MS", "5000"),
    ("LEASE_TTL_MS", "3000"),
    ("KAFKA_TOPIC_PARTITIONS", "6"),
    ("INFERENCE_WORKERS", "1"),
    ("KAFKA_CONFIG", "session.timeout.ms=6000,heartbeat.interval.ms=500"),
    ("LOG_LEVEL", "info"),
];
const LONGEST: Duration = Duration::from_secs(90);

pub struct World {
    pub folder: tempfile::TempDir,
    pub kafka: Mutex<Kafka>,
    pub minio: Mutex<Minio>,
    pub bootstrap_servers: String,
    pub objects: ObjectStore,
    pub runtime: tokio::runtime::Runtime,
    env: Vec<(String, String)>,
    members: Mutex<Vec<Member>>,
}

/// One process, which is started again whenever it was killed.
pub struct Member {
    pub name: String,
    role: String,
    child: Option<Child>,
}

impl World {
    pub fn start() -> Self {
        let (kafka, minio) = (Kafka::start().unwrap(), Minio::start().unwrap());
        let bootstrap_servers = kafka.bootstrap_servers();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let objects = runtime.block_on(async {
            ObjectStore::new(ObjectStoreConfig::at(minio.endpoint_url(), Minio::ACCESS_KEY, Minio::SECRET_KEY))
        });
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let mut env: Vec<(String, String)> = SETTINGS.into_iter().map(own).collect();
        env.push(("KAFKA_BOOTSTRAP_SERVERS".into(), bootstrap_servers.clone()));
        env.push(("MODEL_TYPE".into(), FAMILIES.join(",")));
        env.push(("EXPECTED_MODEL_TYPES".into(), FAMILIES.join(",")));
        env.extend(minio.env().map(|(name, value)| (name.to_owned(), value)));
        let world = Self {
            folder: tempfile::tempdir().unwrap(),
            kafka: Mutex::new(kafka),
            minio: Mutex::new(minio),
            bootstrap_servers,
            objects,
            runtime,
            env,
            members: Mutex::default(),
        };
        world.create_topics();
        let sample = Command::new(env!("CARGO_BIN_EXE_flts")).arg("sample-data").arg(world.folder.path()).output();
        assert!(sample.unwrap().status.success());
        let member = |(name, role): (&str, &str)| world.member(name, role);
        *world.members.lock().unwrap() = MEMBERS.into_iter().map(member).collect();
        world
    }

    /// The file of the synthetic data.
    pub fn sample(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A data set is made and announced by the batch job.
    pub fn announce(&self, identifier: &str, salt: &str) {
        let (train, test) = (self.sample("sample.csv"), self.sample("sample_test.csv"));
        let args = ["preprocess", "--data", train.to_str().unwrap(), "--test", test.to_str().unwrap()];
        self.until_done(&args, &[("IDENTIFIER", identifier), ("EXTRA_HASH_SALT", salt)]);
    }

    /// A person has a run served.
    pub fn serve(&self, run_id: &str) {
        self.until_done(&["promotion", "set", run_id, "--why", "the ledger wants another generation"], &[]);
    }

    /// Runs a command again until it succeeds, as a Kubernetes Job would be.
    fn until_done(&self, args: &[&str], env: &[(&str, &str)]) {
        let deadline = Instant::now() + LONGEST;
        loop {
            let job = Command::new(env!("CARGO_BIN_EXE_flts"))
                .args(args)
                .env("DATA_DIR", self.folder.path().join(args[0]))
                .envs(self.env.iter().map(|(name, value)| (name, value)))
                .envs(env.iter().copied())
                .output()
                .unwrap();
            if job.status.success() {
                return;
            }
            let said = String::from_utf8_lossy(&job.stderr).into_owned();
            assert!(Instant::now() < deadline, "{args:?} does not succeed: {said}");
            std::thread::sleep(Duration::from_millis(500));
        }
    }

    /// The first champion is there before anything is measured.
    pub fn until_a_model_serves(&self) {
        self.announce("default", "first");
        let deadline = Instant::now() + LONGEST;
        while self.runtime.block_on(self.objects.get("model-promotion", "default/current.json")).unwrap().is_none() {
            assert!(Instant::now() < deadline, "no model is promoted\n{}", self.logs());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// SIGKILL for one process, and its successor after a moment; gives its name.
    pub fn kill_one(&self, at: usize) -> String {
        let mut members = self.members.lock().unwrap();
        let count = members.len();
        let member = &mut members[at % count];
        let mut child = member.child.take().unwrap();
        assert!(child.try_wait().unwrap().is_none(), "{} had ended by itself\n{}", member.name, self.logs());
        child.kill().unwrap();
        child.wait().unwrap();
        member.child = Some(self.spawn(&member.name, &member.role));
        member.name.clone()
    }

    /// One more inference process; it leaves the group when it is told to stop.
    pub fn member(&self, name: &str, role: &str) -> Member {
        Member { name: name.into(), role: role.into(), child: Some(self.spawn(name, role)) }
    }

    /// Every line of every log, as far as it is JSON.
    pub fn log_lines(&self) -> Vec<Value> {
        let read =
            |name: &str| std::fs::read_to_string(self.folder.path().join(format!("{name}.log"))).unwrap_or_default();
        let all: String = MEMBERS.iter().map(|(name, _)| read(name)).collect();
        all.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// What all processes said, for whoever reads why a test failed.
    pub fn logs(&self) -> String {
        let names = MEMBERS.iter().map(|(name, _)| *name).chain(["inference-guest"]);
        let tail = |name: &str| {
            let text = std::fs::read_to_string(self.folder.path().join(format!("{name}.log"))).unwrap_or_default();
            let lines: Vec<&str> = text.lines().collect();
            format!("--- {name}\n{}\n", lines[lines.len().saturating_sub(40)..].join("\n"))
        };
        names.map(tail).collect()
    }

    fn spawn(&self, name: &str, role: &str) -> Child {
        let log = OpenOptions::new().create(true).append(true).open(self.folder.path().join(format!("{name}.log")));
        let log = log.unwrap();
        Command::new(env!("CARGO_BIN_EXE_flts"))
            .arg("run")
            .env("DATA_DIR", self.folder.path().join(name))
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .env("ROLES", role)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap()
    }

    fn create_topics(&self) {
        let admin: AdminClient<DefaultClientContext> =
            ClientConfig::new().set("bootstrap.servers", &self.bootstrap_servers).create().unwrap();
        let topic = |name: &'static str| NewTopic::new(name, PARTITIONS, TopicReplication::Fixed(1));
        let names = ["inference-data", "performance-eval", "training-data"];
        let topics: Vec<NewTopic<'_>> = names.into_iter().map(topic).collect();
        let created = self.runtime.block_on(admin.create_topics(&topics, &AdminOptions::new())).unwrap();
        created.into_iter().for_each(|topic| _ = topic.unwrap());
    }
}

impl Member {
    /// SIGTERM, and the end of the drain.
    pub fn stop(mut self) {
        let mut child = self.child.take().unwrap();
        kill(Pid::from_raw(child.id() as i32), Signal::SIGTERM).unwrap();
        child.wait().unwrap();
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        // a test that failed leaves no process behind
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
