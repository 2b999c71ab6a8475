//! A node that is broken, watched from outside, and given new work to prove itself.

use std::path::Path;
use std::time::{Duration, Instant};

use flts::forecast::{dataset_id, sha256_hex};
use flts::storage::{Condition, ObjectStore, Put};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::cell::{Cell, Told, When};
use crate::common::{Data, Node, PATIENCE, request_of, store_of};

/// Rows of the train and of the test part: a training takes a moment, not seconds.
const ROWS: (usize, usize) = (1200, 300);
/// Between two requests under load.
const PACE: Duration = Duration::from_millis(10);
/// Silence that counts as a hang: long for a busy machine, short for a test.
const HEARTBEAT_TIMEOUT_MS: &str = "2000";

const SETTINGS: [(&str, &str); 11] = [
    ("TRAIN_FILE", "train.csv"),
    ("TEST_FILE", "test.csv"),
    ("MODEL_TYPE", "GRU"),
    ("EXPECTED_MODEL_TYPES", "GRU"),
    ("INFERENCE_WORKERS", "2"),
    // every break is one of many here, on no quiet day
    ("RESTART_LIMIT", "1000000"),
    ("RESTART_BACKOFF_MS", "20"),
    ("RESTART_BACKOFF_MAX_MS", "20"),
    ("WORKER_RESTART_LIMIT", "1000000"),
    ("HEARTBEAT_INTERVAL_MS", "100"),
    ("HEARTBEAT_TIMEOUT_MS", HEARTBEAT_TIMEOUT_MS),
];

pub struct World {
    home: tempfile::TempDir,
    node: Node,
    train: Vec<String>,
    test: Vec<String>,
    request: Value,
    data_sets: usize,
    /// Hashes of the pair of files that was put last.
    newest: [String; 2],
}

impl World {
    /// A node with every role that has judged its first data set and serves.
    pub async fn start() -> World {
        let home = tempfile::tempdir().unwrap();
        let data = Data::synthetic();
        let part = |file: &Path, rows: usize| {
            let text = std::fs::read_to_string(file).unwrap();
            text.lines().take(rows + 1).map(str::to_owned).collect()
        };
        let (train, test) = (part(&data.train, ROWS.0), part(&data.test, ROWS.1));
        let request = request_of(&data.test, 30);
        let node = start_node(home.path());
        let mut world = World { home, node, train, test, request, data_sets: 0, newest: Default::default() };
        world.does_its_job(When::Idle).await;
        world
    }

    /// Everything that can be broken, by name.
    pub async fn targets(&self) -> Vec<String> {
        let reports = self.node.get("/debug/actors").await.1;
        let reports = reports["actors"].as_array().unwrap().clone();
        let name = |part: &Value| part["name"].as_str().unwrap().to_owned();
        let threads = |actor: &Value| actor["threads"].as_array().unwrap().iter().map(name).collect::<Vec<_>>();
        reports.iter().flat_map(|actor| std::iter::once(name(actor)).chain(threads(actor))).collect()
    }

    /// How long the job takes when nothing breaks.
    pub async fn baseline(&mut self) -> String {
        let took = self.does_its_job(When::Idle).await;
        format!("{:<28} {:<6} {:<6} {:>8} {:>8}", "-", "none", "idle", "-", took.as_millis())
    }

    /// Breaks what the cell says, and waits until it is back with its cause, message and place told.
    pub async fn suffer(&mut self, cell: &Cell) -> Told {
        let before = self.report(&cell.target).await.expect("it is there");
        let counted = self.restarts(cell).await;
        let load = self.load(cell.when).await;
        let begun = Instant::now();
        self.strike(cell).await;
        // the one that breaks at its start comes after one that was ended on purpose
        let generations = if cell.when == When::Start { 2 } else { 1 };
        let wanted = before["generation"].as_u64().unwrap() + generations;
        let back = self.until(cell, |report| {
            let exit = &report["last_exit"];
            let up = ["running", "working", "waiting", "protected"].iter().any(|phase| report["phase"] == *phase);
            up && report["generation"].as_u64() >= Some(wanted) && exit["cause"] == cell.cause()
        });
        let report = back.await;
        let back = begun.elapsed();
        let exit = &report["last_exit"];
        assert_eq!(exit["message"].as_str(), cell.message().as_deref(), "{report}");
        assert_eq!(exit["at"].is_string(), cell.fault == "panic", "{report}");
        let least = counted + 1 + u64::from(cell.when == When::Start && cell.fault == "exit");
        assert!(self.restarts(cell).await >= least, "{}", self.node.text("/metrics").await);
        finish(load).await;
        let place = exit["at"].as_str().map_or_else(String::new, |at| format!(" at {at}"));
        let message = exit["message"].as_str().unwrap_or_default();
        Told { back, exit: format!("{}: {message}{place}", cell.cause()) }
    }

    /// Hangs what the cell says, sees it found, named and escalated, and starts the next process.
    pub async fn hang(&mut self, cell: &Cell) -> Told {
        let log = self.home.path().join("termination.log");
        // of threads there is no group
        let is_actor = self.report(&cell.target).await.expect("it is there")["group"].is_string();
        let load = self.load(cell.when).await;
        let begun = Instant::now();
        self.strike(cell).await;
        let mut slowest = Duration::ZERO;
        let mut seen_stale = false;
        let status = loop {
            if let Some(status) = self.node.ended() {
                break status;
            }
            assert!(begun.elapsed() < PATIENCE, "{} hangs unseen:\n{}", cell.target, self.node.log());
            // what is read meanwhile is answered, however much hangs, until the API closes
            let asked = Instant::now();
            let Ok(answer) = self.node.http.get(format!("{}/debug/actors", self.node.base)).send().await else {
                tokio::time::sleep(Duration::from_millis(5)).await;
                continue;
            };
            if let Ok(reports) = answer.json::<Value>().await {
                slowest = slowest.max(asked.elapsed());
                let hung =
                    reports["actors"].as_array().unwrap().iter().find(|actor| actor["name"] == cell.target.as_str());
                seen_stale |= hung.is_some_and(|actor| actor["freshness"] == "stale");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        // a hung thread leaves its actor to answer
        assert_eq!(seen_stale, is_actor, "{}", self.node.log());
        let back = begun.elapsed();
        finish(load).await;
        assert_eq!(status.code(), Some(70), "{}", self.node.log());
        let reason = std::fs::read_to_string(&log).unwrap();
        assert!(reason.contains(&cell.target) && reason.contains("unresponsive: no beat"), "{reason}");
        std::fs::remove_file(log).unwrap();
        self.node = start_node(self.home.path());
        let reason = reason.lines().next().unwrap_or_default();
        Told { back, exit: format!("actors read in {} ms at most; {reason}", slowest.as_millis()) }
    }

    /// Serves, follows the pointer, and takes a new data set to a decision; how long that took.
    pub async fn does_its_job(&mut self, when: When) -> Duration {
        let begun = Instant::now();
        // under load the new data set is on its way already
        if when != When::Load {
            self.put_data_set().await;
        }
        let [train, test] = &self.newest;
        let decided = |history: &Value| {
            let decisions = history["decisions"].as_array().map(Vec::as_slice).unwrap_or_default();
            let is_newest = |one: &Value| {
                let config_hash = one["config_hash"].as_str().unwrap();
                one["dataset_id"] == dataset_id("default", config_hash, train, test)
            };
            decisions.iter().any(is_newest)
        };
        self.node.until("/promotion/history", |_, history| decided(history)).await;
        self.node.until_ready().await;
        let (status, answer) = self.node.post("/predict", &self.request).await;
        assert_eq!(status, 200, "{answer}");
        let (status, answer) = self.node.post("/reload_latest", &json!({})).await;
        assert_eq!(status, 200, "{answer}");
        for consumer in self.targets().await.iter().filter_map(|name| name.strip_suffix("-poll")) {
            let path = format!("/debug/actors/{consumer}");
            let reads =
                |report: &Value| report["state"]["poll"]["assigned"].as_array().is_some_and(|own| !own.is_empty());
            self.node.until(&path, |_, report| reads(report)).await;
        }
        begun.elapsed()
    }

    /// Another pair of files: the first value of the train part differs.
    async fn put_data_set(&mut self) {
        self.data_sets += 1;
        let mut train = self.train.clone();
        let mut cells: Vec<String> = train[1].split(',').map(str::to_owned).collect();
        cells[1] = format!("{}", 1000 + self.data_sets);
        train[1] = cells.join(",");
        let store: ObjectStore = store_of(self.home.path());
        let bytes = |lines: &[String]| lines.join("\n") + "\n";
        let (train, test) = (bytes(&train), bytes(&self.test));
        self.newest = [&train, &test].map(|part| sha256_hex(part.as_bytes()));
        for (name, part) in [("test.csv", test), ("train.csv", train)] {
            let put = store.put("dataset", name, part.into(), Condition::Always).await.unwrap();
            assert!(matches!(put, Put::Done { .. }));
        }
    }

    async fn strike(&self, cell: &Cell) {
        let path = format!("/debug/faults/{}", cell.target);
        let strikes = match cell.when {
            When::Start => vec![json!({"fault": cell.fault, "at": "start"}), json!({"fault": "exit"})],
            When::Idle | When::Load => vec![json!({"fault": cell.fault})],
        };
        for strike in strikes {
            let (status, said) = self.node.post(&path, &strike).await;
            assert_eq!(status, 200, "{}: {said}", cell.target);
        }
    }

    /// The report of an actor or of a thread.
    async fn report(&self, target: &str) -> Option<Value> {
        let reports = self.node.get("/debug/actors").await.1;
        let actors = reports["actors"].as_array()?;
        let threads = actors.iter().flat_map(|actor| actor["threads"].as_array().unwrap());
        actors.iter().chain(threads).find(|part| part["name"] == target).cloned()
    }

    async fn until(&self, cell: &Cell, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let report = self.report(&cell.target).await.unwrap_or_default();
            if wanted(&report) {
                return report;
            }
            assert!(Instant::now() < deadline, "{} {}: {report}\n{}", cell.target, cell.fault, self.node.log());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// What the metrics count of this cause.
    async fn restarts(&self, cell: &Cell) -> u64 {
        let series = if cell.target.starts_with("inference-worker") { "inference-worker" } else { &cell.target };
        let name = format!("flts_actor_restarts_total{{actor=\"{series}\",cause=\"{}\"}} ", cell.cause());
        let metrics = self.node.text("/metrics").await;
        let line = metrics.lines().find_map(|line| line.strip_prefix(&name));
        line.unwrap_or_else(|| panic!("no series {name}")).parse().unwrap()
    }

    /// Requests at a steady pace and a new data set, where the cell wants load.
    async fn load(&mut self, when: When) -> Option<JoinHandle<()>> {
        if when != When::Load {
            return None;
        }
        self.put_data_set().await;
        let (url, body, http) = (format!("{}/predict", self.node.base), self.request.clone(), self.node.http.clone());
        Some(tokio::spawn(async move {
            let mut pace = tokio::time::interval(PACE);
            loop {
                pace.tick().await;
                let request = http.post(&url).json(&body).send();
                // what becomes of each is the matter of other tests
                tokio::spawn(async move { drop(request.await) });
            }
        }))
    }
}

fn start_node(home: &Path) -> Node {
    let log = home.join("termination.log");
    let settings = [&SETTINGS[..], &[("TERMINATION_LOG", log.to_str().unwrap())]].concat();
    Node::start(home, &settings, None)
}

async fn finish(load: Option<JoinHandle<()>>) {
    if let Some(load) = load {
        load.abort();
        // aborted is what it is to be
        let _ = load.await;
    }
}
