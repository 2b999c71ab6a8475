//! A training that is stopped or killed goes on where it was, and ends as if nothing had happened.

use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use flts::forecast::{Artifact, Family, ModelError, Progress, TrainSettings, TrainSignal, TrainingData, fit};
use flts::storage::{CheckpointError, Checkpoints, MLFLOW_BUCKET, ObjectStore, ObjectStoreConfig};
use serde_json::Value;

use crate::common::training::{data, lineage, quick, trained};
use crate::common::{Data, Node, store_of};

/// Stops a training whenever it has heard so many reports more, and keeps what it hands out.
#[derive(Default)]
struct Stopping {
    after: usize,
    heard: usize,
    kept: Option<Vec<u8>>,
    resumed: Vec<Result<usize, String>>,
}

impl Progress for Stopping {
    fn report(&mut self, ratio: f64) -> TrainSignal {
        self.heard += 1;
        // whoever is stopped at the very end has the last steps to do again, and again
        if self.heard.is_multiple_of(self.after) && ratio < 1.0 { TrainSignal::Stop } else { TrainSignal::GoOn }
    }

    fn left_behind(&mut self) -> Option<Vec<u8>> {
        self.kept.clone()
    }

    fn resumed(&mut self, outcome: Result<usize, String>) {
        self.resumed.push(outcome);
    }

    fn keep(&mut self, _: usize, checkpoint: Vec<u8>) {
        self.kept = Some(checkpoint);
    }
}

/// Trains until it is through, however often it is stopped.
fn through(family: Family, data: &TrainingData, settings: &TrainSettings, watch: &mut Stopping) -> Artifact {
    loop {
        match fit(family, data, settings, lineage(), watch) {
            Ok(artifact) => return artifact,
            Err(error) => assert!(matches!(error, ModelError::Cancelled), "{error}"),
        }
    }
}

/// More steps than windows, so that stops fall into more than one pass.
fn some_passes() -> (TrainingData, TrainSettings) {
    let mut data = data();
    data.train = data.train.slice(0..300);
    (data, TrainSettings { max_steps: Some(43), num_layers: 2, ..quick() })
}

#[test]
fn a_training_that_is_stopped_anywhere_ends_with_the_weights_of_one_that_never_was() {
    let (data, settings) = some_passes();
    for family in [Family::GRU, Family::LSTM] {
        let whole = trained(family, &data, &settings);
        for after in [3, 4, 5, 7] {
            let mut watch = Stopping { after, ..Stopping::default() };
            let artifact = through(family, &data, &settings, &mut watch);
            assert_eq!(artifact.weights, whole.weights, "{family} stopped at every report {after}");
            assert_eq!(artifact.manifest.to_json(), whole.manifest.to_json());
            let steps: Vec<usize> = watch.resumed.into_iter().map(Result::unwrap).collect();
            assert!(!steps.is_empty() && steps.windows(2).all(|pair| pair[0] <= pair[1]), "{steps:?}");
        }
    }
}

#[test]
fn a_training_that_keeps_checkpoints_and_is_never_stopped_gives_the_same_weights() {
    struct Keeping(Vec<usize>);
    impl Progress for Keeping {
        fn report(&mut self, _: f64) -> TrainSignal {
            TrainSignal::Checkpoint
        }
        fn keep(&mut self, step: usize, _: Vec<u8>) {
            self.0.push(step);
        }
    }
    let (data, settings) = some_passes();
    let mut watch = Keeping(Vec::new());
    let artifact = fit(Family::GRU, &data, &settings, lineage(), &mut watch).unwrap();
    assert_eq!(artifact.weights, trained(Family::GRU, &data, &settings).weights);
    assert_eq!(watch.0, [5, 10, 15, 20, 25, 30, 35, 40]);
}

#[test]
fn a_checkpoint_that_is_damaged_or_of_another_training_is_told_of_and_the_training_begins_anew() {
    let (data, settings) = some_passes();
    let left_by = |family, lineage| {
        let mut watch = Stopping { after: 5, ..Stopping::default() };
        fit(family, &data, &settings, lineage, &mut watch).expect_err("stopped");
        watch.kept.unwrap()
    };
    let whole = trained(Family::GRU, &data, &settings);
    let sound = left_by(Family::GRU, lineage());
    let mut flipped = sound.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let mut other = lineage();
    other.train_hash = "u".into();
    let cases = [
        (flipped, "checksum"),
        (sound[..sound.len() / 2].to_vec(), "checkpoint"),
        (Vec::new(), "checkpoint"),
        (left_by(Family::LSTM, lineage()), "another training"),
        (left_by(Family::GRU, other), "another training"),
    ];
    for (left, word) in cases {
        let mut watch = Stopping { after: usize::MAX, kept: Some(left), ..Stopping::default() };
        let artifact = through(Family::GRU, &data, &settings, &mut watch);
        assert_eq!(artifact.weights, whole.weights, "{word}");
        let [Err(told)] = watch.resumed.as_slice() else { panic!("{word}: {:?}", watch.resumed) };
        assert!(told.contains(word), "{told}");
    }
}

#[tokio::test]
async fn a_store_that_does_not_answer_holds_a_training_up_no_longer_than_it_is_given() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", silent.local_addr().unwrap());
    let checkpoints = Checkpoints::new(ObjectStore::new(ObjectStoreConfig::at(address, "a", "b")));
    let (lineage, within) = (lineage(), Duration::from_millis(50));
    let saved = checkpoints.save(Family::GRU, &lineage, b"state".as_slice().into(), within).await;
    assert!(matches!(saved, Err(CheckpointError::Late(_))), "{saved:?}");
    let loaded = checkpoints.load(Family::GRU, &lineage, within).await;
    assert!(matches!(loaded, Err(CheckpointError::Late(_))), "{loaded:?}");
}

/// Long enough to be stopped in its middle.
fn long(family: &str) -> Vec<(&str, &str)> {
    vec![("MODEL_TYPE", family), ("MAX_STEPS", "3000"), ("INFERENCE_WORKERS", "1")]
}

fn field<'a>(line: &'a Value, name: &str) -> &'a str {
    line[name].as_str().unwrap()
}

fn parsed(line: &str) -> Value {
    serde_json::from_str(line).unwrap()
}

/// The run that a training which nobody disturbs ends with.
fn undisturbed(data: &Data, env: &[(&str, &str)]) -> String {
    let home = tempfile::tempdir().unwrap();
    let node = Node::start(home.path(), env, Some(data));
    let done = parsed(&node.await_line("\"train_complete\""));
    assert!(!node.log().contains("training_resumed"));
    field(&done, "run_id").to_owned()
}

/// Starts the node again and sees that it goes on, and that nothing but the run is left.
async fn assert_goes_on(home: &Path, env: &[(&str, &str)], data: &Data) {
    let node = Node::start(home, env, Some(data));
    let resumed = parsed(&node.await_line("\"training_resumed\""));
    let done = parsed(&node.await_line("\"train_complete\""));
    assert_eq!(resumed["model_type"], done["model_type"]);
    assert!(resumed["step"].as_u64().unwrap() >= 5, "{resumed}");
    node.await_line("\"promotion_decision\"");
    let left = store_of(home).list(MLFLOW_BUCKET, "checkpoints/").await.unwrap();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(field(&done, "run_id"), undisturbed(data, env));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_drains_in_the_middle_of_a_training_resumes_it_with_the_next_start() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let env = [long("GRU"), vec![("LOG_LEVEL", "debug")]].concat();
    let node = Node::start(home.path(), &env, Some(&data));
    node.await_line("\"train_progress\"");
    assert_eq!(node.stop().code(), Some(0));
    assert_goes_on(home.path(), &env, &data).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_killed_resumes_its_training_at_the_last_checkpoint() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let env = [long("LSTM"), vec![("CHECKPOINT_INTERVAL_MS", "100")]].concat();
    let node = Node::start(home.path(), &env, Some(&data));
    node.await_line("\"checkpoint_stored\"");
    node.kill();
    assert_goes_on(home.path(), &env, &data).await;
}
