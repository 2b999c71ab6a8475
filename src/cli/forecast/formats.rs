//! Forecasts as CSV, JSON and charts.

use serde_json::Value;

use crate::forecast::prediction_rows;
use crate::node::{HISTORY_PER_STEP, last_points};
use crate::terminal::{Display, Point, chart};

use super::answer::Answer;

/// One row a step; forecasts of named series have a first column with the name.
pub fn to_csv(answers: &[(Option<&str>, &Answer)]) -> anyhow::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut header: Option<Vec<&str>> = None;
    for (name, answer) in answers {
        let targets = &answer.model.manifest.targets;
        let columns = name.map(|_| "identifier").into_iter().chain(["ts"]);
        let columns: Vec<&str> = columns.chain(targets.iter().map(String::as_str)).collect();
        if header.as_ref() != Some(&columns) {
            writer.write_record(&columns)?;
            header = Some(columns);
        }
        for (row, time) in answer.forecast.chunks(targets.len()).zip(&answer.times) {
            let cells = name.map(str::to_owned).into_iter().chain([time.clone()]);
            writer.write_record(cells.chain(row.iter().map(f64::to_string)))?;
        }
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

/// A chart of the first target: forecast and measured rows before it.
pub fn to_chart(answer: &Answer) -> String {
    let manifest = &answer.model.manifest;
    let Some(target) = manifest.targets.first() else { return String::new() };
    let rows = answer.forecast.chunks(manifest.targets.len());
    let history = last_points(&answer.series, target, rows.len() * HISTORY_PER_STEP);
    let ahead: Vec<Point> = (1..)
        .zip(rows)
        .map(|(step, row)| Point { time_ms: manifest.steps().after(answer.last_ms, step), value: row[0] })
        .collect();
    chart(target, &history, &ahead, &Display::detect())
}

/// Adds the predictions to what is said of them, in the form of the answer of `POST /predict`.
pub fn to_json(mut body: Value, answer: &Answer) -> Value {
    let rows = prediction_rows(&answer.model.manifest, &answer.forecast, answer.times.iter().cloned());
    body["predictions"] = rows.into();
    for name in answer.model.standing.names() {
        body[name] = true.into();
    }
    body
}
