//! Prediction rows: a forecast as JSON, the same in answers to requests, in the log of claims and in what `flts forecast` prints.

use serde_json::{Map, Value};

use crate::forecast::data::TimeWriter;
use crate::forecast::model::Manifest;

/// The times that a forecast is for, step after step without end: the first is one step after `last_ms`, the context's last row. They
/// are written as `writer` does.
pub fn forecast_times(manifest: &Manifest, last_ms: i64, writer: TimeWriter) -> impl Iterator<Item = String> + use<> {
    let steps = manifest.steps();
    (1..).map(move |step| writer.write(steps.after(last_ms, step)))
}

/// One JSON object a step: `ts` first, then the value of each target in the manifest's order. `forecast` is steps x targets,
/// row-major; steps without a time are left out.
pub fn prediction_rows(manifest: &Manifest, forecast: &[f64], times: impl IntoIterator<Item = String>) -> Vec<Value> {
    let steps = forecast.chunks(manifest.targets.len()).zip(times);
    let object = |(values, time): (&[f64], String)| {
        let mut object = Map::from_iter([("ts".to_owned(), Value::from(time))]);
        object.extend(manifest.targets.iter().cloned().zip(values.iter().map(|&value| Value::from(value))));
        Value::Object(object)
    };
    steps.map(object).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::data::{Series, TimeForm};
    use crate::forecast::model::{Family, Lineage, TrainSettings, TrainingData};

    #[test]
    fn a_row_has_its_time_and_the_targets_in_the_manifests_order() {
        let data = TrainingData {
            train: Series {
                form: TimeForm::Utc,
                axis: Default::default(),
                times_ms: vec![0, 60_000],
                columns: Vec::new(),
            },
            measured: vec!["a".into(), "z".into()],
            targets: Vec::new(),
            means: Default::default(),
            calendar: false,
        };
        let lineage = Lineage {
            run_id: String::new(),
            identifier: "i".into(),
            config_hash: "c".into(),
            dataset_id: "d".into(),
            train_hash: "t".into(),
        };
        let mut manifest = Manifest::new(Family::PERSISTENCE, &data, &TrainSettings::default(), lineage).expect("one");
        manifest.targets = vec!["z".into(), "a".into()];
        let rows =
            prediction_rows(&manifest, &[1.0, 2.5, 3.0, 4.0], forecast_times(&manifest, 60_000, TimeForm::Utc.into()));
        let expected =
            r#"[{"ts":"1970-01-01T00:02:00Z","z":1.0,"a":2.5},{"ts":"1970-01-01T00:03:00Z","z":3.0,"a":4.0}]"#;
        assert_eq!(Value::from(rows).to_string(), expected);
    }
}
