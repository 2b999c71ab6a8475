//! What a store may hold, as docs of its layout say it: every key has its place, and every record names what is there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use flts::forecast::{Manifest, run_id, sha256_hex};
use flts::storage::BUCKETS;
use serde_json::Value;

use crate::common::store_of;

/// Every family that competes in these tests.
const FAMILIES: [&str; 10] =
    ["GRU", "LSTM", "PERSISTENCE", "RIDGE", "SEASONAL_NAIVE", "DRIFT", "ETS", "THETA", "MSTL", "BLEND"];

/// Everything in a store, sorted into the places of the layout.
#[derive(Default)]
pub struct Contents {
    inputs: BTreeSet<String>,
    /// Folder of a data set to its four files.
    datasets: BTreeMap<String, BTreeMap<String, Bytes>>,
    /// Data set and family to the record of the run.
    runs: BTreeMap<(String, String), Value>,
    /// Run and family to the files of the artifact.
    artifacts: BTreeMap<(String, String), BTreeMap<String, Bytes>>,
    /// Where trainings stand that are not finished.
    checkpoints: BTreeSet<String>,
    /// Who works on what.
    leases: BTreeMap<String, Value>,
    /// Claims that batch inference has answered.
    answered: BTreeSet<String>,
    decisions: Vec<Value>,
    pointer: Option<Value>,
    objects: usize,
}

impl Contents {
    /// Waits until the process of this node has nothing noted as in work.
    pub async fn settled(home: &Path) {
        let store = store_of(home);
        let noted = async || store.list("mlflow", "claims-in-work/").await.unwrap();
        let mut before = noted().await;
        loop {
            // its journal changes every second, until it is removed
            tokio::time::sleep(Duration::from_millis(2500)).await;
            let now = noted().await;
            if now == before {
                return;
            }
            before = now;
        }
    }

    /// Reads the store of the node whose data folder this is, through its S3 protocol.
    pub async fn read(home: &Path) -> Contents {
        let store = store_of(home);
        let mut contents = Contents::default();
        for bucket in BUCKETS {
            for entry in store.list(bucket, "").await.unwrap() {
                let object = store.get(bucket, &entry.key).await.unwrap().expect("what is listed is there");
                contents.place(bucket, &entry.key, object.bytes);
            }
        }
        contents
    }

    /// Puts one object into its place; a key that has none fails the test.
    fn place(&mut self, bucket: &str, key: &str, bytes: Bytes) {
        self.objects += 1;
        let json = || serde_json::from_slice::<Value>(&bytes).unwrap_or_else(|error| panic!("{bucket}/{key}: {error}"));
        match (bucket, key.split('/').collect::<Vec<_>>().as_slice()) {
            ("dataset", ["sample.csv" | "sample_test.csv"]) => {
                self.inputs.insert(key.to_owned());
            }
            ("processed-data", ["default", config_hash, dataset_id, file])
                if is_hex(config_hash, 64) && is_hex(dataset_id, 16) =>
            {
                let folder = key.rsplit_once('/').unwrap().0.to_owned();
                self.datasets.entry(folder).or_default().insert((*file).to_owned(), bytes);
            }
            ("mlflow", ["runs", "default", dataset_id, family, file]) => {
                let record = json();
                let train_hash = file.strip_suffix(".json").unwrap();
                assert!(is_hex(train_hash, 64), "{key}");
                for (field, found) in [
                    ("identifier", "default"),
                    ("dataset_id", dataset_id),
                    ("model_type", family),
                    ("train_hash", train_hash),
                ] {
                    assert_eq!(record[field], found, "{key}");
                }
                let second = self.runs.insert(((*dataset_id).to_owned(), (*family).to_owned()), record);
                assert!(second.is_none(), "{key} is a second run of its family");
            }
            ("mlflow", ["Default", run_id, "artifacts", family, file]) if is_hex(run_id, 32) => {
                let artifact = self.artifacts.entry(((*run_id).to_owned(), (*family).to_owned())).or_default();
                artifact.insert((*file).to_owned(), bytes);
            }
            ("mlflow", ["checkpoints", "default", dataset_id, "GRU" | "LSTM", file]) => {
                assert!(is_hex(dataset_id, 64) && is_hex(file.strip_suffix(".safetensors").unwrap(), 64), "{key}");
                self.checkpoints.insert(key.to_owned());
            }
            ("mlflow", ["leases", "default", dataset_id, "GRU" | "LSTM", file]) => {
                assert!(is_hex(dataset_id, 64) && is_hex(file.strip_suffix(".json").unwrap(), 64), "{key}");
                self.leases.insert(key.to_owned(), json());
            }
            // what a process that died was answering, until the same rows are answered
            ("mlflow", ["claims-in-work", file]) if is_hex(file.strip_suffix(".json").unwrap(), 32) => drop(json()),
            ("model-promotion", ["default", "history", _]) => {
                let decision = json();
                assert_eq!(key, format!("default/history/{:08}.json", decision["seq"].as_u64().unwrap()));
                self.decisions.push(decision);
            }
            ("model-promotion", ["default", "current.json"]) => self.pointer = Some(json()),
            ("inference-logs", ["default", day, segment])
                if day.len() == 8 && is_hex(day, 8) && segment.ends_with(".jsonl") =>
            {
                let text = String::from_utf8(bytes.to_vec()).unwrap();
                let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
                self.answered.extend(lines.map(|line| line["claim_id"].as_str().unwrap().to_owned()));
            }
            _ => panic!("{bucket}/{key} has no place in the layout"),
        }
    }

    /// Asserts that everything is there once, whole, and named by what should name it, after this many promotions.
    pub fn assert_whole(&self, promotions: usize) {
        assert_eq!(self.inputs.len(), 2, "{:?}", self.inputs);
        let datasets = self.whole_datasets();
        assert_eq!(datasets.len(), promotions, "data sets");
        self.assert_runs(&datasets);
        self.assert_artifacts();
        assert!(self.checkpoints.is_empty(), "{:?} are of finished trainings", self.checkpoints);
        self.assert_leases();
        self.assert_decisions(promotions);
        let claims = datasets.iter().map(|dataset_id| format!("infer:{dataset_id}"));
        assert!(self.answered.is_subset(&claims.collect()), "{:?}", self.answered);
        assert!(!self.answered.is_empty(), "the claim of the newest data set is answered");
    }

    /// None is held; whoever died between the record of a run and its lease leaves one that nobody asks for again.
    fn assert_leases(&self) {
        for (key, lease) in &self.leases {
            let run = self.runs.values().find(|run| {
                let named = ["dataset_id", "model_type", "train_hash"].map(|field| run[field].as_str().unwrap());
                named.into_iter().all(|name| key.contains(name))
            });
            assert!(run.is_some(), "{key} is of no run: {lease}");
        }
    }

    /// Ids of the data sets; both records of each say the same, and the files are those that they name.
    fn whole_datasets(&self) -> BTreeSet<String> {
        let whole = |(folder, files): (&String, &BTreeMap<String, Bytes>)| {
            let names: Vec<&str> = files.keys().map(String::as_str).collect();
            assert_eq!(names, ["test.meta.json", "test.parquet", "train.meta.json", "train.parquet"], "{folder}");
            assert_eq!(files["test.meta.json"], files["train.meta.json"], "{folder}");
            let record: Value = serde_json::from_slice(&files["train.meta.json"]).unwrap();
            for part in ["train", "test"] {
                let bytes = &files[&format!("{part}.parquet")];
                assert_eq!(record[part]["object"], format!("{folder}/{part}.parquet"));
                assert_eq!(record[part]["sha256"], sha256_hex(bytes), "{folder}/{part}");
                assert_eq!(record[part]["size"], bytes.len(), "{folder}/{part}");
            }
            let id = record["dataset_id"].as_str().unwrap();
            assert_eq!(*folder, format!("default/{}/{}", record["config_hash"].as_str().unwrap(), &id[..16]));
            id.to_owned()
        };
        self.datasets.iter().map(whole).collect()
    }

    /// One finished run per data set and family.
    fn assert_runs(&self, datasets: &BTreeSet<String>) {
        let wanted: BTreeSet<(String, String)> =
            datasets.iter().flat_map(|id| FAMILIES.map(|family| (id.clone(), family.to_owned()))).collect();
        assert_eq!(self.runs.keys().cloned().collect::<BTreeSet<_>>(), wanted, "runs");
        for run in self.runs.values() {
            assert_eq!(run["status"], "FINISHED", "{run}");
        }
    }

    /// One artifact per run, named by its content, whole, and the one that the run's record means.
    fn assert_artifacts(&self) {
        let wanted: BTreeMap<(String, String), &Value> = self
            .runs
            .iter()
            .map(|((_, family), run)| ((run["run_id"].as_str().unwrap().to_owned(), family.clone()), run))
            .collect();
        assert!(self.artifacts.keys().eq(wanted.keys()), "{:?} are not {:?}", self.artifacts.keys(), wanted.keys());
        for (key, files) in &self.artifacts {
            let names: Vec<&str> = files.keys().map(String::as_str).collect();
            assert_eq!(names, ["manifest.json", "weights.safetensors"], "{key:?}");
            let (manifest_json, weights) = (&files["manifest.json"], &files["weights.safetensors"]);
            assert_eq!(wanted[key]["manifest_sha256"], sha256_hex(manifest_json), "{key:?}");
            let mut manifest = Manifest::from_json(manifest_json).unwrap();
            assert_eq!(manifest.files["weights.safetensors"], sha256_hex(weights), "{key:?}");
            assert_eq!(manifest.lineage.run_id, key.0);
            manifest.lineage.run_id.clear();
            assert_eq!(run_id(&manifest.to_json()), key.0, "{key:?} is not named by its content");
        }
    }

    /// A dense log of promotions, each over all runs of its data set, and the pointer of the last one.
    fn assert_decisions(&self, promotions: usize) {
        assert_eq!(self.decisions.len(), promotions, "{:?}", self.decisions);
        let mut judged = BTreeSet::new();
        for (decision, number) in self.decisions.iter().zip(1..) {
            assert_eq!((&decision["seq"], &decision["generation"]), (&Value::from(number), &Value::from(number)));
            assert_eq!(decision["decision"], "promoted", "{decision}");
            let runs = decision["judged_runs"].as_array().unwrap();
            judged.extend(runs.iter().map(|run| run.as_str().unwrap().to_owned()));
        }
        let all: BTreeSet<String> = self.artifacts.keys().map(|(run, _)| run.clone()).collect();
        assert_eq!(judged, all, "judged runs");
        assert_eq!(self.pointer.as_ref(), self.decisions.last().map(|decision| &decision["pointer"]));
    }

    /// Run and generation of the pointer.
    pub fn served(&self) -> (String, u64) {
        let pointer = self.pointer.as_ref().expect("a pointer");
        (pointer["run_id"].as_str().unwrap().to_owned(), pointer["generation"].as_u64().unwrap())
    }

    /// Asserts that the files of the embedded store are these objects and nothing else.
    pub fn assert_alone_on_disk(&self, home: &Path) {
        let store = home.join("store");
        for folder in ["tmp", "quarantine"] {
            assert_eq!(files_below(&store.join(folder)), 0, "{folder} of the store is not empty");
        }
        assert_eq!(files_below(&store.join("buckets")), self.objects, "files of the store");
    }
}

fn files_below(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { files_below(&path) } else { 1 }).sum()
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
