//! From one claim to its answer, step by step.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use backon::{BackoffBuilder, ExponentialBuilder};
use tokio::time::timeout;

use crate::actors::shared::{HeldForWork, RecentValues, Services, Serving};
use crate::forecast::VerifiedModel;
use crate::kafka::{Answered, Delivery, Outgoing, PERFORMANCE_EVAL, PerformanceEvent, Producer, PublishError};
use crate::storage::INFERENCE_LOG_BUCKET;

use super::attempts::Attempts;
use super::claim_error::ClaimError;
use super::claim_forecast::{ClaimForecast, forecast_claim};
use super::claim_models::ClaimModels;
use super::limits::{ClaimLimits, ClaimMemory, KeptMemory};
use super::log_line::log_line;
use super::messages::ForecastClaim;
use super::objects::{ClaimObjects, ObjectRows};

use super::segment_log::SegmentLog;
use super::settings::BatchClaims;
use super::settling::Settling;
use super::state::BatchState;

/// The part of the kept memory that forecasts take, in thirds.
const FORECASTS_THIRDS: usize = 1;
/// Longest pause before an event that the broker did not take is sent again.
const PUBLISH_PAUSE_MAX: Duration = Duration::from_secs(5);

/// What a forecast depends on: the hash of the rows, the hash of the model's manifest, its generation.
type ForecastKey = (String, String, u64);

/// What all claims in hand are answered with.
pub struct ClaimAnswerer {
    serving: Serving,
    producer: Producer,
    limits: ClaimLimits,
    models: ClaimModels,
    horizon: usize,
    attempts: Attempts,
    objects: ClaimObjects,
    /// The memory of the forecasts that are kept.
    _kept: KeptMemory,
    forecasts: RecentValues<ForecastKey, Arc<ClaimForecast>, ClaimError>,
    log: SegmentLog,
    in_hand: Cell<usize>,
    answered: Cell<u64>,
    expired: Cell<u64>,
    computed: Cell<u64>,
    settling: Settling,
}

impl ClaimAnswerer {
    /// No claim in hand.
    pub fn new(services: Services, serving: Serving, identifier: String, settings: BatchClaims) -> Self {
        let BatchClaims { horizon, options, log, journals, models, buckets: _ } = settings;
        let attempts = Attempts::new(journals);
        let settling = Settling::new(services.producer.clone(), identifier.clone());
        let limits = ClaimLimits::new(services.io.clone(), &services.memory);
        let kept = limits.keep(FORECASTS_THIRDS);
        Self {
            models: ClaimModels::new(models),
            serving,
            producer: services.producer,
            objects: ClaimObjects::new(services.objects, limits.clone(), attempts.clone(), options),
            attempts,
            limits,
            horizon,
            forecasts: RecentValues::new(kept.bytes, |forecast: &Arc<ClaimForecast>| forecast.bytes()),
            _kept: kept,
            log: SegmentLog::new(log),
            in_hand: Cell::default(),
            answered: Cell::default(),
            expired: Cell::default(),
            computed: Cell::default(),
            settling,
        }
    }

    /// The attempts that survive the process.
    pub fn attempts(&self) -> Attempts {
        self.attempts.clone()
    }

    /// Forgets models of other series for as long as other models wait for memory; run it on a task.
    pub async fn free_models(self: Rc<Self>) {
        self.models.free_memory().await;
    }

    /// What the actor reports of itself.
    pub fn state(&self) -> BatchState {
        let (cached_objects, cached_bytes) = self.objects.size();
        let segment = self.log.state();
        BatchState {
            in_hand: self.in_hand.get(),
            answered: self.answered.get(),
            expired: self.expired.get(),
            parked: self.settling.parked(),
            computed: self.computed.get(),
            cached_objects,
            cached_bytes,
            open_segment_lines: segment.lines,
            open_segment_bytes: segment.bytes,
            segments: segment.stored,
            last_error: self.settling.last_error(),
        }
    }
}

/// A claim in hand: it is counted until this is dropped.
struct InHand<'a>(&'a Cell<usize>);

impl<'a> InHand<'a> {
    fn one_more(count: &'a Cell<usize>) -> Self {
        count.set(count.get() + 1);
        Self(count)
    }
}

impl Drop for InHand<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// Answers one claim, and settles its delivery.
pub async fn answer(answerer: Rc<ClaimAnswerer>, claim: ForecastClaim, delivery: Delivery) {
    let _in_hand = InHand::one_more(&answerer.in_hand);
    answerer.settling.seen(&claim);
    match Box::pin(answer_or_expire(&answerer, &claim, &delivery)).await {
        Ok(()) => answerer.settling.done(delivery),
        Err(ClaimError::NoModel(cause)) => answerer.settling.wait_for_model(&claim, cause, delivery).await,
        Err(error) => answerer.settling.give_back(&claim, error, delivery),
    }
}

async fn answer_or_expire(
    answerer: &ClaimAnswerer,
    claim: &ForecastClaim,
    delivery: &Delivery,
) -> Result<(), ClaimError> {
    let left = claim.deadline.map(|deadline| deadline.duration_since(SystemTime::now()).unwrap_or_default());
    let answering = Box::pin(logged_answer(answerer, claim, delivery));
    // the deadline ends here: a claim whose answer is logged does not expire any more
    let answered = match left {
        None => Some(answering.await?),
        Some(Duration::ZERO) => None,
        Some(left) => timeout(left, answering).await.ok().transpose()?,
    };
    let count = if answered.is_some() { &answerer.answered } else { &answerer.expired };
    let event = PerformanceEvent::of(&claim.identifier, &claim.claim_id, answered);
    publish(answerer, delivery, &event).await?;
    count.set(count.get() + 1);
    Ok(())
}

/// Forecasts for a claim, and answers once the line of the log is stored.
async fn logged_answer(
    answerer: &ClaimAnswerer,
    claim: &ForecastClaim,
    delivery: &Delivery,
) -> Result<Answered, ClaimError> {
    let served = answerer.models.model(&claim.identifier).await?;
    // boxed: the futures of the store are large, and nested deep
    let (object, memory) = Box::pin(answerer.objects.rows(&claim.claim)).await?;
    check_partition(delivery)?;
    let forecast = Box::pin(forecast_of(answerer, claim, &served, &object, memory)).await?;
    check_partition(delivery)?;
    let line = log_line(claim, &served, &forecast.logged).map_err(|error| ClaimError::rejected(error.to_string()))?;
    let stored = answerer.log.append(&claim.identifier, line).await;
    let log_object_key = stored.map_err(|error| ClaimError::Retry(error.to_string()))?;
    Ok(answered(&log_object_key, &object.sha256, &served, &forecast))
}

/// The forecast that is kept for these rows, or a new one. `memory` is there if the rows were read for this claim.
async fn forecast_of(
    answerer: &ClaimAnswerer,
    claim: &ForecastClaim,
    served: &Arc<VerifiedModel>,
    object: &Arc<ObjectRows>,
    memory: Option<ClaimMemory>,
) -> Result<Arc<ClaimForecast>, ClaimError> {
    let key = (object.sha256.clone(), served.manifest_sha256.clone(), served.generation);
    if let Some(forecast) = answerer.forecasts.known(&key).await {
        return Ok(forecast);
    }
    // rows that were read for an earlier claim are worked on again
    let memory = match memory {
        Some(memory) => memory,
        None => vec![answerer.limits.memory(object.work_bytes()).await?],
    };
    let make = async {
        let name = format!("{}/{}", claim.claim.bucket, claim.claim.object);
        let attempt = answerer.attempts.begin(&object.sha256, &name).await?;
        let held: HeldForWork = Arc::new((memory, attempt));
        let forecast = forecast_claim(&answerer.serving, &answerer.limits, served, object, answerer.horizon, &held);
        let forecast = forecast.await?;
        answerer.attempts.survived(&object.sha256);
        answerer.computed.set(answerer.computed.get() + 1);
        Ok(Arc::new(forecast))
    };
    answerer.forecasts.get(key, make).await
}

/// Ends the work on a claim whose partition went to another consumer: that one answers it.
fn check_partition(delivery: &Delivery) -> Result<(), ClaimError> {
    match delivery.is_current() {
        true => Ok(()),
        false => Err(ClaimError::Retry(PublishError::Lost.to_string())),
    }
}

/// Sends an event, and waits until the broker has confirmed it. While the broker is away it is sent again, for as long as the partition
/// is this node's; the line in the log need not be written again.
async fn publish(answerer: &ClaimAnswerer, delivery: &Delivery, event: &PerformanceEvent) -> Result<(), ClaimError> {
    let payload = event.to_json();
    let mut pauses = ExponentialBuilder::default().with_max_delay(PUBLISH_PAUSE_MAX).without_max_times().build();
    loop {
        let event = Outgoing { topic: PERFORMANCE_EVAL, payload: &payload, ..Outgoing::default() };
        let failed = match delivery.publish_confirmed(&answerer.producer, event).await {
            Ok(()) => break,
            Err(PublishError::Send(error)) => error,
            Err(error @ PublishError::Lost) => return Err(ClaimError::Retry(error.to_string())),
        };
        if failed.is_permanent() {
            // the answer is in the log, and no event can announce it
            return Err(ClaimError::rejected_for_good(format!(
                "the broker does not take the answer, which has {} bytes: {failed}; raise max.message.bytes of {PERFORMANCE_EVAL}",
                payload.len()
            )));
        }
        tracing::debug!(event = "inference_event_retry", service = "inference", error = %failed);
        answerer.settling.note(failed.to_string());
        tokio::time::sleep(pauses.next().unwrap_or_default()).await;
    }
    fail::fail_point!("inference-event-sent");
    Ok(())
}

fn answered(log_object_key: &str, data_sha256: &str, served: &VerifiedModel, forecast: &ClaimForecast) -> Answered {
    let lineage = &served.manifest.lineage;
    let errors = forecast.errors.as_ref();
    Answered {
        log_bucket: INFERENCE_LOG_BUCKET.into(),
        log_object_key: log_object_key.into(),
        run_id: lineage.run_id.clone(),
        model_type: served.manifest.model_type.to_string(),
        config_hash: lineage.config_hash.clone(),
        generation: served.generation,
        fallback: served.standing.fallback,
        provisional: served.standing.provisional,
        rows: forecast.rows as u64,
        prediction_sha256: forecast.logged.prediction_sha256.clone(),
        data_sha256: data_sha256.into(),
        mae: errors.map(|errors| errors.mae),
        rmse: errors.map(|errors| errors.rmse),
        replay_origins: errors.map_or(0, |errors| errors.origins as u64),
        replay_points: errors.map_or(0, |errors| errors.points as u64),
    }
}
