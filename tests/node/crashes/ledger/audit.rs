//! The books: at each kill, and at the end.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};
use serde_json::Value;

use super::answers::{Answers, listener};
use super::claims::{self, Claims, id, object_of};
use super::world::{FAMILIES, PARTITIONS, World};

const ASKING: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(200);

pub struct Audit<'a> {
    world: &'a World,
    claims: &'a Claims,
    answers: &'a Answers,
    /// Who was killed, and how many claims were committed then.
    kills: Mutex<Vec<(String, i64)>>,
    /// Claims that were published and not committed at each blow, all together: no more than these may be answered twice.
    open_at_blows: AtomicI64,
    /// Audits of trainings that the store let us finish.
    trainings_audited: AtomicUsize,
}

impl<'a> Audit<'a> {
    pub fn new(world: &'a World, claims: &'a Claims, answers: &'a Answers) -> Self {
        let (open_at_blows, trainings_audited) = (AtomicI64::new(0), AtomicUsize::new(0));
        Self { world, claims, answers, kills: Mutex::default(), open_at_blows, trainings_audited }
    }

    /// Counts what is under way when something is about to be hit.
    pub fn before_a_blow(&self) {
        let published = self.claims.places.lock().unwrap().len() as i64;
        let committed: i64 = self.committed("batch-forecasting-v2", claims::TOPIC).values().sum();
        self.open_at_blows.fetch_add((published - committed).max(0), Ordering::SeqCst);
    }

    /// No offset is committed ahead of the work before it.
    pub fn after_a_kill(&self, killed: &str) {
        let committed = self.committed("batch-forecasting-v2", claims::TOPIC);
        self.answers.catch_up();
        for (&(partition, offset), &number) in self.claims.places.lock().unwrap().iter() {
            if offset < committed.get(&partition).copied().unwrap_or(0) {
                let answered = !self.answers.to(&id(number)).is_empty();
                assert!(
                    answered,
                    "claim {number} at {partition}/{offset} is committed ({committed:?}), not answered; {killed} was killed
{}",
                    self.world.logs()
                );
            }
        }
        for family in FAMILIES {
            self.check_trained(family, killed);
        }
        self.kills.lock().unwrap().push((killed.to_owned(), committed.values().sum()));
    }

    /// A finished run of a series that was there from the beginning.
    pub fn a_run_of(&self, identifier: &str, family: &str) -> String {
        let key = format!("/{family}/");
        let runs = until_told(|| self.keys("mlflow", &format!("runs/{identifier}/")));
        let run = runs.into_iter().find(|run| run.contains(&key)).unwrap();
        until_told(|| self.read("mlflow", &run))["run_id"].as_str().unwrap().to_owned()
    }

    /// Waits until every claim is answered and committed, and every data set decided.
    pub fn until_all_is_settled(&self, deadline: Instant) {
        let count = self.claims.places.lock().unwrap().len();
        let mut unanswered = count;
        while unanswered > 0 {
            unanswered = (0..count).filter(|&number| self.answers.to(&id(number)).is_empty()).count();
            assert!(
                Instant::now() < deadline,
                "{unanswered} of {count} claims are not answered\n{}",
                self.world.logs()
            );
            std::thread::sleep(LOOK);
        }
        for (group, topic) in [
            ("batch-forecasting-v2", claims::TOPIC),
            ("train-gru", "training-data"),
            ("train-lstm", "training-data"),
            ("eval-promoter", "model-training"),
        ] {
            while self.committed(group, topic) != self.ends(topic) {
                let (committed, ends) = (self.committed(group, topic), self.ends(topic));
                assert!(
                    Instant::now() < deadline,
                    "{group}: {committed:?} of {ends:?} is committed\n{}",
                    self.world.logs()
                );
                std::thread::sleep(LOOK);
            }
        }
        while self.undecided().next().is_some() {
            let open: Vec<_> = self.undecided().collect();
            assert!(Instant::now() < deadline, "undecided: {open:?}\n{}", self.world.logs());
            std::thread::sleep(LOOK);
        }
    }

    /// Everything was done, and done once.
    pub fn check_the_end(&self) {
        self.answers.catch_up();
        let count = self.claims.places.lock().unwrap().len();
        let mut forecasts: HashMap<(usize, u64), String> = HashMap::new();
        let (mut second, mut generations) = (0, BTreeSet::new());
        for number in 0..count {
            let answers = self.answers.to(&id(number));
            assert!(!answers.is_empty(), "claim {number} is not answered");
            second += answers.len() - 1;
            for answer in answers {
                generations.insert(answer.generation);
                let first = forecasts.entry((object_of(number), answer.generation));
                let first = first.or_insert_with(|| answer.prediction_sha256.clone());
                assert_eq!(*first, answer.prediction_sha256, "claim {number}, generation {}", answer.generation);
            }
        }
        let open = self.open_at_blows.load(Ordering::SeqCst);
        assert!(second as i64 <= open, "{second} second answers, but only {open} claims were under way at the blows");
        let topics = ["DLQ-inference-data", "DLQ-training-data", "DLQ-model-training"];
        let buried: i64 = topics.iter().flat_map(|topic| self.ends(topic).into_values()).sum();
        assert_eq!(buried, 0, "nothing was wrong with any record");
        let (runs, decisions) = (self.check_runs(), self.check_decisions());
        self.check_trainings();
        let kills = self.kills.lock().unwrap();
        let (audited, of) = (self.trainings_audited.load(Ordering::SeqCst), kills.len() * FAMILIES.len());
        assert!(audited * 2 >= of, "only {audited} of {of} audits of trainings could be made");
        eprintln!(
            "{count} claims answered, {second} second answers ({open} were under way at the blows), by generations {generations:?}; {runs} finished runs and {decisions} decisions, \
             one each; {} kills audited: {}",
            kills.len(),
            kills.iter().map(|(name, committed)| format!("{name} at {committed}")).collect::<Vec<_>>().join(", "),
        );
    }

    /// No run was trained to its end by two.
    fn check_trainings(&self) {
        let mut trained: BTreeMap<String, usize> = BTreeMap::new();
        for line in self.world.log_lines() {
            if line["event"] == "train_complete" {
                *trained.entry(line["run_id"].as_str().unwrap().to_owned()).or_default() += 1;
            }
        }
        assert!(trained.values().all(|&times| times == 1), "{trained:?}");
    }

    /// Every claim of a training that is committed has its finished run.
    fn check_trained(&self, family: &str, killed: &str) {
        let group = format!("train-{}", family.to_lowercase());
        let committed = self.committed(&group, "training-data");
        for ((partition, offset), claim) in self.records("training-data") {
            if offset >= committed.get(&partition).copied().unwrap_or(0) {
                continue;
            }
            let text = |name: &str| claim[name].as_str().unwrap().to_owned();
            let runs = self.runs(&text("identifier"), &text("dataset_id"), family);
            // while the store is away nobody can tell
            let Ok(runs) = runs else { return };
            assert!(!runs.is_empty(), "{family}: {partition}/{offset} is committed without a run; {killed} was killed");
        }
        self.trainings_audited.fetch_add(1, Ordering::SeqCst);
    }

    /// One finished run of each family for each data set; how many.
    fn check_runs(&self) -> usize {
        let mut all = 0;
        for dataset in self.datasets() {
            for family in FAMILIES {
                let runs = self.runs(&dataset.0, &dataset.1, family).unwrap();
                assert_eq!(runs.len(), 1, "{family} on {dataset:?}: {runs:?}");
                let run = self.json("mlflow", &runs[0]);
                assert_eq!(run["status"], "FINISHED", "{run}");
                all += 1;
            }
        }
        all
    }

    /// Decisions that end their round: a provisional one is made before them where nothing is served.
    fn final_decisions(&self) -> impl Iterator<Item = (String, Value)> {
        self.decisions().into_iter().filter(|(_, decision)| decision["provisional"] != true)
    }

    /// One final decision for each data set; how many.
    fn check_decisions(&self) -> usize {
        let mut decided: BTreeMap<(String, String), usize> = BTreeMap::new();
        for (identifier, decision) in self.final_decisions() {
            let dataset = decision["dataset_id"].as_str().unwrap().to_owned();
            *decided.entry((identifier, dataset)).or_default() += 1;
        }
        assert_eq!(decided.keys().cloned().collect::<BTreeSet<_>>(), self.datasets());
        assert!(decided.values().all(|&times| times == 1), "{decided:?}");
        decided.len()
    }

    fn undecided(&self) -> impl Iterator<Item = (String, String)> {
        let decided: BTreeSet<(String, String)> = self
            .final_decisions()
            .map(|(identifier, decision)| (identifier, decision["dataset_id"].as_str().unwrap().to_owned()))
            .collect();
        self.datasets().into_iter().filter(move |dataset| !decided.contains(dataset))
    }

    /// Identifier and id of every data set that was announced.
    fn datasets(&self) -> BTreeSet<(String, String)> {
        let text = |claim: &Value, name: &str| claim[name].as_str().unwrap().to_owned();
        let claims = self.records("training-data").into_values();
        claims.map(|claim| (text(&claim, "identifier"), text(&claim, "dataset_id"))).collect()
    }

    /// What evaluators decided, by series; what a person set is of no data set.
    fn decisions(&self) -> Vec<(String, Value)> {
        let keys = self.keys("model-promotion", "").unwrap();
        let histories = keys.into_iter().filter(|key| key.contains("/history/"));
        let read = |key: String| (key.split('/').next().unwrap().to_owned(), self.json("model-promotion", &key));
        histories.map(read).filter(|(_, decision)| decision["decision"] != "set").collect()
    }

    fn runs(&self, identifier: &str, dataset: &str, family: &str) -> Result<Vec<String>, String> {
        self.keys("mlflow", &format!("runs/{identifier}/{dataset}/{family}/"))
    }

    fn keys(&self, bucket: &str, prefix: &str) -> Result<Vec<String>, String> {
        let listed = self.world.runtime.block_on(self.world.objects.list(bucket, prefix));
        Ok(listed.map_err(|error| error.to_string())?.into_iter().map(|entry| entry.key).collect())
    }

    fn json(&self, bucket: &str, key: &str) -> Value {
        self.read(bucket, key).unwrap()
    }

    fn read(&self, bucket: &str, key: &str) -> Result<Value, String> {
        let object = self.world.runtime.block_on(self.world.objects.get(bucket, key));
        let object = object.map_err(|error| error.to_string())?.ok_or("it is not there")?;
        serde_json::from_slice(&object.bytes).map_err(|error| error.to_string())
    }

    /// Every record of a topic, by partition and offset.
    fn records(&self, topic: &str) -> BTreeMap<(i32, i64), Value> {
        let ends = self.ends(topic);
        let open = |read: &BTreeMap<(i32, i64), Value>| {
            let full = |(partition, end): (&i32, &i64)| *end == 0 || read.contains_key(&(*partition, end - 1));
            !ends.iter().all(full)
        };
        let (client, mut read) = (listener(&self.world.bootstrap_servers, topic), BTreeMap::new());
        let deadline = Instant::now() + LONGEST;
        while open(&read) {
            assert!(Instant::now() < deadline, "{topic} is not read to {ends:?}");
            if let Some(Ok(message)) = client.poll(LOOK) {
                let value = serde_json::from_slice(message.payload().unwrap()).unwrap();
                read.insert((message.partition(), message.offset()), value);
            }
        }
        read
    }

    /// By partition, the next offset to be written.
    fn ends(&self, topic: &str) -> BTreeMap<i32, i64> {
        let client = member(&self.world.bootstrap_servers, "the-ledger-asks");
        let metadata = until_told(|| client.fetch_metadata(Some(topic), ASKING));
        let partitions = metadata.topics().iter().flat_map(|topic| topic.partitions()).map(|partition| partition.id());
        let asked = |partition| client.fetch_watermarks(topic, partition, ASKING).map(|(_, end)| end);
        partitions.map(|partition| (partition, until_told(|| asked(partition)))).collect()
    }

    /// By partition, the offset that a group has committed; 0 where it has not.
    fn committed(&self, group: &str, topic: &str) -> BTreeMap<i32, i64> {
        let client = member(&self.world.bootstrap_servers, group);
        let told = until_told(|| {
            let mut asked = TopicPartitionList::new();
            (0..PARTITIONS).for_each(|partition| {
                asked.add_partition(topic, partition);
            });
            client.committed_offsets(asked, ASKING)
        });
        let offset = |told: &rdkafka::topic_partition_list::TopicPartitionListElem<'_>| match told.offset() {
            Offset::Offset(offset) => offset,
            _ => 0,
        };
        told.elements().iter().map(|told| (told.partition(), offset(told))).collect()
    }
}

/// A client that may ask about a group, and never joins it.
fn member(bootstrap_servers: &str, group: &str) -> BaseConsumer {
    let mut settings = ClientConfig::new();
    settings.set("bootstrap.servers", bootstrap_servers).set("group.id", group);
    settings.set("reconnect.backoff.max.ms", "500").create().unwrap()
}

/// Asks until the broker answers: it may have been killed just now.
fn until_told<T, E: std::fmt::Display>(ask: impl Fn() -> Result<T, E>) -> T {
    let deadline = Instant::now() + LONGEST;
    loop {
        match ask() {
            Ok(told) => return told,
            Err(error) => assert!(Instant::now() < deadline, "the broker does not tell: {error}"),
        }
    }
}
