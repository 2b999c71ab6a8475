//! The claims: fifty objects, asked for in turn at a steady rate; where each claim lies in its topic is kept.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use flts::forecast::{Series, read_csv, sha256_hex, write_parquet};
use flts::storage::{Condition, ObjectStore};
use rdkafka::producer::{BaseRecord, DeliveryResult, Producer as _, ProducerContext, ThreadedProducer};
use rdkafka::{ClientConfig, ClientContext, Message};
use serde_json::json;

use super::world::World;

pub const TOPIC: &str = "inference-data";
pub const BUCKET: &str = "processed-data";
const OBJECTS: usize = 50;
const ROWS: usize = 60;

/// Where each claim that the broker confirmed lies: (partition, offset) to its number.
pub type Places = Arc<Mutex<BTreeMap<(i32, i64), usize>>>;

pub struct Claims {
    pub places: Places,
    producer: ThreadedProducer<Reports>,
    objects: Vec<(String, String)>,
}

impl Claims {
    pub fn new(world: &World) -> Self {
        let places = Places::default();
        let producer = ClientConfig::new()
            .set("bootstrap.servers", &world.bootstrap_servers)
            .set("enable.idempotence", "true")
            .set("delivery.timeout.ms", "120000")
            .set("linger.ms", "5")
            .create_with_context(Reports(places.clone()));
        let test = std::fs::read(world.sample("sample_test.csv")).unwrap();
        let objects = world.runtime.block_on(store_objects(&world.objects, &test));
        Self { places, producer: producer.unwrap(), objects }
    }

    /// Publishes so many claims over so long a time, and waits until the broker has all of them.
    pub fn publish(&self, count: usize, over: Duration, failed: &AtomicBool) {
        let start = Instant::now();
        for number in 0..count {
            let due = start + over.mul_f64(number as f64 / count as f64);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            if failed.load(Ordering::SeqCst) {
                return;
            }
            let (object, sha256) = &self.objects[number % OBJECTS];
            let claim = json!({"bucket": BUCKET, "object": object, "object_key": object, "sha256": sha256, "v": 1,
                "operation": "post: test data", "identifier": "default", "event_id": id(number)});
            let (payload, key) = (claim.to_string(), number.to_string());
            let record = BaseRecord::with_opaque_to(TOPIC, Box::new(number)).payload(&payload).key(&key);
            self.producer.send(record).map_err(|(error, _)| error).unwrap();
        }
        self.producer.flush(Duration::from_secs(60)).unwrap();
        assert_eq!(self.places.lock().unwrap().len(), count, "the broker has every claim");
    }
}

/// The claim's own name for itself.
pub fn id(number: usize) -> String {
    format!("ledger-{number}")
}

/// The object that a claim asks for.
pub fn object_of(number: usize) -> usize {
    number % OBJECTS
}

async fn store_objects(store: &ObjectStore, csv: &[u8]) -> Vec<(String, String)> {
    let rows = read_csv(csv, "sample_test.csv", 30).unwrap();
    let windows = (0..rows.rows() - ROWS).step_by(7).map(|start| rows.slice(start..start + ROWS));
    let windows = windows.filter(is_whole).take(OBJECTS);
    let mut objects = Vec::new();
    for (number, window) in windows.enumerate() {
        let bytes = write_parquet(&window, &[]).unwrap();
        let (key, sha256) = (format!("ledger/{number}.parquet"), sha256_hex(&bytes));
        store.put(BUCKET, &key, bytes.into(), Condition::Always).await.unwrap();
        objects.push((key, sha256));
    }
    assert_eq!(objects.len(), OBJECTS, "the synthetic data has too many gaps");
    objects
}

/// Whether a forecast can be made from these rows: none is missing, no cell is empty.
fn is_whole(window: &Series) -> bool {
    let is_even = window.step_ms().is_some_and(|step_ms| window.segments(step_ms).len() == 1);
    is_even && window.columns.iter().all(|column| column.values.iter().all(|value| value.is_finite()))
}

/// Keeps where the broker put each claim.
struct Reports(Places);

impl ClientContext for Reports {}

impl ProducerContext for Reports {
    type DeliveryOpaque = Box<usize>;

    fn delivery(&self, result: &DeliveryResult<'_>, number: Self::DeliveryOpaque) {
        match result {
            Ok(message) => {
                let place = (message.partition(), message.offset());
                self.0.lock().unwrap().insert(place, *number);
            }
            Err((error, _)) => eprintln!("claim {number} was not taken: {error}"),
        }
    }
}
