//! A forecast by the promoted model, without a server: after the last row of a file, or of the newest data set.

use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use serde_json::{Value, json};

use crate::actors::{KnownRows, NoRows, fetch_promoted};
use crate::cli::backends::{CommandBackends, StoreAccessMode};
use crate::cli::command::{ForecastOptions, Format};
use crate::config::Config;
use crate::forecast::{ReadOptions, Series, VerifiedModel, use_one_torch_thread};
use crate::node::memory_budget;
use crate::storage::{Datasets, Decisions, FetchedPointer, ObjectStore, Runs};

use super::answer::Answer;
use super::formats::{to_chart, to_csv, to_json};
use super::series::{called, read_named};

/// Loads the promoted model and forecasts. Returns the forecast as text.
///
/// # Errors
/// File, store or model cannot be used.
pub async fn forecast(config: &Config, options: &ForecastOptions, file: Option<&Path>) -> anyhow::Result<String> {
    // a few rows may well have one value
    let read = ReadOptions { keep_all: true, ..config.data.read.clone() };
    let of_file = match file {
        Some(file) => {
            let all = read_named(config, "--data", file, &read)?;
            Some(called(&config.identifier, all).with_context(|| file.display().to_string())?.1)
        }
        None => None,
    };
    let backends = CommandBackends::open(config, StoreAccessMode::Read).await?;
    let found = model_and_rows(config, &backends.objects, of_file).await;
    backends.close().await;
    let (served, mut series) = found?;
    series.add_levels(&served.manifest.columns, &read.categories);
    let place = match file {
        Some(file) => file.display().to_string(),
        None => format!("the newest data set of `{}`", config.identifier),
    };
    let (options, identifier) = (options.clone(), config.identifier.clone());
    // on a blocking thread: libtorch would hold up the network
    let text = tokio::task::spawn_blocking(move || {
        // as in the workers of the pool, so that every bit is that of `POST /predict`
        use_one_torch_thread();
        let answer = Answer::of(served, &series, options.horizon, &place)?;
        match options.format {
            Format::Json => Ok(format!("{:#}", to_json(lineage(&answer.model, &identifier), &answer))),
            Format::Csv => to_csv(&[(None, &answer)]),
            Format::Chart => Ok(to_chart(&answer)),
        }
    });
    text.await.context("the forecast died")?
}

/// The promoted model, and the rows to forecast from where no file has them.
async fn model_and_rows(
    config: &Config,
    objects: &ObjectStore,
    of_file: Option<Series>,
) -> anyhow::Result<(VerifiedModel, Series)> {
    let budget = memory_budget(config);
    let runs = Runs::new(objects.clone()).within(budget.models, 1);
    let served = promoted_model(objects, &runs, &config.identifier).await?;
    let series = match of_file {
        Some(series) => series,
        None => newest_rows(objects, &config.identifier).await?,
    };
    Ok((served, series))
}

/// The last rows of the newest data set of a series.
async fn newest_rows(objects: &ObjectStore, identifier: &str) -> anyhow::Result<Series> {
    match KnownRows::new(Datasets::new(objects.clone())).of(identifier).await {
        Ok(rows) => Ok(rows.as_ref().clone()),
        Err(NoRows::Absent) => Err(anyhow!("no rows of `{identifier}` are stored; name a file with --data")),
        Err(NoRows::Outage(cause) | NoRows::Unusable(cause)) => Err(anyhow!(cause)),
    }
}

/// The model that the pointer names, with its files verified.
async fn promoted_model(objects: &ObjectStore, runs: &Runs, identifier: &str) -> anyhow::Result<VerifiedModel> {
    let pointer = match Decisions::new(objects.clone()).pointer(identifier, None).await? {
        FetchedPointer::New { pointer, .. } => pointer,
        FetchedPointer::Unreadable { reason } => bail!(reason),
        FetchedPointer::Absent | FetchedPointer::Unchanged => bail!(
            "nothing is promoted for `{identifier}`; train a model with flts run, name another series with --identifier, or fit one to a file with --data FILE --fit"
        ),
    };
    Ok(fetch_promoted(runs, &pointer).await?)
}

/// Which model a forecast is by.
fn lineage(served: &VerifiedModel, identifier: &str) -> Value {
    let (manifest, lineage) = (&served.manifest, &served.manifest.lineage);
    json!({
        "identifier": identifier, "run_id": lineage.run_id, "config_hash": lineage.config_hash,
        "model_type": manifest.model_type, "generation": served.generation,
    })
}
