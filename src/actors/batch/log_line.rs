//! A line of the inference log, under the original's names.

use serde::Serialize;

use crate::forecast::{Family, Standing, VerifiedModel};
use crate::kafka::RECORD_VERSION;
use crate::storage::now;

use super::claim_forecast::LoggedForecast;
use super::messages::ForecastClaim;

#[derive(Serialize)]
struct LogLine<'a> {
    timestamp: String,
    identifier: &'a str,
    claim_id: &'a str,
    bucket: &'a str,
    object_key: &'a str,
    run_id: &'a str,
    model_type: Family,
    config_hash: &'a str,
    generation: u64,
    status: &'static str,
    v: u32,
    #[serde(flatten)]
    standing: Standing,
    #[serde(flatten)]
    forecast: &'a LoggedForecast,
}

/// The line of an answered claim, its line break included.
///
/// # Errors
/// A value that JSON cannot express, which no forecast that was checked holds.
pub fn log_line(
    claim: &ForecastClaim,
    served: &VerifiedModel,
    forecast: &LoggedForecast,
) -> serde_json::Result<String> {
    let lineage = &served.manifest.lineage;
    let line = LogLine {
        timestamp: now(),
        identifier: &claim.identifier,
        claim_id: &claim.claim_id,
        bucket: &claim.claim.bucket,
        object_key: &claim.claim.object,
        run_id: &lineage.run_id,
        model_type: served.manifest.model_type,
        config_hash: &lineage.config_hash,
        generation: served.generation,
        status: "SUCCESS",
        v: RECORD_VERSION,
        standing: served.standing,
        forecast,
    };
    Ok(serde_json::to_string(&line)? + "\n")
}
