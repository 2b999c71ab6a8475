//! A training that takes longer than every timeout of its consumer group: its trainer stays a member, and the record is committed after it.

use std::time::Duration;

use flts::kafka::TOPICS;
use flts_soak::services::Kafka;

use crate::common::{Data, Node, store_of};

const GROUPS: &str = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand";
const TOPIC_TOOL: &str = "org.apache.kafka.tools.TopicCommand";
const STEPS: u64 = 60;
/// From one look at the group to the next.
const LOOK: Duration = Duration::from_secs(2);
/// The longest that a member may go without polling; its session ends sooner.
const TIMEOUTS: &str = "session.timeout.ms=8000,max.poll.interval.ms=12000";

/// How long the training takes: twice the longest timeout, or as `LONG_TRAINING_SECONDS` says.
fn seconds() -> u64 {
    std::env::var("LONG_TRAINING_SECONDS").map_or(24, |seconds| seconds.parse().unwrap())
}

/// The ids of the group's members.
fn members(kafka: &Kafka) -> Vec<String> {
    let told = kafka.tool(GROUPS, &["--describe", "--members", "--group", "train-gru"]).unwrap();
    let rows = told.lines().filter(|line| line.starts_with("train-gru"));
    rows.map(|row| row.split_whitespace().nth(1).unwrap().to_owned()).collect()
}

/// The committed offset of the one partition, as the broker tells it; `-` for none.
fn committed(kafka: &Kafka) -> String {
    let told = kafka.tool(GROUPS, &["--describe", "--offsets", "--group", "train-gru"]).unwrap();
    let row = told.lines().find(|line| line.starts_with("train-gru")).unwrap().to_owned();
    row.split_whitespace().nth(3).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real broker: make test-real"]
async fn a_training_longer_than_the_timeouts_of_its_group_causes_no_rebalance_and_is_committed_after_it() {
    let kafka = Kafka::start().unwrap();
    for topic in TOPICS {
        kafka.tool(TOPIC_TOOL, &["--create", "--if-not-exists", "--topic", topic.name, "--partitions", "1"]).unwrap();
    }
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let (steps, slow) = (STEPS.to_string(), format!("training-step=sleep({})", seconds() * 1000 / STEPS));
    let env = [
        ("KAFKA_BOOTSTRAP_SERVERS", &*kafka.bootstrap_servers()),
        ("KAFKA_CONFIG", TIMEOUTS),
        ("MODEL_TYPE", "GRU"),
        ("MAX_STEPS", &steps),
        ("FAILPOINTS", &slow),
        // the record brings the work, and a search only finds it taken
        ("RECONCILE_INTERVAL_MS", "5000"),
    ]
    .map(|(name, value)| (name, value.to_owned()));
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let node = Node::start(home.path(), &env, Some(&data));
    node.await_line("\"train_start\"");
    let (began, rebalances) = (std::time::Instant::now(), kafka.log().matches("group train-gru in state").count());
    let first = members(&kafka);
    assert_eq!(first.len(), 1, "{first:?}");

    while !node.log().contains("\"train_complete\"") {
        let offset = committed(&kafka);
        // the tool takes seconds, in which the training may end
        let is_done = node.log().contains("\"train_complete\"");
        assert!(is_done || ["-", "0"].contains(&&*offset), "{offset} is committed before its work is done");
        assert_eq!(members(&kafka), first, "nobody has left or come");
        assert!(began.elapsed() < Duration::from_secs(2 * seconds() + 60), "{}", node.log());
        tokio::time::sleep(LOOK).await;
    }
    println!("trained for {:.0} s", began.elapsed().as_secs_f64());
    assert!(began.elapsed() >= Duration::from_secs(seconds() * 9 / 10));
    node.await_line("\"promotion_decision\"");
    node.until("/debug/actors/training-claims-gru", |_, actor| {
        let poll = &actor["state"]["poll"];
        poll["in_flight"] == 0 && poll["committed"]["0"] == poll["position"]["0"]
    })
    .await;
    assert_eq!(committed(&kafka), "1");
    assert_eq!(members(&kafka), first);
    let since = kafka.log().matches("group train-gru in state").count() - rebalances;
    assert_eq!(since, 0, "rebalances");
    assert_eq!(node.log().matches("\"train_start\"").count(), 1, "{}", node.log());
    let objects = store_of(home.path());
    let runs = objects.list("mlflow", "runs/default/").await.unwrap();
    assert_eq!(runs.iter().filter(|run| run.key.contains("/GRU/")).count(), 1, "{runs:?}");
    assert_eq!(node.stop().code(), Some(0));
}
