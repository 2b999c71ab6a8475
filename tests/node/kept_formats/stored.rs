//! Data sets, runs, leases, checkpoints and snapshots.

use std::collections::BTreeMap;
use std::time::Duration;

use flts::actors::Statistics;
use flts::forecast::{
    Context, Family, Lineage, Progress, Series, TimeForm, TrainSettings, TrainSignal, TrainingData, VerifiedModel, fit,
    read_csv, train_hash,
};
use flts::runtime::Io;
use flts::storage::{
    Checkpoints, DatasetRecord, Datasets, INFERENCE_LOG_BUCKET, LeaseOwner, LeaseRecord, LeaseStatus, Leases,
    MLFLOW_BUCKET, ObjectStore, RunStatus, Runs, Snapshots,
};
use serde_json::Value;

use super::fixture::{bytes, data_dir, files_below, json, path, stored};

const PATIENCE: Duration = Duration::from_secs(30);

/// The data sets in the order in which they came.
async fn records(objects: &ObjectStore) -> Vec<DatasetRecord> {
    let mut records = Datasets::new(objects.clone()).list().await.unwrap();
    records.sort_by(|one, other| one.created_at.cmp(&other.created_at));
    records
}

/// Asserts that a part of a data set holds what was measured in its file, and a number wherever nothing was.
fn assert_holds(part: &Series, file: &str) {
    let measured = read_csv(&bytes(&format!("objects/dataset/{file}")), file, 30).unwrap();
    for column in &measured.columns {
        let stored: BTreeMap<&i64, &f64> =
            part.times_ms.iter().zip(&part.column(&column.name).unwrap().values).collect();
        let cells = measured.times_ms.iter().zip(&column.values);
        for (time, value) in cells.filter(|(_, value)| value.is_finite()) {
            assert_eq!(stored[time], value, "{} of {file} at {time}", column.name);
        }
    }
    assert!(part.columns.iter().all(|column| column.values.iter().all(|value| value.is_finite())), "{file}");
}

#[tokio::test]
async fn a_data_set_of_the_first_format_comes_back_row_by_row() {
    let stored = stored().await;
    let datasets = Datasets::new(stored.objects.clone());
    let mut told = Vec::new();
    for record in records(&stored.objects).await {
        assert!(datasets.has_files(&record).await.unwrap(), "{}", record.dataset_id);
        assert_eq!(
            (record.v, record.bucket.as_str(), record.scaler_type.as_str()),
            (1, "processed-data", "MinMaxScaler")
        );
        assert_eq!(record.measured, ["down", "up"]);
        let dataset = datasets.load(&record).await.unwrap();
        let (train, test) = (&dataset.train, &dataset.test);
        assert_eq!((train.rows() as u64, test.rows() as u64), (record.train.rows, record.test.rows));
        assert_eq!((train.step_ms(), train.form), (Some(7_200_000), TimeForm::Naive));
        assert_holds(train, &record.train.source_object);
        assert_holds(test, &record.test.source_object);
        let imputed = if test.rows() > 40 { vec![("down", 40), ("up", 30)] } else { Vec::new() };
        let told_imputed =
            dataset.imputed_test.iter().flat_map(|(name, rows)| rows.iter().map(|row| (name.as_str(), *row)));
        assert_eq!(told_imputed.collect::<Vec<_>>(), imputed);
        told.push((record.identifier.clone(), train.rows(), test.rows(), train.columns.len(), record.calendar));
    }
    let wanted = [
        ("short", 11, 24, 8, true),
        ("default", 180, 48, 8, true),
        ("default", 180, 48, 2, false),
        ("default", 180, 48, 8, true),
    ];
    assert_eq!(
        told,
        wanted.map(|(name, train, test, columns, calendar)| (name.to_owned(), train, test, columns, calendar))
    );
}

#[tokio::test]
async fn a_run_of_the_first_format_says_how_it_ended() {
    let stored = stored().await;
    let runs = Runs::new(stored.objects.clone());
    let records = records(&stored.objects).await;
    let mut ends = BTreeMap::new();
    for record in &records {
        for run in runs.list_for(&record.identifier, &record.dataset_id).await.unwrap() {
            let Lineage { identifier, dataset_id, config_hash, .. } = &run.lineage;
            assert_eq!(
                (identifier, dataset_id, config_hash),
                (&record.identifier, &record.dataset_id, &record.config_hash)
            );
            assert_eq!((run.v, run.targets.join(","), run.experiment.as_str()), (1, "down,up".into(), "Default"));
            assert_eq!(run.artifact().is_some(), run.status == RunStatus::Finished);
            assert_eq!(run.error.is_some(), run.status == RunStatus::Failed);
            assert_eq!(run.training_seconds.is_some(), run.status == RunStatus::Finished);
            let found = runs.find(run.model_type, &run.lineage).await.unwrap();
            assert_eq!(found.as_ref(), Some(&run));
            *ends.entry((identifier.clone(), run.status == RunStatus::Finished)).or_insert(0) += 1;
            if let Some(artifact) = run.artifact() {
                assert!(runs.has_artifact(&artifact).await.unwrap());
            }
        }
    }
    let wanted =
        [(("default".to_owned(), true), 10), (("short".to_owned(), true), 1), (("short".to_owned(), false), 6)];
    assert_eq!(ends, BTreeMap::from(wanted));
}

/// How long a lease of another node counts to whoever looks at one for the first time.
fn work_of(record: &LeaseRecord) -> LeaseStatus {
    if record.holder.is_some() { LeaseStatus::Held(record.period()) } else { LeaseStatus::Free }
}

#[tokio::test]
async fn a_lease_of_the_first_format_says_whose_work_it_is_and_what_was_tried() {
    let stored = stored().await;
    let me = LeaseOwner { node: "another".into(), life: "one".into() };
    let leases = Leases::new(stored.objects.clone(), Io::current(), me, Duration::from_secs(15));
    let (mut held, mut free, mut progress) = (0, 0, Vec::new());
    for entry in stored.objects.list(MLFLOW_BUCKET, "leases/").await.unwrap() {
        let object = stored.objects.get(MLFLOW_BUCKET, &entry.key).await.unwrap().unwrap();
        let record: LeaseRecord = serde_json::from_slice(&object.bytes).unwrap();
        assert_eq!((record.v, record.epoch >= 1, record.beyond_repair), (1, true, false), "{record:?}");
        let parts: Vec<&str> = entry.key.split('/').collect();
        let [_, identifier, dataset_id, family, file] = parts[..] else { panic!("{}", entry.key) };
        let lineage = Lineage {
            run_id: String::new(),
            identifier: identifier.into(),
            series: None,
            config_hash: String::new(),
            dataset_id: dataset_id.into(),
            train_hash: file.trim_end_matches(".json").into(),
        };
        let look = leases.look(family.parse().unwrap(), &lineage).await.unwrap();
        match look {
            LeaseStatus::Held(_) => {
                held += 1;
                assert_eq!((record.attempts, record.ttl_ms), (1, 2000));
                assert!(record.holder.as_ref().unwrap().node.starts_with("flts-host-"));
                progress.push(record.progress);
            }
            _ => {
                free += 1;
                assert_eq!((record.attempts, record.progress), (0, 0));
            }
        }
        assert_eq!(look, work_of(&record), "{record:?}");
    }
    assert_eq!((held, free), (2, 10), "two trainings were killed");
    progress.sort_unstable();
    assert_eq!(progress, [0, 180], "one of them had kept a checkpoint");
}

/// Goes on with what was left behind.
struct GoingOn {
    left: Vec<u8>,
    resumed: Option<Result<usize, String>>,
}

impl Progress for GoingOn {
    fn report(&mut self, _: f64) -> TrainSignal {
        TrainSignal::GoOn
    }

    fn left_behind(&mut self) -> Option<Vec<u8>> {
        Some(self.left.clone())
    }

    fn resumed(&mut self, outcome: Result<usize, String>) {
        self.resumed = Some(outcome);
    }
}

#[tokio::test]
async fn a_training_goes_on_from_a_checkpoint_of_the_first_format() {
    let stored = stored().await;
    let checkpoints = Checkpoints::new(stored.objects.clone());
    let record = records(&stored.objects).await.pop().unwrap();
    let dataset = Datasets::new(stored.objects.clone()).load(&record).await.unwrap();
    let settings = TrainSettings {
        input_rows: 8,
        output_rows: 4,
        hidden_size: 4,
        batch_size: 16,
        max_steps: Some(1000),
        learning_rate: 0.01,
        ..TrainSettings::default()
    };
    let data = TrainingData {
        train: dataset.train.clone(),
        measured: record.measured.clone(),
        targets: record.measured.clone(),
        means: record.means.clone(),
        calendar: record.calendar,
    };
    let mut families = Vec::new();
    for (family, lineage) in checkpoints.page(None).await.unwrap().trainings {
        assert_eq!((lineage.identifier.as_str(), &lineage.dataset_id), ("default", &record.dataset_id));
        let mut canonical = settings.canonical(family);
        canonical["targets"] = record.measured.clone().into();
        assert_eq!(lineage.train_hash, train_hash(&canonical), "the settings of then are called what they were called");
        let left = checkpoints.load(family, &lineage, PATIENCE).await.unwrap().unwrap();
        let mut watch = GoingOn { left: left.bytes.to_vec(), resumed: None };
        let lineage = Lineage { config_hash: record.config_hash.clone(), ..lineage };
        let artifact = fit(family, &data, &settings, lineage, &mut watch).unwrap();
        let step = json("answers/state.json")["steps"][family.as_str()].as_u64().unwrap() as usize;
        assert_eq!(watch.resumed, Some(Ok(step)), "{family}");
        let model = VerifiedModel::of(&artifact, 1).unwrap();
        model.warm_up().unwrap();
        let rows = [30e6, 5e6].repeat(8);
        let forecast = model.build().unwrap().forecast(&[Context { last_ms: 0, values: rows }], 4).unwrap();
        assert!(forecast[0].iter().all(|value| (0.0..1e9).contains(value)), "{forecast:?}");
        families.push(family);
    }
    assert_eq!(families, [Family::GRU, Family::LSTM]);
}

#[tokio::test]
async fn a_snapshot_of_the_first_format_is_read() {
    let home = data_dir();
    let folder = home.path().join("snapshots");
    let statistics: Statistics = Snapshots::new(folder.clone(), Io::current()).load().unwrap();
    let state = json("answers/state.json");
    assert_eq!(Some(statistics.completed), state["pool"]["completed"].as_u64());
    assert_eq!(Some(statistics.row_ns), state["pool"]["row_ns"].as_u64());
    assert_eq!(Some(statistics.avg_exec_ms), state["pool"]["avg_exec_ms"].as_f64());
    let names: Vec<_> = files_below(&folder).iter().map(|file| file.file_name().unwrap().to_owned()).collect();
    assert!(names.iter().all(|name| name.to_str().unwrap().ends_with(".snapshot")), "none is set aside: {names:?}");
}

#[test]
fn a_line_of_the_inference_log_of_the_first_format_says_what_was_answered() {
    let segments = files_below(&path("objects").join(INFERENCE_LOG_BUCKET));
    let lines: Vec<Value> = segments
        .iter()
        .flat_map(|file| std::fs::read_to_string(file).unwrap().lines().map(str::to_owned).collect::<Vec<_>>())
        .map(|line| serde_json::from_str(&line).unwrap())
        .collect();
    let event = json("records/performance-eval-success.json");
    let line = lines.iter().find(|line| line["claim_id"] == event["claim_id"]).unwrap();
    for field in ["prediction_sha256", "run_id", "generation", "identifier"] {
        assert_eq!(line[field], event[field], "{field}");
    }
    assert_eq!(line["metrics"]["mae_mean"], event["mae"]);
    assert_eq!(line["predictions"].as_array().unwrap().len() as u64, event["rows"].as_u64().unwrap());
}
