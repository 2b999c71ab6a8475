//! What a record costs on its way through a consumer: the books alone, and the whole loop with 500 records in flight.

use std::collections::VecDeque;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flts::kafka::{ConsumerConfig, Delivery, OffsetTracker, Producer, consume};
use rdkafka::mocking::MockCluster;

const IN_FLIGHT: usize = 500;
/// The mock keeps 5 MiB a partition.
const RECORDS: u64 = 15_000;
const PAYLOAD: [u8; 250] = [b'x'; 250];

fn tracker(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("prefix of 500");
    group.throughput(Throughput::Elements(1));
    group.bench_function("begin, finish, committable", |bencher| {
        let mut tracker = OffsetTracker::new();
        let mut next = 0;
        let mut out: VecDeque<i64> = VecDeque::new();
        bencher.iter(|| {
            tracker.begin(next);
            out.push_back(next);
            next += 1;
            if out.len() > IN_FLIGHT {
                // the younger half finishes first
                let of = if next % 2 == 0 { out.pop_front() } else { out.remove(IN_FLIGHT / 2) };
                tracker.finish(of.unwrap_or_default());
            }
            tracker.committable()
        });
    });
    group.finish();
}

/// Reads all records of the topic as a new group and answers each on another thread; gives the time from the first to the last.
fn read_all(brokers: &str, producer: &Producer, group: String) -> Duration {
    let extra = [("session.timeout.ms", "4000"), ("heartbeat.interval.ms", "500"), ("fetch.wait.max.ms", "10")];
    let config = ConsumerConfig {
        bootstrap_servers: brokers.to_owned(),
        group: Some(group),
        topic: "work".into(),
        extra: extra.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec(),
    };
    let (sender, records) = channel::<Delivery>();
    let (consumer, work) = consume(config, producer.clone(), move |_, delivery| {
        // the end of the bench is the end of whoever answers
        let _ = sender.send(delivery);
    });
    let reading = std::thread::spawn(move || work.max_in_flight(IN_FLIGHT).run(|| ()).is_ok());
    let mut begun = None;
    for _ in 0..RECORDS {
        let Ok(delivery) = records.recv() else { break };
        begun.get_or_insert_with(Instant::now);
        delivery.done();
    }
    let took = begun.map_or(Duration::ZERO, |begun| begun.elapsed());
    consumer.stop();
    assert!(reading.join().is_ok_and(|ended| ended), "the loop failed");
    took
}

fn whole_loop(criterion: &mut Criterion) {
    let mock = MockCluster::new(1).expect("a mock broker starts");
    mock.create_topic("work", 1, 1).and_then(|()| mock.create_topic("DLQ-work", 1, 1)).expect("topics can be made");
    let brokers = mock.bootstrap_servers();
    let producer = Producer::new(&brokers, &[]).expect("the settings make a client");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be had");
    let all = (0..RECORDS).map(|_| producer.send("work", None, PAYLOAD.to_vec()));
    let sent = runtime.block_on(futures::future::join_all(all));
    assert!(sent.iter().all(Result::is_ok), "the mock took not all");

    let mut group = criterion.benchmark_group("consumer loop, 500 in flight");
    group.throughput(Throughput::Elements(RECORDS)).sample_size(10).warm_up_time(Duration::from_millis(1));
    let mut groups = 0;
    group.bench_function("read, answer, settle, commit", |bencher| {
        bencher.iter_custom(|times| {
            let one = |_| {
                groups += 1;
                read_all(&brokers, &producer, format!("group-{groups}"))
            };
            (0..times).map(one).sum()
        });
    });
    group.finish();
}

criterion_group!(benches, tracker, whole_loop);
criterion_main!(benches);
