//! A forecast with its times.

use anyhow::Context as _;

use crate::forecast::{
    Forecast, Manifest, RequestRows, Series, TimeForm, TimeWriter, VerifiedModel, check_forecast, forecast_times,
    prepare_request,
};

/// A forecast of the steps after the last measured row of a series.
pub struct Answer {
    /// The model that it is by.
    pub model: VerifiedModel,
    /// The rows up to the last measured one.
    pub series: Series,
    /// Steps x targets.
    pub forecast: Forecast,
    /// The time of the last measured row.
    pub last_ms: i64,
    /// A time a step.
    pub times: Vec<String>,
}

impl Answer {
    /// Forecasts so many steps, or as many as the model forecasts at once; `place` is where the rows come from, for error texts.
    ///
    /// # Errors
    /// The rows do not fit the model.
    pub fn of(model: VerifiedModel, series: &Series, horizon: Option<usize>, place: &str) -> anyhow::Result<Self> {
        let manifest = &model.manifest;
        let series = measured_rows(series, &manifest.targets);
        let rows = rows_since_last_gap(&series, manifest);
        let prepared = prepare_request(manifest, &rows).with_context(|| rows_used(place, &series, &rows))?;
        let horizon = horizon.unwrap_or(manifest.output_rows);
        let last_ms = prepared.context.last_ms;
        let forecasts = model.build()?.forecast(&[prepared.context], horizon)?;
        let forecast = forecasts.into_iter().next().context("the model gave no forecast")?;
        check_forecast(&forecast).with_context(|| rows_used(place, &series, &rows))?;
        // naive times of the file on the clock of the model are written as the model reads them
        let is_local = series.form == TimeForm::Naive && manifest.time_form == TimeForm::Utc;
        let writer = if is_local { prepared.form } else { series.writer() };
        let times = forecast_times(manifest, last_ms, writer).take(horizon).collect();
        Ok(Self { model, series, forecast, last_ms, times })
    }
}

/// The rows up to the last one in which every target was measured; a note on stderr says where others follow.
fn measured_rows(series: &Series, targets: &[String]) -> Series {
    let measured = series.rows_measured(targets);
    if measured == 0 || measured == series.rows() {
        return series.clone();
    }
    eprintln!(
        "note: the targets of the last {} row(s) are missing; the forecast starts after {}",
        series.rows() - measured,
        series.writer().write(series.times_ms[measured - 1])
    );
    series.slice(0..measured)
}

/// The rows after the last gap that is too long to be imputed.
fn rows_since_last_gap(series: &Series, manifest: &Manifest) -> RequestRows {
    // instants, which every model understands; naive times stay naive
    let writer = TimeWriter::from(series.form);
    RequestRows::of(series, &manifest.columns, series.last_run(manifest.steps()), &writer)
}

/// Where the rows come from, and those that are used if they are not all, for error texts.
fn rows_used(place: &str, series: &Series, rows: &RequestRows) -> String {
    let (all, used) = (series.rows(), rows.times.len());
    match all == used {
        true => place.to_owned(),
        false => format!("{place} (the last {used} of {all} rows, those after the last gap)"),
    }
}
