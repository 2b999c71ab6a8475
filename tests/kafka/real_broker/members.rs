//! Members of a group that answer what they read, and somebody who sends.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;

use flts::kafka::{Consumer, ConsumerConfig, Delivery, Producer, Record, consume};
use flts_soak::services::Kafka;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer as _, ThreadedProducer};

use crate::fixture::{Bench, LONGEST, recv};

/// A member whose worker publishes one answer to each record, and awaits its report.
pub struct Member {
    consumer: Consumer,
    ended: Receiver<()>,
    answered: Arc<AtomicUsize>,
}

impl Member {
    pub fn start(bench: &Bench) -> Self {
        let settings = [("session.timeout.ms", "10000"), ("heartbeat.interval.ms", "300"), ("fetch.wait.max.ms", "10")];
        let config = ConsumerConfig {
            bootstrap_servers: bench.bootstrap_servers.clone(),
            group: Some(bench.group("g")),
            topic: bench.topic.clone(),
            extra: settings.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec(),
        };
        let producer = bench.producer(&[]);
        let (sender, records) = channel();
        let (consumer, work) = consume(config, producer.clone(), move |record, delivery| {
            // a worker that is gone hands everything back
            let _ = sender.send((record, delivery));
        });
        let (end, ended) = channel();
        let answered = Arc::new(AtomicUsize::new(0));
        let (answers, count) = (format!("DLQ-{}", bench.topic), Arc::clone(&answered));
        std::thread::spawn(move || answer(&records, &producer, &answers, &count));
        std::thread::spawn(move || {
            work.run(|| ()).unwrap();
            end.send(())
        });
        Self { consumer, ended, answered }
    }

    pub fn answered(&self) -> usize {
        self.answered.load(Ordering::SeqCst)
    }

    pub fn stop(self) {
        self.consumer.stop();
        recv(&self.ended, "the end of a member");
    }
}

fn answer(records: &Receiver<(Record, Delivery)>, producer: &Producer, topic: &str, count: &AtomicUsize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    while let Ok(first) = records.recv() {
        let batch: Vec<_> = std::iter::once(first).chain(records.try_iter().take(20)).collect();
        let publish = |(record, delivery): (Record, Delivery)| {
            let report = delivery.publish(producer, topic, None, &record.payload);
            (delivery, report)
        };
        let sent: Vec<_> = batch.into_iter().map(publish).collect();
        for (delivery, report) in sent {
            // what was lost is the next member's
            if let Ok(report) = report {
                runtime.block_on(report).unwrap();
                delivery.done();
                count.fetch_add(1, Ordering::SeqCst);
            }
        }
    }
}

/// Sends numbers from 0 on, over all partitions, a thousand or two a second.
pub fn sender(bench: &Bench, records: usize) -> JoinHandle<()> {
    let client: ThreadedProducer<DefaultProducerContext> =
        bench.client_config().set("partitioner", "random").set("sticky.partitioning.linger.ms", "0").create().unwrap();
    let topic = bench.topic.clone();
    std::thread::spawn(move || {
        for number in 0..records {
            let payload = number.to_string();
            client.send(BaseRecord::<[u8], str>::to(&topic).payload(&payload)).map_err(|(error, _)| error).unwrap();
            if number % 100 == 0 {
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
        }
        client.flush(LONGEST).unwrap();
    })
}

/// Sends one record to one partition.
pub fn send_to(bench: &Bench, partition: i32, payload: &str) {
    let client: ThreadedProducer<DefaultProducerContext> = bench.client_config().create().unwrap();
    let record = BaseRecord::<[u8], str>::to(&bench.topic).partition(partition).payload(payload);
    client.send(record).map_err(|(error, _)| error).unwrap();
    client.flush(LONGEST).unwrap();
}

/// The lag of a group over all partitions, as Kafka's own tool counts it.
pub fn lag_by_the_tool(broker: &Kafka, group: &str) -> i64 {
    let class = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand";
    let told = broker.tool(class, &["--describe", "--group", group]).unwrap();
    let lines = told.lines().filter(|line| line.trim_start().starts_with(group));
    let lags: Vec<i64> = lines.map(|line| line.split_whitespace().nth(5).unwrap().parse().unwrap()).collect();
    assert!(!lags.is_empty(), "{told}");
    lags.iter().sum()
}
