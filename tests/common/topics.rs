//! A topic of a broker as a reader of its own group sees it, from its beginning on.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use flts::kafka::{Consumer, ConsumerConfig, Delivery, Producer, Record, consume};
use serde_json::Value;

/// Longest time until a record is there.
const PATIENCE: Duration = Duration::from_secs(90);

static READERS: AtomicU32 = AtomicU32::new(0);

pub struct Topic {
    records: Receiver<Record>,
    consumer: Consumer,
    reading: Option<std::thread::JoinHandle<()>>,
}

impl Topic {
    /// Reads a topic of these brokers.
    pub fn of(brokers: &str, topic: &str) -> Topic {
        let reader = READERS.fetch_add(1, Ordering::SeqCst);
        let settings = [("session.timeout.ms", "4000"), ("fetch.wait.max.ms", "10")];
        let config = ConsumerConfig {
            bootstrap_servers: brokers.into(),
            group: Some(format!("reader-{}-{reader}", std::process::id())),
            topic: topic.into(),
            extra: settings.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec(),
        };
        let (sender, records) = channel();
        let route = move |record: Record, delivery: Delivery| {
            delivery.done();
            // a test that has seen enough reads no more
            let _ = sender.send(record);
        };
        let (consumer, work) = consume(config, Producer::new(brokers, &[]).unwrap(), route);
        let reading = Some(std::thread::spawn(move || work.run(|| {}).unwrap()));
        Topic { records, consumer, reading }
    }

    /// The next record.
    pub fn next(&self) -> Record {
        self.records.recv_timeout(PATIENCE).expect("a record comes")
    }

    /// The next record as JSON.
    pub fn next_json(&self) -> Value {
        serde_json::from_slice(&self.next().payload).unwrap()
    }

    /// So many records as JSON.
    pub fn take(&self, count: usize) -> Vec<Value> {
        (0..count).map(|_| self.next_json()).collect()
    }

    /// What comes until nothing has come for a while.
    pub fn rest(&self, quiet: Duration) -> Vec<Value> {
        let mut rest = Vec::new();
        loop {
            match self.records.recv_timeout(quiet) {
                Ok(record) => rest.push(serde_json::from_slice(&record.payload).unwrap()),
                Err(RecvTimeoutError::Timeout) => return rest,
                Err(RecvTimeoutError::Disconnected) => panic!("the reader ended"),
            }
        }
    }

    /// Records until one is as wanted, which is the last of them.
    pub fn until(&self, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
        let (deadline, mut seen) = (Instant::now() + PATIENCE, Vec::new());
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let record = self.records.recv_timeout(left);
            let record = record.unwrap_or_else(|_| panic!("no such record among {seen:#?}"));
            seen.push(serde_json::from_slice(&record.payload).unwrap());
            if wanted(seen.last().unwrap()) {
                return seen;
            }
        }
    }
}

impl Drop for Topic {
    fn drop(&mut self) {
        self.consumer.stop();
        if let Some(reading) = self.reading.take() {
            let ended = reading.join();
            // a second panic would hide the first
            assert!(ended.is_ok() || std::thread::panicking(), "the reader panicked");
        }
    }
}
