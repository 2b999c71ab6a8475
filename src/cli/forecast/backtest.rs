//! `flts backtest`: how good each cheap family is on a file, by steps ahead.

use std::path::PathBuf;
use std::thread::available_parallelism;

use anyhow::Context as _;
use clap::{Arg, ArgMatches, value_parser};
use comfy_table::Table;
use serde_json::{Value, json};

use crate::cli::command::{BacktestOptions, Command};
use crate::cli::exit::Exit;
use crate::cli::flags::Environment;
use crate::cli::print::styled;
use crate::cli::{flags, help};
use crate::config::{Config, Group};
use crate::forecast::{Candidate, Selection, StepMetrics};

use super::fitted::selection_settings;
use super::series::{asked_for, read_named};

/// The command and its flags.
pub fn command() -> clap::Command {
    let file = Arg::new("FILE")
        .required(true)
        .value_parser(value_parser!(PathBuf))
        .help("the file: CSV in any of its dialects, plain, gzip or zstd, or Parquet");
    clap::Command::new("backtest")
        .about("Fit the cheap families to the first four fifths of a file, and show their errors on the last fifth")
        .after_help(help::RULES)
        .args([file, flags::json()])
        .args(flags::settings(|setting| setting.group == Group::Preprocess || setting.name == "IDENTIFIER"))
}

/// From the parsed flags to the command.
pub fn parse(matches: &ArgMatches, environment: &Environment) -> Result<Command, Exit> {
    let options =
        BacktestOptions { file: flags::path(matches, "FILE").unwrap_or_default(), json: matches.get_flag("json") };
    Ok(Command::Backtest { config: flags::config(matches, environment, None)?, options })
}

/// Fits and scores the families on each series of the file. Returns the tables as text.
///
/// # Errors
/// The file cannot be used.
pub async fn work(config: &Config, options: &BacktestOptions) -> anyhow::Result<String> {
    let file = options.file.display().to_string();
    let all = read_named(config, "FILE", &options.file, &config.data.read)?;
    let all = asked_for(config, all).with_context(|| file.clone())?;
    let (config, json) = (config.clone(), options.json);
    let text = tokio::task::spawn_blocking(move || {
        let settings = selection_settings(&config, None, available_parallelism().map_or(1, usize::from));
        let mut texts = Vec::new();
        let mut bodies = Vec::new();
        for (name, series) in &all {
            let identifier = name.as_deref().unwrap_or(&config.identifier);
            let subject = || name.clone().unwrap_or_else(|| file.clone());
            let selection = Selection::of(identifier, series, &settings).with_context(subject)?;
            bodies.push(to_json(identifier, &selection));
            texts.push(to_text(name.as_deref(), &selection));
        }
        Ok(match (json, all.as_slice()) {
            (true, [(None, _)]) => format!("{:#}", bodies.remove(0)),
            (true, _) => format!("{:#}", Value::from(bodies)),
            (false, _) => texts.join("\n\n"),
        })
    });
    text.await.context("the backtest died")?
}

fn is_winner(selection: &Selection, candidate: &Candidate) -> bool {
    selection.verdict.winner.as_ref() == Some(&candidate.run_id)
}

/// Seconds of the fit of a candidate.
fn fit_seconds(selection: &Selection, candidate: &Candidate) -> Option<f64> {
    let fitted = selection.fitted.iter().find(|fitted| fitted.family == candidate.model_type)?;
    Some(fitted.fit.as_secs_f64())
}

/// The families that could not be fitted, and why.
fn unfitted(selection: &Selection) -> impl Iterator<Item = (&'static str, &str)> {
    selection.fitted.iter().filter_map(|fitted| Some((fitted.family.as_str(), fitted.outcome.as_ref().err()?.as_str())))
}

fn to_json(identifier: &str, selection: &Selection) -> Value {
    let range = selection.target_range();
    let step = |step: &StepMetrics| {
        json!({
            "step": step.step, "mase": step.mase, "mae": range.map(|range| step.mae * range),
            "mae_scaled": step.mae, "rmse_scaled": step.rmse, "r2": step.r2,
        })
    };
    let family = |candidate: &Candidate| {
        json!({
            "model_type": candidate.model_type, "winner": is_winner(selection, candidate), "score": candidate.score,
            "mase": candidate.mase, "fit_s": fit_seconds(selection, candidate), "note": candidate.note,
            "by_step": candidate.by_step.iter().map(step).collect::<Vec<_>>(),
        })
    };
    let unfitted = unfitted(selection).map(|(name, why)| json!({"model_type": name, "reason": why}));
    json!({
        "identifier": identifier, "origins": selection.origins, "steps": selection.steps,
        "fallback": selection.verdict.fallback, "reason": selection.verdict.reason,
        "families": selection.verdict.scoreboard.iter().map(family).collect::<Vec<_>>(),
        "not_fitted": unfitted.collect::<Vec<_>>(),
    })
}

/// A row a family, a column a step: MASE, and the mean absolute error where one target is forecast.
fn to_text(name: Option<&str>, selection: &Selection) -> String {
    let range = selection.target_range();
    let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
    let mut header = vec!["family".to_owned(), "score".to_owned()];
    header.extend(selection.steps.iter().map(|step| format!("step {step}")));
    header.extend(["fit".to_owned(), String::new()]);
    let mut table: Table = styled();
    table.set_header(header);
    for candidate in &selection.verdict.scoreboard {
        let mut row = vec![candidate.model_type.to_string(), number(candidate.score)];
        row.extend(selection.steps.iter().map(|step| {
            let found = candidate.by_step.iter().find(|metrics| metrics.step == *step);
            let Some(found) = found else { return "-".to_owned() };
            match range {
                Some(range) => format!("{} / {}", number(found.mase), short(found.mae * range)),
                None => number(found.mase),
            }
        }));
        row.push(fit_seconds(selection, candidate).map_or_else(String::new, |seconds| format!("{seconds:.2} s")));
        row.push(match (is_winner(selection, candidate), selection.verdict.fallback) {
            (true, true) => "winner, as a fallback".to_owned(),
            (true, false) => "winner".to_owned(),
            _ => String::new(),
        });
        table.add_row(row);
    }
    let errors = if range.is_some() { "MASE / mean absolute error" } else { "MASE" };
    let title = name.map_or_else(String::new, |name| format!("{name}: "));
    let mut parts = vec![
        format!("{title}{errors} by steps ahead, from {} origins in the last fifth", selection.origins),
        table.to_string(),
    ];
    parts.extend(unfitted(selection).map(|(name, why)| format!("{name} was not fitted: {why}")));
    if selection.verdict.fallback || selection.verdict.winner.is_none() {
        parts.push(selection.verdict.reason.clone());
    }
    parts.join("\n")
}

/// Four digits, as an error is read.
fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 1000.0 => format!("{value:.0}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}
