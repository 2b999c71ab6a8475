//! Whatever is lost on the way, and however many look for work at once: one run a family, one decision.
//!
//! On the embedded broker and store, where the broker is lost with the node that runs it; and, ignored, on a real broker and MinIO.

use std::time::{Duration, Instant};

use flts::kafka::TOPICS;
use flts::storage::{Datasets, Decisions, MLFLOW_BUCKET, ObjectStore, ObjectStoreConfig, RunRecord, Runs};
use flts_soak::services::{Kafka, Minio};
use nix::sys::signal::{Signal, kill};
use serde_json::Value;

use crate::common::{Data, Node, PATIENCE, store_of};

const TOPIC_TOOL: &str = "org.apache.kafka.tools.TopicCommand";

/// Settings of every node: searches that come often, leases that end soon, and trainings that take a while.
const SETTINGS: [(&str, &str); 5] = [
    ("RECONCILE_INTERVAL_MS", "500"),
    ("LEASE_TTL_MS", "2000"),
    ("CHECKPOINT_INTERVAL_MS", "0"),
    ("MAX_STEPS", "60"),
    ("FAILPOINTS", "training-step=sleep(40)"),
];

/// What nodes stand on.
enum Ground {
    /// A node of the role `preprocess` runs broker and store, both in its folder and gone with it.
    Embedded { home: tempfile::TempDir, hub: Option<Node>, data: Data },
    /// Real ones.
    Real { kafka: Box<Kafka>, minio: Minio },
}

impl Ground {
    fn embedded(data: Data) -> Ground {
        let home = tempfile::tempdir().unwrap();
        let mut ground = Ground::Embedded { home, hub: None, data };
        ground.restart_hub();
        ground
    }

    fn real() -> Ground {
        let (kafka, minio) = (Kafka::start().unwrap(), Minio::start().unwrap());
        create_topics(&kafka);
        Ground::Real { kafka: Box::new(kafka), minio }
    }

    /// Every topic, record and group is gone after this.
    fn lose_the_broker(&mut self) {
        match self {
            Ground::Embedded { hub, .. } => {
                hub.take().unwrap().kill();
                self.restart_hub();
            }
            Ground::Real { kafka, .. } => {
                kafka.wipe().unwrap();
                create_topics(kafka);
            }
        }
    }

    fn restart_hub(&mut self) {
        let Ground::Embedded { home, hub, data } = self else { return };
        let env = [&[("ROLES", "preprocess,inference")], SETTINGS.as_slice()].concat();
        *hub = Some(Node::start(home.path(), &env, Some(data)));
    }

    /// A node of these roles, in a folder of its own.
    fn node(&self, roles: &str, home: &tempfile::TempDir, data: Option<&Data>) -> Node {
        let place = match self {
            Ground::Embedded { home, .. } => vec![("JOIN", home.path().to_str().unwrap().to_owned())],
            Ground::Real { kafka, minio } => {
                let mut place = minio.env().to_vec();
                place.push(("KAFKA_BOOTSTRAP_SERVERS", kafka.bootstrap_servers()));
                // a killed member is missed as soon as on the embedded broker
                place.push(("KAFKA_CONFIG", "session.timeout.ms=4000,heartbeat.interval.ms=500".into()));
                place
            }
        };
        let place: Vec<(&str, &str)> = place.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Node::start(home.path(), &[&[("ROLES", roles)], SETTINGS.as_slice(), &place].concat(), data)
    }

    fn objects(&self) -> ObjectStore {
        match self {
            Ground::Embedded { home, .. } => store_of(home.path()),
            Ground::Real { minio, .. } => {
                ObjectStore::new(ObjectStoreConfig::at(minio.endpoint_url(), Minio::ACCESS_KEY, Minio::SECRET_KEY))
            }
        }
    }
}

fn create_topics(kafka: &Kafka) {
    for topic in TOPICS {
        kafka.tool(TOPIC_TOOL, &["--create", "--if-not-exists", "--topic", topic.name, "--partitions", "2"]).unwrap();
    }
}

/// Two trainers and two evaluators.
struct Workers {
    _homes: Vec<tempfile::TempDir>,
    trainers: Vec<Node>,
    evaluators: Vec<Node>,
}

impl Workers {
    fn start(ground: &Ground) -> Workers {
        let homes: Vec<_> = (0..4).map(|_| tempfile::tempdir().unwrap()).collect();
        let trainers = homes[..2].iter().map(|home| ground.node("trainer", home, None)).collect();
        let evaluators = homes[2..].iter().map(|home| ground.node("evaluator", home, None)).collect();
        Workers { _homes: homes, trainers, evaluators }
    }

    /// Waits until one of the trainers says this, and gives its place.
    async fn trainer_who_says(&self, words: &str) -> usize {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.trainers.iter().position(|node| node.log().contains(words)) {
                return at;
            }
            assert!(Instant::now() < deadline, "nobody says {words}:\n{}", self.logs());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn logs(&self) -> String {
        let all = self.trainers.iter().chain(&self.evaluators);
        all.map(Node::log).collect::<Vec<_>>().join("\n---\n")
    }

    /// How often a trainer said this of a family.
    fn said(&self, event: &str, family: &str) -> usize {
        let logs: Vec<String> = self.trainers.iter().map(Node::log).collect();
        let lines = logs.iter().flat_map(|log| log.lines());
        lines.filter(|line| line.contains(event) && line.contains(&format!("\"{family}\""))).count()
    }
}

async fn until_decided(ground: &Ground, crew: &Workers) {
    let decisions = Decisions::new(ground.objects());
    let deadline = Instant::now() + PATIENCE;
    loop {
        match decisions.history("default").await {
            Ok(history) if !history.is_empty() => return,
            _ => assert!(Instant::now() < deadline, "no decision:\n{}", crew.logs()),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// After some more searches of everybody: one run a family, one decision that names them all, its pointer, and nothing left behind.
async fn assert_whole(ground: &Ground, crew: &Workers) {
    for evaluator in &crew.evaluators {
        evaluator.until("/debug/actors/evaluator", |_, actor| actor["state"]["last"] == "judged before").await;
    }
    let objects = ground.objects();
    let history = Decisions::new(objects.clone()).history("default").await.unwrap();
    assert_eq!(history.len(), 1, "{history:#?}\n{}", crew.logs());
    assert!(history[0].pointer.is_some());
    let dataset = Datasets::new(objects.clone()).list().await.unwrap().pop().unwrap();
    let runs = Runs::new(objects.clone()).list_for("default", &dataset.dataset_id).await.unwrap();
    let families: Vec<String> = runs.iter().map(|run: &RunRecord| run.model_type.to_string()).collect();
    assert_eq!(families.len(), 10, "one of each family that is fitted by default: {families:?}");
    let artifacts = objects.list(MLFLOW_BUCKET, "Default/").await.unwrap();
    assert_eq!(artifacts.len(), 20, "two files a run: {artifacts:?}");
    let left = objects.list(MLFLOW_BUCKET, "checkpoints/").await.unwrap();
    assert!(left.is_empty(), "{left:?}");
}

fn parsed(line: &str) -> Value {
    serde_json::from_str(line).unwrap()
}

async fn all_at_once(ground: Ground, data: Option<Data>) {
    let crew = Workers::start(&ground);
    let home = tempfile::tempdir().unwrap();
    let _preprocessor = data.as_ref().map(|data| ground.node("preprocess", &home, Some(data)));
    until_decided(&ground, &crew).await;
    assert_whole(&ground, &crew).await;
    for family in ["GRU", "LSTM"] {
        assert_eq!(crew.said("\"train_start\"", family), 1, "{family} was begun once:\n{}", crew.logs());
        assert_eq!(crew.said("\"lease_lost\"", family), 0);
    }
}

async fn broker_lost(mut ground: Ground, data: Option<Data>) {
    let crew = Workers::start(&ground);
    let home = tempfile::tempdir().unwrap();
    let _preprocessor = data.as_ref().map(|data| ground.node("preprocess", &home, Some(data)));
    crew.trainer_who_says("\"train_start\"").await;
    ground.lose_the_broker();
    until_decided(&ground, &crew).await;
    assert_whole(&ground, &crew).await;
    for family in ["GRU", "LSTM"] {
        assert_eq!(crew.said("\"train_start\"", family), 1, "{family} was begun once:\n{}", crew.logs());
    }
}

async fn trainer_killed(ground: Ground, data: Option<Data>) {
    let mut crew = Workers::start(&ground);
    let home = tempfile::tempdir().unwrap();
    let _preprocessor = data.as_ref().map(|data| ground.node("preprocess", &home, Some(data)));
    let at = crew.trainer_who_says("\"checkpoint_stored\"").await;
    let victim = crew.trainers.remove(at);
    let kept = parsed(&victim.await_line("\"checkpoint_stored\""));
    let family = kept["model_type"].as_str().unwrap().to_owned();
    victim.kill();
    until_decided(&ground, &crew).await;
    assert_whole(&ground, &crew).await;
    let successor = &crew.trainers[0];
    let taken = parsed(&successor.await_line("\"lease_taken_over\""));
    assert_eq!((&taken["epoch"], &taken["model_type"]), (&Value::from(2), &Value::from(family.as_str())), "{taken}");
    let resumed = parsed(&successor.await_line("\"training_resumed\""));
    assert!(resumed["step"].as_u64() >= kept["step"].as_u64(), "{resumed}");
}

async fn trainer_stalled(ground: Ground, data: Option<Data>) {
    let crew = Workers::start(&ground);
    let home = tempfile::tempdir().unwrap();
    let _preprocessor = data.as_ref().map(|data| ground.node("preprocess", &home, Some(data)));
    let at = crew.trainer_who_says("\"checkpoint_stored\"").await;
    let (stalled, other) = (&crew.trainers[at], &crew.trainers[1 - at]);
    stalled.halt().await;
    other.await_line("\"lease_taken_over\"");
    kill(stalled.pid(), Signal::SIGCONT).unwrap();
    stalled.await_line("\"lease_lost\"");
    until_decided(&ground, &crew).await;
    assert_whole(&ground, &crew).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_trainers_and_two_evaluators_make_one_run_a_family_and_one_decision() {
    all_at_once(Ground::embedded(Data::synthetic()), None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_lost_in_the_middle_of_trainings_costs_no_result_and_no_second_training() {
    broker_lost(Ground::embedded(Data::synthetic()), None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trainer_that_is_killed_is_replaced_after_its_lease_and_its_work_is_resumed() {
    trainer_killed(Ground::embedded(Data::synthetic()), None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trainer_that_was_stalled_beyond_its_lease_stops_when_it_finds_out() {
    trainer_stalled(Ground::embedded(Data::synthetic()), None).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real broker and a real store: make test-real"]
async fn on_real_services_one_run_a_family_and_one_decision_come_of_two_trainers_and_two_evaluators() {
    all_at_once(Ground::real(), Some(Data::synthetic())).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real broker and a real store: make test-real"]
async fn on_real_services_a_wiped_broker_costs_no_result_and_no_second_training() {
    broker_lost(Ground::real(), Some(Data::synthetic())).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real broker and a real store: make test-real"]
async fn on_real_services_a_killed_trainer_is_replaced_and_its_work_resumed() {
    trainer_killed(Ground::real(), Some(Data::synthetic())).await;
}
