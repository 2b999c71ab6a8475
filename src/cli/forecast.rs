//! `flts forecast`: forecasts the rows after those of a file with the promoted model, without a server.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, value_parser};
use serde_json::{Value, json};

use crate::actors::fetch_promoted;
use crate::config::Config;
use crate::forecast::{
    Forecast, MAX_HORIZON, Manifest, ReadOptions, RequestRows, Series, TimeForm, TimeWriter, VerifiedModel,
    check_forecast, file_shape, forecast_times, identifier_of, prediction_rows, prepare_request, read_file, series_of,
    use_one_torch_thread,
};
use crate::node::{HISTORY_PER_STEP, last_points, memory_budget, read_input_file};
use crate::storage::{Decisions, FetchedPointer, ObjectStore, Runs};
use crate::terminal::{Display, Point, chart};

use super::backends::{CommandBackends, StoreAccessMode};
use super::command::{Command, ForecastOptions, Format};
use super::exit::Exit;
use super::flags::Environment;
use super::{flags, help};

/// The command and its flags.
pub fn command() -> clap::Command {
    let data = Arg::new("data")
        .long("data")
        .value_name("FILE")
        .required(true)
        .value_parser(value_parser!(PathBuf))
        .help_heading("Input")
        .help("CSV whose last rows the forecast starts from; it needs the columns that the model was trained on");
    let horizon = Arg::new("horizon")
        .long("horizon")
        .value_name("N")
        .value_parser(value_parser!(u64).range(1..=MAX_HORIZON))
        .help_heading("Output")
        .help("Steps to forecast; without it as many as the model forecasts at once");
    let format = Arg::new("format")
        .long("format")
        .value_parser(PossibleValuesParser::new(["csv", "json", "chart"]))
        .default_value("csv")
        .help_heading("Output")
        .help("How the forecast is written to stdout");
    clap::Command::new("forecast")
        .about("Forecast the steps that follow a file with the promoted model, and exit")
        .after_help(help::RULES)
        .args([data, horizon, format])
        .args(flags::settings(flags::is_place))
}

/// From the parsed flags to the command.
pub fn parse(matches: &ArgMatches, environment: &Environment) -> Result<Command, Exit> {
    let options = ForecastOptions {
        data: flags::path(matches, "data").unwrap_or_default(),
        horizon: matches.get_one::<u64>("horizon").and_then(|steps| usize::try_from(*steps).ok()),
        format: match matches.get_one::<String>("format").map(String::as_str) {
            Some("json") => Format::Json,
            Some("chart") => Format::Chart,
            _ => Format::Csv,
        },
    };
    Ok(Command::Forecast { config: flags::config(matches, environment, None)?, options })
}

/// Loads the promoted model and forecasts. Returns the forecast as text.
///
/// # Errors
/// File, store or model cannot be used.
pub async fn work(config: &Config, options: &ForecastOptions) -> anyhow::Result<String> {
    let bytes = read_input_file("--data", &options.data)?;
    let file = options.data.display().to_string();
    // a few rows may well have one value
    let read = ReadOptions { keep_all: true, ..config.data.read.clone() };
    let shape = file_shape(&bytes, &file, &read)?;
    let budget = memory_budget(config);
    let _memory = budget.datasets.try_reserve(shape.bytes()).with_context(|| file.to_string())?;
    let mut series = series_called(&config.identifier, &bytes, &read).with_context(|| file.clone())?;
    let backends = CommandBackends::open(config, StoreAccessMode::Read).await?;
    let runs = Runs::new(backends.objects.clone()).within(budget.models, 1);
    let served = promoted_model(&backends.objects, &runs, &config.identifier).await;
    backends.close().await;
    let served = served?;
    series.add_levels(&served.manifest.columns, &read.categories);
    let (options, identifier) = (options.clone(), config.identifier.clone());
    // on a blocking thread: libtorch would hold up the network
    let text = tokio::task::spawn_blocking(move || {
        // as in the workers of the pool, so that every bit is that of `POST /predict`
        use_one_torch_thread();
        forecast_text(&served, &series, &options, &identifier)
    });
    text.await.context("the forecast died")?
}

/// The one series of a file, or that of a long file with this identifier.
fn series_called(identifier: &str, bytes: &[u8], options: &ReadOptions) -> anyhow::Result<Series> {
    let mut all = series_of(read_file(bytes, options)?, options);
    if let [(None, _)] = all.as_slice() {
        return Ok(all.remove(0).1);
    }
    let is_called =
        |(name, _): &(Option<String>, Series)| name.as_deref().map(identifier_of).as_deref() == Some(identifier);
    match all.iter().position(is_called) {
        Some(at) => Ok(all.swap_remove(at).1),
        None => {
            let names: Vec<String> =
                all.iter().take(5).filter_map(|(name, _)| Some(identifier_of(name.as_ref()?))).collect();
            bail!(
                "it holds {} series, none of them `{identifier}`; name one with --identifier, such as {}",
                all.len(),
                names.join(", ")
            )
        }
    }
}

/// The model that the pointer names, with its files verified.
async fn promoted_model(objects: &ObjectStore, runs: &Runs, identifier: &str) -> anyhow::Result<VerifiedModel> {
    let pointer = match Decisions::new(objects.clone()).pointer(identifier, None).await? {
        FetchedPointer::New { pointer, .. } => pointer,
        FetchedPointer::Unreadable { reason } => bail!(reason),
        FetchedPointer::Absent | FetchedPointer::Unchanged => bail!(
            "nothing is promoted for `{identifier}`; train a model with flts run, or name another series with --identifier"
        ),
    };
    Ok(fetch_promoted(runs, &pointer).await?)
}

fn forecast_text(
    served: &VerifiedModel,
    series: &Series,
    options: &ForecastOptions,
    identifier: &str,
) -> anyhow::Result<String> {
    let manifest = &served.manifest;
    let series = measured_rows(series, &manifest.targets);
    let series = &series;
    let rows = rows_since_last_gap(series, manifest);
    let prepared = prepare_request(manifest, &rows).with_context(|| rows_used(&options.data, series, &rows))?;
    let horizon = options.horizon.unwrap_or(manifest.output_rows);
    let last_ms = prepared.context.last_ms;
    let forecasts = served.build()?.forecast(&[prepared.context], horizon)?;
    let forecast = forecasts.into_iter().next().context("the model gave no forecast")?;
    check_forecast(&forecast).with_context(|| rows_used(&options.data, series, &rows))?;
    // naive times of the file on the clock of the model are written as the model reads them
    let is_local = series.form == TimeForm::Naive && manifest.time_form == TimeForm::Utc;
    let writer = if is_local { prepared.form } else { series.writer() };
    let times = forecast_times(manifest, last_ms, writer);
    match options.format {
        Format::Json => Ok(format!("{:#}", to_json(served, identifier, &forecast, times))),
        Format::Csv => to_csv(manifest, &forecast, times),
        Format::Chart => Ok(to_chart(manifest, series, &forecast, last_ms)),
    }
}

/// The rows up to the last one in which every target was measured; the caller is told where others follow.
fn measured_rows(series: &Series, targets: &[String]) -> Series {
    let columns: Vec<&[f64]> = targets.iter().filter_map(|name| Some(series.column(name)?.values.as_slice())).collect();
    let is_measured = |row: &usize| columns.iter().all(|values| values[*row].is_finite());
    match (0..series.rows()).rev().find(is_measured) {
        Some(last) if last + 1 < series.rows() => {
            eprintln!(
                "note: the targets of the last {} row(s) are missing; the forecast starts after {}",
                series.rows() - last - 1,
                series.writer().write(series.times_ms[last])
            );
            series.slice(0..last + 1)
        }
        _ => series.clone(),
    }
}

/// The rows after the last gap that is too long to be imputed.
fn rows_since_last_gap(series: &Series, manifest: &Manifest) -> RequestRows {
    let rows = series.segments(manifest.steps()).pop().unwrap_or(0..series.rows());
    let cells = |name: &String| {
        let values = &series.column(name)?.values[rows.clone()];
        Some((name.clone(), values.iter().map(|value| if value.is_finite() { *value } else { f64::NAN }).collect()))
    };
    // instants, which every model understands; naive times stay naive
    let writer = TimeWriter::from(series.form);
    RequestRows {
        times: series.times_ms[rows.clone()].iter().map(|ms| writer.write(*ms)).collect(),
        columns: manifest.columns.iter().filter_map(cells).collect::<BTreeMap<_, _>>(),
    }
}

/// The file, and the rows used if they are not all, for error texts.
fn rows_used(file: &Path, series: &Series, rows: &RequestRows) -> String {
    let (all, used) = (series.rows(), rows.times.len());
    match all == used {
        true => file.display().to_string(),
        false => format!("{} (the last {used} of {all} rows, those after the last gap)", file.display()),
    }
}

fn to_csv(manifest: &Manifest, forecast: &Forecast, times: impl Iterator<Item = String>) -> anyhow::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(std::iter::once("ts").chain(manifest.targets.iter().map(String::as_str)))?;
    for (row, time) in forecast.chunks(manifest.targets.len()).zip(times) {
        writer.write_record(std::iter::once(time).chain(row.iter().map(f64::to_string)))?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

/// A chart of the first target: forecast and measured rows before it.
fn to_chart(manifest: &Manifest, series: &Series, forecast: &Forecast, last_ms: i64) -> String {
    let Some(target) = manifest.targets.first() else { return String::new() };
    let rows = forecast.chunks(manifest.targets.len());
    let history = last_points(series, target, rows.len() * HISTORY_PER_STEP);
    let ahead: Vec<Point> = (1..)
        .zip(rows)
        .map(|(step, row)| Point { time_ms: manifest.steps().after(last_ms, step), value: row[0] })
        .collect();
    chart(target, &history, &ahead, &Display::detect())
}

/// Lineage and predictions, in the form of the answer of `POST /predict`.
fn to_json(
    served: &VerifiedModel,
    identifier: &str,
    forecast: &Forecast,
    times: impl Iterator<Item = String>,
) -> Value {
    let (manifest, lineage) = (&served.manifest, &served.manifest.lineage);
    let mut body = json!({
        "identifier": identifier, "run_id": lineage.run_id, "config_hash": lineage.config_hash,
        "model_type": manifest.model_type, "generation": served.generation,
        "predictions": prediction_rows(manifest, forecast, times),
    });
    for name in served.standing.names() {
        body[name] = json!(true);
    }
    body
}
