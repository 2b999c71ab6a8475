//! A real node as a child process, driven from outside like an operator would.

#![allow(dead_code, reason = "each test program uses its own part of the harness")]

pub mod any_store;
pub mod careless;
pub mod long_history;
pub mod lossy;
pub mod raw;
pub mod shell;
pub mod spawned;
pub mod topics;
pub mod training;
pub mod wire;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use flts::storage::{ObjectStore, ObjectStoreConfig};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Map, Value, json};

/// Longest time any awaited thing may take; a test that waits this long has failed.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// Settings that make a node quick to train and to stop.
pub const QUICK: [(&str, &str); 8] = [
    ("HTTP_ADDR", "127.0.0.1:0"),
    ("MAX_STEPS", "60"),
    ("HIDDEN_SIZE", "8"),
    ("DRAIN_NOTICE_MS", "0"),
    ("RESTART_BACKOFF_MS", "20"),
    ("ENABLE_FAULTS", "1"),
    ("LOG_LEVEL", "info"),
    // tests that wait for the decision of a round find the one that they wait for
    ("PROVISIONAL_PROMOTION", "false"),
];

/// Synthetic train and test files in a folder of their own.
pub struct Data {
    pub folder: tempfile::TempDir,
    pub train: PathBuf,
    pub test: PathBuf,
}

impl Data {
    pub fn synthetic() -> Data {
        let folder = tempfile::tempdir().unwrap();
        let status = Command::new(env!("CARGO_BIN_EXE_flts"))
            .args(["sample-data", folder.path().to_str().unwrap()])
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success());
        let csv = |test: bool| {
            let files = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
            files.into_iter().find(|path| path.to_str().unwrap().ends_with("_test.csv") == test).unwrap()
        };
        let (train, test) = (csv(false), csv(true));
        Data { folder, train, test }
    }

    /// The first `count` rows of the test file as a request body.
    pub fn request(&self, count: usize) -> Value {
        request_of(&self.test, count)
    }
}

/// The first `count` rows of a CSV file as the body of `POST /predict`.
pub fn request_of(file: &Path, count: usize) -> Value {
    let mut reader = csv::Reader::from_path(file).unwrap();
    let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows: Vec<csv::StringRecord> = reader.records().take(count).map(Result::unwrap).collect();
    let mut data = Map::new();
    for (at, name) in header.iter().enumerate() {
        let cells: Vec<Value> = rows
            .iter()
            .map(|row| if at == 0 { json!(row[at]) } else { row[at].parse::<f64>().map_or(Value::Null, Value::from) })
            .collect();
        data.insert(if at == 0 { "ts".into() } else { name.clone() }, Value::Array(cells));
    }
    json!({"data": data})
}

/// What the node of a data folder tells others to reach it by.
pub fn node_file(home: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(home.join("node.json")).unwrap()).unwrap()
}

/// Of the store in the data folder of a running node: address, access key, secret key.
pub fn store_access(home: &Path) -> [String; 3] {
    let node = node_file(home);
    ["endpoint_url", "access_key", "secret_key"].map(|name| node["store"][name].as_str().unwrap().to_owned())
}

/// The store in the data folder of a running node, as another node would join it.
pub fn store_of(home: &Path) -> ObjectStore {
    let [endpoint_url, access_key, secret_key] = store_access(home);
    ObjectStore::new(ObjectStoreConfig::at(endpoint_url, access_key, secret_key))
}

/// The brokers of the running node in a data folder.
pub fn brokers_of(home: &Path) -> String {
    node_file(home)["kafka_bootstrap_servers"].as_str().unwrap().to_owned()
}

/// A node that only serves, in a folder of its own.
pub fn serving_node(env: &[(&str, &str)]) -> (tempfile::TempDir, Node) {
    let home = tempfile::tempdir().unwrap();
    let node = Node::start(home.path(), &[&[("ROLES", "inference")], env].concat(), None);
    (home, node)
}

/// A running `flts run`.
pub struct Node {
    child: Child,
    pub base: String,
    pub http: reqwest::Client,
    log: Arc<(Mutex<Vec<String>>, Condvar)>,
}

impl Node {
    /// Starts a node on `data_dir`; it has bound its port when this returns.
    pub fn start(data_dir: &Path, env: &[(&str, &str)], data: Option<&Data>) -> Node {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flts"));
        command
            .arg("run")
            .env("DATA_DIR", data_dir)
            .envs(QUICK)
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(data) = data {
            command.arg("--data").arg(&data.train).arg("--test").arg(&data.test);
        }
        let mut child = command.spawn().unwrap();
        let log = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
        follow(child.stdout.take().unwrap(), log.clone());
        follow(child.stderr.take().unwrap(), log.clone());
        let mut node = Node { child, base: String::new(), http: reqwest::Client::new(), log };
        let line = node.await_line(" on http");
        let listening = line.split(" on ").nth(1).unwrap().split(',').next().unwrap();
        node.base = listening.replace("0.0.0.0", "127.0.0.1");
        node
    }

    /// Waits for a line of stdout or stderr that contains `text`.
    pub fn await_line(&self, text: &str) -> String {
        let (lines, changed) = &*self.log;
        let deadline = Instant::now() + PATIENCE;
        let mut seen = lines.lock().unwrap();
        loop {
            if let Some(line) = seen.iter().find(|line| line.contains(text)) {
                return line.clone();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "no line with {text:?} in:\n{}", seen.join("\n"));
            seen = changed.wait_timeout(seen, left).unwrap().0;
        }
    }

    pub fn log(&self) -> String {
        self.log.0.lock().unwrap().join("\n")
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        let response = self.http.get(format!("{}{path}", self.base)).send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_str(&response.text().await.unwrap()).unwrap_or(Value::Null))
    }

    pub async fn text(&self, path: &str) -> String {
        self.http.get(format!("{}{path}", self.base)).send().await.unwrap().text().await.unwrap()
    }

    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let response = self.http.post(format!("{}{path}", self.base)).json(body).send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_str(&response.text().await.unwrap()).unwrap_or(Value::Null))
    }

    /// Asks again and again until the answer is as wanted.
    pub async fn until(&self, path: &str, wanted: impl Fn(u16, &Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let (status, value) = self.get(path).await;
            if wanted(status, &value) {
                return value;
            }
            assert!(Instant::now() < deadline, "{path} stayed {status} {value}\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub async fn until_ready(&self) {
        self.until("/readyz", |status, _| status == 200).await;
    }

    pub async fn until_running(&self, actor: &str) {
        self.until(&format!("/debug/actors/{actor}"), |_, report| report["phase"] == "running").await;
    }

    pub async fn actor(&self, name: &str) -> Value {
        self.get(&format!("/debug/actors/{name}")).await.1
    }

    /// The most memory that the process has had so far.
    pub fn peak_memory_bytes(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.split_whitespace().next().unwrap().parse::<usize>().unwrap() << 10
    }

    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id() as i32)
    }

    /// SIGKILL, as a crash or the kernel would end it.
    pub fn kill(mut self) {
        kill(self.pid(), Signal::SIGKILL).unwrap();
        self.child.wait().unwrap();
    }

    /// SIGSTOP, as a starved machine would halt it; every thread stands when this returns, which the signal alone does not say.
    pub async fn halt(&self) {
        kill(self.pid(), Signal::SIGSTOP).unwrap();
        let threads = || std::fs::read_dir(format!("/proc/{}/task", self.pid())).unwrap();
        let stands = |thread: std::io::Result<std::fs::DirEntry>| {
            let status = std::fs::read_to_string(thread.unwrap().path().join("status")).unwrap();
            status.lines().any(|line| line.starts_with("State:\tT"))
        };
        let deadline = Instant::now() + PATIENCE;
        while !threads().all(stands) {
            assert!(Instant::now() < deadline, "a thread goes on after SIGSTOP");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// SIGTERM, and the exit status of the drained node.
    pub fn stop(mut self) -> ExitStatus {
        kill(self.pid(), Signal::SIGTERM).unwrap();
        self.child.wait().unwrap()
    }

    /// The exit status, if the node has ended.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    pub fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).unwrap();
    }

    /// The exit code of a node that was told to stop, and then all that it has said.
    pub fn end(mut self) -> (Option<i32>, String) {
        let code = self.child.wait().unwrap().code();
        let (lines, changed) = &*self.log;
        let deadline = Instant::now() + PATIENCE;
        let mut seen = lines.lock().unwrap();
        // both followers hold the log until they have read its end
        while Arc::strong_count(&self.log) > 1 {
            assert!(Instant::now() < deadline, "somebody else holds the output of the node");
            seen = changed.wait_timeout(seen, Duration::from_millis(10)).unwrap().0;
        }
        (code, seen.join("\n"))
    }

    /// The exit status of a node that was told to stop.
    pub fn wait(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // a test that failed leaves no node behind
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn follow(stream: impl std::io::Read + Send + 'static, log: Arc<(Mutex<Vec<String>>, Condvar)>) {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            log.0.lock().unwrap().push(line);
            log.1.notify_all();
        }
    });
}
