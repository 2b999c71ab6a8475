//! The files of the first formats, and what it takes to use them.

use std::fs;
use std::path::{Path, PathBuf};

use flts::storage::{BUCKETS, Condition, ObjectStore};
use serde_json::Value;

use crate::common::any_store::AnyStore;

/// The settings of the trainings behind the files, beside those that each test names.
pub const SETTINGS: [(&str, &str); 9] = [
    ("TARGETS", "down,up"),
    ("INPUT_SEQ_LEN", "8"),
    ("OUTPUT_SEQ_LEN", "4"),
    ("HIDDEN_SIZE", "4"),
    ("MAX_STEPS", "150"),
    ("BATCH_SIZE", "16"),
    ("LEARNING_RATE", "0.01"),
    ("INFERENCE_WORKERS", "1"),
    ("RECONCILE_INTERVAL_MS", "300"),
];

/// How far a forecast may be from the one that was written down: another processor sums in another order.
const TOLERANCE: f64 = 1e-5;

/// A file or folder of the first formats.
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/formats_v1").join(name)
}

pub fn bytes(name: &str) -> Vec<u8> {
    let file = path(name);
    fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

pub fn json(name: &str) -> Value {
    serde_json::from_slice(&bytes(name)).unwrap()
}

/// A running store that holds the objects of the fixtures.
pub struct Stored {
    pub objects: ObjectStore,
    _store: AnyStore,
}

/// A store that holds every object of the first formats.
pub async fn stored() -> Stored {
    let store = AnyStore::start().await;
    let stored = Stored { objects: store.client(), _store: store };
    for bucket in BUCKETS {
        stored.objects.ensure_bucket(bucket).await.unwrap();
    }
    let root = path("objects");
    for file in files_below(&root) {
        let below = file.strip_prefix(&root).unwrap().to_str().unwrap();
        let (bucket, key) = below.split_once('/').unwrap();
        let bytes = fs::read(&file).unwrap();
        stored.objects.put(bucket, key, bytes.into(), Condition::Always).await.unwrap();
    }
    stored
}

/// A copy of the data folder that a node of the first formats was killed on.
pub fn data_dir() -> tempfile::TempDir {
    let (copy, root) = (tempfile::tempdir().unwrap(), path("data_dir"));
    for file in files_below(&root) {
        let to = copy.path().join(file.strip_prefix(&root).unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(&file, &to).unwrap();
    }
    copy
}

pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

/// Whether a number is the one that was written down.
pub fn is_near(now: f64, then: f64) -> bool {
    (now - then).abs() <= TOLERANCE * then.abs().max(f64::MIN_POSITIVE)
}

/// Asserts that everything that was said then is said now; more may be said.
pub fn assert_says(now: &Value, then: &Value) {
    if let Some(place) = difference(now, then) {
        panic!("{place}\nnow: {now:#}\nthen: {then:#}");
    }
}

/// The first place where `now` does not say what `then` does.
fn difference(now: &Value, then: &Value) -> Option<String> {
    match (now, then) {
        (Value::Object(now), Value::Object(then)) => then.iter().find_map(|(name, then)| {
            let now = now.get(name).unwrap_or(&Value::Null);
            difference(now, then).map(|place| format!(".{name}{place}"))
        }),
        (Value::Array(now), Value::Array(then)) if now.len() == then.len() => {
            let pairs = now.iter().zip(then).enumerate();
            pairs.into_iter().find_map(|(at, (now, then))| difference(now, then).map(|place| format!("[{at}]{place}")))
        }
        (Value::Number(now), Value::Number(then)) => {
            (!is_near(now.as_f64()?, then.as_f64()?)).then(|| format!(" is {now} and was {then}"))
        }
        _ => (now != then).then(|| format!(" is {now} and was {then}")),
    }
}
