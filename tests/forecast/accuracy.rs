//! Checks that need more than the checkout: real data (`REAL_DATA` names a folder) and an interpreter (`FLTS_TEST_PYTHON`, with numpy and safetensors).

use std::path::{Path, PathBuf};
use std::process::Command;

use flts::forecast::{
    Family, Prepared, PreprocessConfig, TrainSettings, evaluate, format_time, prepare, read_csv, test_window,
};
use serde_json::json;

use crate::common::training::*;

fn real_data() -> Option<Prepared> {
    let folder = PathBuf::from(std::env::var_os("REAL_DATA")?);
    let read = |name: &str| {
        let bytes = std::fs::read(folder.join(name)).expect("REAL_DATA holds PobleSec");
        read_csv(&bytes, name, 30).expect("real data are sound")
    };
    let parts = (read("PobleSec.csv"), read("PobleSec_test.csv"));
    Some(prepare(parts.0, parts.1, &PreprocessConfig::default()).expect("real data are sound"))
}

#[test]
fn real_data_are_forecast_as_well_as_the_study_found() {
    let Some(prepared) = real_data() else {
        println!("skipped: REAL_DATA names no folder");
        return;
    };
    let data = data_of(&prepared, &["down"]);
    let window = test_window(&prepared.train, &prepared.test, &prepared.imputed_test, &data.targets, 720);
    assert_eq!(window.rows.len(), 3_972);
    let mut best = f64::INFINITY;
    for (family, most) in [
        (Family::GRU, 0.0357),
        (Family::LSTM, 0.0357),
        (Family::RIDGE, 0.0357),
        (Family::PERSISTENCE, 0.0403),
        (Family::SEASONAL_NAIVE, 0.0720),
    ] {
        let served = served(&trained(family, &data, &TrainSettings::default()));
        let model = served.build().expect("builds");
        let parts = (&prepared.train, &prepared.test);
        let metrics = evaluate(model.as_ref(), &served.manifest, parts.0, parts.1, &window).expect("scored");
        println!("{family}: {metrics:?}");
        assert!(metrics.rmse <= most, "{family}: rmse {}", metrics.rmse);
        best = best.min(metrics.rmse);
    }
    assert!(best <= 0.0353, "best rmse {best}");
}

#[test]
fn numpy_recomputes_nets_ridge_and_persistence_from_their_artifacts() {
    let Some(python) = std::env::var_os("FLTS_TEST_PYTHON") else {
        println!("skipped: FLTS_TEST_PYTHON names no interpreter");
        return;
    };
    let prepared = prepared();
    let data = data_of(&prepared, &["down", "users"]);
    let layers = TrainSettings { num_layers: 2, ..quick() };
    for family in [Family::GRU, Family::LSTM, Family::RIDGE, Family::PERSISTENCE] {
        for settings in [&quick(), &layers] {
            let artifact = trained(family, &data, settings);
            let served = served(&artifact);
            for (last, horizon) in [(1_000, 1), (2_000, 8), (2_500, 400)] {
                let context = context_at(&served, &data.train, last);
                let model = served.build().expect("builds");
                let forecast = &model.forecast(&[context], horizon).expect("forecasts")[0];
                let folder = tempfile::tempdir().expect("a folder");
                write(folder.path(), "manifest.json", &artifact.manifest.to_json());
                write(folder.path(), "weights.safetensors", &artifact.weights);
                let mut columns = serde_json::Map::new();
                let rows = last + 1 - served.manifest.input_rows..=last;
                let form = data.train.form;
                let ts: Vec<String> =
                    data.train.times_ms[rows.clone()].iter().map(|ms| format_time(*ms, form)).collect();
                columns.insert("ts".into(), json!(ts));
                for name in &data.measured {
                    let column = data.train.column(name).expect("measured");
                    columns.insert(name.clone(), json!(column.values[rows.clone()]));
                }
                let request = json!({"data": columns, "inference_length": horizon});
                write(folder.path(), "request.json", request.to_string().as_bytes());
                let predictions: Vec<_> = forecast
                    .chunks_exact(2)
                    .zip(1..)
                    .map(|(row, step)| {
                        let ms = data.train.times_ms[last] + step * served.manifest.step_ms;
                        json!({"ts": format_time(ms, form), "down": row[0], "users": row[1]})
                    })
                    .collect();
                let answer = json!({"predictions": predictions});
                write(folder.path(), "answer.json", answer.to_string().as_bytes());
                let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/forecast/recompute.py");
                let output = Command::new(&python)
                    .arg(script)
                    .arg(folder.path())
                    .arg(folder.path().join("request.json"))
                    .arg("--expect")
                    .arg(folder.path().join("answer.json"))
                    .output()
                    .expect("the interpreter starts");
                let text = String::from_utf8_lossy(&output.stdout).into_owned();
                let problem = String::from_utf8_lossy(&output.stderr).into_owned();
                assert!(output.status.success(), "{family} {horizon}: {text}{problem}");
                print!("{family}: {text}");
            }
        }
    }
}

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    std::fs::write(folder.join(name), bytes).expect("the folder can be written");
}
