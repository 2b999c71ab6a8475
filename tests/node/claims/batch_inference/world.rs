//! A node with a model, objects to claim, and the claims.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use flts::forecast::{TimeForm, format_time};
use flts::kafka::{INFERENCE_DATA, Producer};
use flts::storage::{Condition, ObjectStore};
use serde_json::{Map, Value, json};
use tokio::task::JoinHandle;

use crate::common::{Data, Node, brokers_of, store_of};

/// Rows of an object: the model looks at 30 and forecasts 30.
pub const ROWS: usize = 90;

/// Of the synthetic data, two minutes.
const STEP_MS: i64 = 120_000;

pub struct World {
    home: tempfile::TempDir,
    /// Names and rows of the test file, those left out that were not measured whole.
    rows: (Vec<String>, Vec<Vec<String>>),
    node: Node,
    store: ObjectStore,
    producer: Producer,
}

impl World {
    /// A node whose first data set is promoted.
    pub async fn start(env: &[(&str, &str)]) -> World {
        let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
        let settings = [&[("MODEL_TYPE", "GRU"), ("EXPECTED_MODEL_TYPES", "GRU")], env].concat();
        let node = Node::start(home.path(), &settings, Some(&data));
        node.until_ready().await;
        node.until("/promotion", |status, _| status == 200).await;
        let (store, producer) = (store_of(home.path()), Producer::new(&brokers_of(home.path()), &[]).unwrap());
        World { home, rows: whole_rows(&data), node, store, producer }
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    pub fn node(&self) -> &Node {
        &self.node
    }

    pub fn store(&self) -> &ObjectStore {
        &self.store
    }

    pub fn brokers(&self) -> String {
        brokers_of(self.home())
    }

    /// Puts an object of the test rows from this one on; its text.
    pub async fn put_rows(&self, key: &str, from: usize) -> String {
        let (header, rows) = &self.rows;
        let rows = rows[from..from + ROWS].iter().map(|row| row.join(","));
        let part: String = std::iter::once(header.join(",")).chain(rows).map(|line| line + "\n").collect();
        self.store.put("dataset", key, part.clone().into(), Condition::Always).await.unwrap();
        part
    }

    /// Puts an object of these bytes.
    pub async fn put(&self, key: &str, bytes: Vec<u8>) {
        self.store.put("dataset", key, bytes.into(), Condition::Always).await.unwrap();
    }

    /// What was measured in the test rows.
    pub fn down(&self) -> Vec<f64> {
        let (header, rows) = &self.rows;
        let place = header.iter().position(|name| name == "down").unwrap();
        rows.iter().map(|row| row[place].parse().unwrap()).collect()
    }

    /// What the API forecasts after these rows of the test file.
    pub async fn predict(&self, rows: Range<usize>) -> Value {
        let (status, answer) = self.node.post("/predict", &self.request(rows)).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    fn request(&self, range: Range<usize>) -> Value {
        let (header, rows) = &self.rows;
        let cells = |place: usize| {
            let texts = rows[range.clone()].iter().map(|row| row[place].as_str());
            texts.map(|text| text.parse::<f64>().map_or_else(|_| json!(text), Value::from)).collect::<Vec<_>>()
        };
        let columns: Map<String, Value> =
            header.iter().enumerate().map(|(place, name)| (name.clone(), cells(place).into())).collect();
        json!({"data": columns, "index_col": header[0], "inference_length": 30})
    }

    pub async fn claim(&self, claim: &Value) {
        self.producer.send(INFERENCE_DATA, None, claim.to_string().into_bytes()).await.unwrap();
    }

    /// A claim that is of use until then, epoch milliseconds.
    pub async fn claim_until(&self, claim: &Value, deadline_ms: &str) {
        let (payload, header) = (claim.to_string(), ("deadline_ms", deadline_ms));
        self.producer.start_send_with(INFERENCE_DATA, None, payload.as_bytes(), header).unwrap().await.unwrap();
    }

    /// The line of the log that an event names.
    pub async fn line_of(&self, event: &Value) -> Value {
        let text = |name: &str| event[name].as_str().unwrap();
        let segment = self.store.get(text("log_bucket"), text("log_object_key")).await.unwrap();
        let segment = segment.unwrap_or_else(|| panic!("{event} names what is not there"));
        let lines = std::str::from_utf8(&segment.bytes).unwrap().lines();
        let mut lines = lines.map(|line| serde_json::from_str::<Value>(line).unwrap());
        let line = lines.find(|line| line["claim_id"] == event["claim_id"]);
        line.unwrap_or_else(|| panic!("no line of {event}"))
    }

    /// Asserts that the segments of every process are numbered without a hole.
    pub async fn assert_segments_are_dense(&self) {
        let mut numbers: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for entry in self.store.list("inference-logs", "").await.unwrap() {
            let (node, number) = entry.key.strip_suffix(".jsonl").unwrap().rsplit_once('-').unwrap();
            let node = node.rsplit('/').next().unwrap();
            numbers.entry(node.to_owned()).or_default().push(number.parse().unwrap());
        }
        for (node, numbers) in numbers {
            assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "{node}");
        }
    }

    /// Requests to a node, one after the other on each of four connections.
    pub fn load_on(&self, node: &Node) -> JoinHandle<()> {
        let (url, http, body) = (format!("{}/predict", node.base), node.http.clone(), self.request(0..40));
        tokio::spawn(async move {
            let one = || async {
                loop {
                    // what becomes of each is the matter of other tests
                    drop(http.post(&url).json(&body).send().await);
                }
            };
            tokio::join!(one(), one(), one(), one());
        })
    }
}

/// The rows that have every cell, at the times of rows without a gap.
fn whole_rows(data: &Data) -> (Vec<String>, Vec<Vec<String>>) {
    let text = std::fs::read_to_string(&data.test).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let whole = lines.filter(|row| row.iter().all(|cell| !cell.is_empty()));
    let with_time = whole.zip(0..).map(|(mut row, at)| {
        row[0] = format_time(STEP_MS * at, TimeForm::Naive);
        row
    });
    (header, with_time.collect())
}

/// A claim of an object in the bucket of input files, called like it.
pub fn claim_of(key: &str) -> Value {
    json!({"bucket": "dataset", "object": key, "identifier": "default", "event_id": key, "v": 1})
}
