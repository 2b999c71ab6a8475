//! A forecast by the cheap family that is best on a file, without a node.

use std::path::Path;
use std::thread::available_parallelism;
use std::time::Instant;

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::cli::command::{ForecastOptions, Format};
use crate::config::Config;
use crate::forecast::{Candidate, Selection, SelectionSettings, Series, side_by_side, use_one_torch_thread};
use crate::node::{families, targets};

use super::answer::Answer;
use super::formats::{to_chart, to_csv, to_json};
use super::series::{NamedSeries, asked_for, read_named};

/// A forecast, and what chose its family.
struct Fitted {
    winner: Candidate,
    answer: Answer,
    seconds: f64,
}

/// Fits, chooses and forecasts each series of the file. Returns the forecasts as text.
///
/// # Errors
/// The file cannot be used, or no series of it can be forecast.
pub async fn forecast(config: &Config, options: &ForecastOptions, file: &Path) -> anyhow::Result<String> {
    let all = read_named(config, "--data", file, &config.data.read)?;
    let all = asked_for(config, all).with_context(|| file.display().to_string())?;
    let (config, options, place) = (config.clone(), options.clone(), file.display().to_string());
    let text = tokio::task::spawn_blocking(move || forecast_all(&config, &options, &all, &place));
    text.await.context("the forecast died")?
}

fn forecast_all(config: &Config, options: &ForecastOptions, all: &NamedSeries, place: &str) -> anyhow::Result<String> {
    let cores = available_parallelism().map_or(1, usize::from);
    let settings = selection_settings(config, options.horizon, cores / all.len().clamp(1, cores));
    let items: Vec<&(Option<String>, Series)> = all.iter().collect();
    let work = |(name, series): &(Option<String>, Series)| {
        let identifier = name.as_deref().unwrap_or(&config.identifier);
        fit_one(identifier, series, &settings, options.horizon, place)
    };
    let fitted = side_by_side(&items, cores, work);
    let (mut answers, mut first_error) = (Vec::new(), None);
    for ((name, _), fitted) in all.iter().zip(fitted) {
        let subject = name.as_ref().map_or_else(String::new, |name| format!("{name}: "));
        match fitted {
            Ok(fitted) => {
                eprintln!("{subject}{}", told(&fitted));
                answers.push((name.as_deref(), fitted));
            }
            Err(error) if all.len() > 1 => {
                eprintln!("warning: {subject}{error:#}");
                first_error.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    match first_error {
        Some(error) if answers.is_empty() => Err(error.context("no series can be forecast; the first one")),
        _ => written(&answers, options.format, &config.identifier),
    }
}

/// The settings of the file's families: those of a node, with the horizon that was asked for.
pub fn selection_settings(config: &Config, horizon: Option<usize>, threads: usize) -> SelectionSettings {
    let mut train = config.training.settings.clone();
    train.output_rows = horizon.unwrap_or(train.output_rows);
    SelectionSettings {
        targets: targets(config),
        preprocess: config.data.preprocess.clone(),
        train,
        promotable: families(&config.judging.promotable_model_types),
        weights: config.judging.score_weights,
        margin: config.judging.promotion_margin,
        threads: threads.max(1),
    }
}

fn fit_one(
    identifier: &str,
    series: &Series,
    settings: &SelectionSettings,
    horizon: Option<usize>,
    place: &str,
) -> anyhow::Result<Fitted> {
    let started = Instant::now();
    let selection = Selection::of(identifier, series, settings)?;
    use_one_torch_thread();
    let model = selection.refit()?;
    let winner = selection.winner().context("no family won")?.clone();
    // a short series is fitted for fewer steps than are forecast
    let answer = Answer::of(model, series, Some(horizon.unwrap_or(settings.train.output_rows)), place)?;
    Ok(Fitted { winner, answer, seconds: started.elapsed().as_secs_f64() })
}

/// The family and its score, in one line.
fn told(fitted: &Fitted) -> String {
    let Fitted { winner, seconds, answer } = fitted;
    let mut parts = vec![format!("fitted {} in {seconds:.1} s", winner.model_type)];
    if let Some(score) = winner.score {
        parts.push(format!("score {score:.4}"));
    }
    if let Some(mase) = winner.mase {
        parts.push(format!("MASE {mase:.3}"));
    }
    if let Some(origins) = winner.origins {
        parts.push(format!("{origins} origins in the last fifth"));
    }
    if answer.model.standing.fallback {
        parts.push("a fallback: nothing clearly beats the naive methods".to_owned());
    }
    parts.join(", ")
}

fn written(answers: &[(Option<&str>, Fitted)], format: Format, identifier: &str) -> anyhow::Result<String> {
    let body = |(name, fitted): &(Option<&str>, Fitted)| {
        let winner = &fitted.winner;
        let body = json!({
            "identifier": name.unwrap_or(identifier), "model_type": winner.model_type, "score": winner.score,
            "mase": winner.mase, "origins": winner.origins,
        });
        to_json(body, &fitted.answer)
    };
    match (format, answers) {
        (Format::Json, [(None, _)]) => Ok(format!("{:#}", body(&answers[0]))),
        (Format::Json, _) => Ok(format!("{:#}", Value::from(answers.iter().map(body).collect::<Vec<_>>()))),
        (Format::Csv, _) => {
            let rows: Vec<_> = answers.iter().map(|(name, fitted)| (*name, &fitted.answer)).collect();
            to_csv(&rows)
        }
        (Format::Chart, _) => {
            let named = |(name, fitted): &(Option<&str>, Fitted)| {
                let title = name.map_or_else(String::new, |name| format!("{name}\n"));
                title + &to_chart(&fitted.answer)
            };
            Ok(answers.iter().map(named).collect::<Vec<_>>().join("\n\n"))
        }
    }
}
