//! Models: their files are whole, they forecast what they forecast, and they are judged as they were.

use std::collections::{BTreeMap, BTreeSet};

use flts::forecast::{
    Family, RequestRows, VerifiedModel, evaluate, format_time, prepare_request, read_csv, test_window,
};
use flts::storage::{DatasetKey, Datasets, Decisions, ObjectStore, RunRecord, Runs};
use serde_json::Value;

use super::fixture::{bytes, is_near, json, stored};

const FAMILIES: [Family; 5] = [Family::GRU, Family::LSTM, Family::RIDGE, Family::PERSISTENCE, Family::SEASONAL_NAIVE];

async fn run(objects: &ObjectStore, run_id: &str) -> RunRecord {
    let found = Runs::new(objects.clone()).find_by_id("default", run_id).await.unwrap();
    found.unwrap_or_else(|| panic!("run {run_id} is not found"))
}

/// The model of a run, both of its files checked against the record.
async fn served(objects: &ObjectStore, run: &RunRecord) -> VerifiedModel {
    let artifact = run.artifact().unwrap();
    let files = Runs::new(objects.clone()).load_artifact(&artifact).await.unwrap();
    VerifiedModel::verify(&files.manifest, files.weights, Some(&artifact.manifest_sha256), 7).unwrap()
}

/// The rows that every model of the first formats forecast from, as a request.
fn rows() -> RequestRows {
    let series = read_csv(&bytes("answers/context.csv"), "context.csv", 30).unwrap();
    let times = series.times_ms.iter().map(|ms| format_time(*ms, series.form)).collect();
    let cell = |value: &f64| if value.is_finite() { *value } else { f64::NAN };
    let columns = series.columns.iter().map(|column| (column.name.clone(), column.values.iter().map(cell).collect()));
    RequestRows { times, columns: columns.collect() }
}

#[tokio::test]
async fn a_model_of_the_first_format_answers_as_it_did() {
    let stored = stored().await;
    let Value::Object(forecasts) = json("answers/forecasts.json") else { panic!("an object by run") };
    let mut families = BTreeSet::new();
    for (run_id, then) in &forecasts {
        let run = run(&stored.objects, run_id).await;
        let model = served(&stored.objects, &run).await;
        model.warm_up().unwrap();
        assert_eq!((then["model_type"].as_str(), model.generation), (Some(run.model_type.as_str()), 7));
        let steps = then["predictions"].as_array().unwrap();
        let prepared = prepare_request(&model.manifest, &rows()).unwrap();
        let (last_ms, form) = (prepared.context.last_ms, prepared.form);
        let now = model.build().unwrap().forecast(&[prepared.context], steps.len()).unwrap().remove(0);
        for ((at, then), now) in (1..).zip(steps).zip(now.chunks(2)) {
            assert_eq!(then["ts"], form.write(last_ms + at * model.manifest.step_ms));
            for (target, now) in ["down", "up"].into_iter().zip(now) {
                let then = then[target].as_f64().unwrap();
                assert!(is_near(*now, then), "{target} of {} in step {at} is {now} and was {then}", run.model_type);
            }
        }
        families.insert(run.model_type);
    }
    assert_eq!(forecasts.len(), 2 * FAMILIES.len(), "with features of the calendar, and without");
    assert_eq!(families, BTreeSet::from(FAMILIES));
}

#[tokio::test]
async fn a_manifest_of_the_first_format_says_what_its_model_needs() {
    let stored = stored().await;
    let judged = json("answers/history.json");
    let rounds = judged.as_array().unwrap().iter().filter(|decision| decision["audit"].is_null());
    let mut told = BTreeMap::new();
    for candidate in rounds.flat_map(|decision| decision["scoreboard"].as_array().unwrap()) {
        let run = run(&stored.objects, candidate["run_id"].as_str().unwrap()).await;
        let manifest = served(&stored.objects, &run).await.manifest;
        assert_eq!((&manifest.lineage, manifest.model_type), (&run.lineage, run.model_type));
        assert_eq!((manifest.columns.join(","), manifest.targets.join(",")), ("down,up".into(), "down,up".into()));
        assert_eq!((manifest.v, manifest.version.as_str(), manifest.step_ms), (1, "0.1.0", 7_200_000));
        assert_eq!(manifest.score_scale.keys().collect::<Vec<_>>(), ["down", "up"]);
        assert_eq!(manifest.means.len(), 2);
        let learned = [Family::GRU, Family::LSTM, Family::RIDGE].contains(&run.model_type);
        assert_eq!((manifest.inputs.len(), manifest.outputs.len()), if learned { (2, 2) } else { (0, 0) });
        assert_eq!(manifest.blend.is_some(), learned);
        let needs = (manifest.input_rows, manifest.output_rows, manifest.calendar, manifest.calendar_inputs.len());
        told.insert((run.model_type, manifest.calendar), needs);
    }
    let needs = |family: Family, calendar: bool| match family.as_str() {
        "SEASONAL_NAIVE" => (12, 12, calendar, 0),
        "GRU" | "LSTM" | "RIDGE" if calendar => (8, 4, calendar, CALENDAR_INPUTS),
        "PERSISTENCE" => (1, 1, calendar, 0),
        _ => (8, 4, calendar, 0),
    };
    let wanted = FAMILIES.into_iter().flat_map(|family| [true, false].map(|c| ((family, c), needs(family, c))));
    assert_eq!(told, wanted.collect::<BTreeMap<_, _>>());
}

/// Two weeks are enough for the minute of the day, as sine and cosine.
const CALENDAR_INPUTS: usize = 2;

#[tokio::test]
async fn a_run_of_the_first_format_is_judged_as_it_was() {
    let stored = stored().await;
    let datasets = Datasets::new(stored.objects.clone());
    let mut measured = 0;
    for decision in Decisions::new(stored.objects.clone()).history("default").await.unwrap() {
        // those that a person took judged nobody
        if decision.audit.is_some() {
            continue;
        }
        let key = DatasetKey {
            identifier: "default".into(),
            config_hash: decision.config_hash.clone(),
            dataset_id: decision.dataset_id.clone(),
        };
        let found = datasets.find(&key).await.unwrap();
        let dataset = datasets.load(&found.unwrap()).await.unwrap();
        let targets = ["down".to_owned(), "up".to_owned()];
        let window = test_window(&dataset.train, &dataset.test, &dataset.imputed_test, &targets, 8);
        assert_eq!(window.hash, decision.window_hash, "the same rows");
        for candidate in &decision.scoreboard {
            let run = run(&stored.objects, &candidate.run_id).await;
            let model = served(&stored.objects, &run).await;
            let forecaster = model.build().unwrap();
            let metrics = evaluate(&*forecaster, &model.manifest, &dataset.train, &dataset.test, &window).unwrap();
            let (now, then) = (decision.weights.unwrap().score(&metrics), candidate.score.unwrap());
            assert!(is_near(now, then), "{} scores {now} and scored {then}", candidate.model_type);
            assert!(is_near(metrics.r2, candidate.metrics.unwrap().r2), "{metrics:?}");
            measured += 1;
        }
    }
    assert!(measured > 2 * FAMILIES.len(), "the champion of the first round stood in the second one too");
}
