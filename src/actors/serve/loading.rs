//! From a pointer to a model in service.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::actors::shared::{FetchError, LoadError, Services, Serving, fetch_promoted};
use crate::actors::telemetry::Event;
use crate::forecast::VerifiedModel;
use crate::storage::Pointer;

/// Fetches, verifies and warms up a model beside the one in service, then swaps it as one value. The model in service is not loaded again.
pub fn load(services: &Services, serving: &Serving, pointer: &Pointer) -> Result<(), LoadError> {
    let started = Instant::now();
    let before = serving.served();
    if before.as_ref().is_some_and(|served| is_named_by(pointer, served)) {
        return Ok(());
    }
    let fetched = services.io.block_on(fetch_promoted(&services.runs, pointer));
    let served = fetched.map_err(|error| not_loaded(&error, before.as_deref()))?;
    served.warm_up().map_err(|error| LoadError(error.to_string()))?;
    fail::fail_point!("model-warmed");
    let input_rows = served.manifest.input_rows;
    serving.swap(Arc::new(served));
    services.events.metrics.pool.promotion_lag_seconds.set(lag(pointer).as_secs_f64());
    services.events.emit(Event::ModelLoaded {
        pointer: Box::new(pointer.clone()),
        input_rows,
        took: started.elapsed(),
        first: before.is_none(),
    });
    Ok(())
}

/// Why a model was not loaded. The one in service answers meanwhile, and holds memory.
fn not_loaded(error: &FetchError, before: Option<&VerifiedModel>) -> LoadError {
    let beside = before.filter(|_| error.is_about_memory()).map(|before| {
        format!(
            "; the model in service holds {} bytes and answers meanwhile: both must fit, so set MEMORY_BUDGET_MB to allow more",
            before.held_bytes()
        )
    });
    LoadError(format!("{error}{}", beside.unwrap_or_default()))
}

fn is_named_by(pointer: &Pointer, served: &VerifiedModel) -> bool {
    served.generation == pointer.generation && served.manifest.lineage.run_id == pointer.run_id
}

/// Time since the decision; zero where the clocks of two machines disagree.
fn lag(pointer: &Pointer) -> Duration {
    let decided = chrono::DateTime::parse_from_rfc3339(&pointer.timestamp)
        .map(|time| time.timestamp_millis())
        .unwrap_or(i64::MAX);
    let now = chrono::Utc::now().timestamp_millis();
    Duration::from_millis(now.saturating_sub(decided).max(0) as u64)
}
