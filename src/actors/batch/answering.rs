//! From one claim to its answer, step by step.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use backon::{BackoffBuilder, ExponentialBuilder};
use serde_json::json;
use tokio::time::timeout;

use crate::actors::shared::{Services, Serving};
use crate::forecast::VerifiedModel;
use crate::kafka::{
    Answered, DataClaim, Delivery, PERFORMANCE_EVAL, PerformanceEvent, Producer, PublishError, RECORD_VERSION,
};
use crate::storage::{INFERENCE_LOG_BUCKET, now};

use super::limits::Hands;
use super::messages::AskedClaim;
use super::model_cache::ModelCache;
use super::objects::ClaimObjects;
use super::outcome::{Outcome, outcome};
use super::recent::Recent;
use super::segment_log::SegmentLog;
use super::settings::{BatchClaims, Trouble};
use super::state::BatchState;

/// Outcomes that are kept, in bytes.
const OUTCOMES_MAX_BYTES: usize = 32 << 20;

/// Rows of this hash, asked of this model.
type Call = (String, String, u64);

/// What every claim in hand is worked on with.
pub struct ClaimAnswerer {
    serving: Serving,
    producer: Producer,
    hands: Hands,
    shelf: ModelCache,
    horizon: usize,
    objects: ClaimObjects,
    outcomes: Recent<Call, Arc<Outcome>, Trouble>,
    log: SegmentLog,
    in_hand: Cell<usize>,
    answered: Cell<u64>,
    expired: Cell<u64>,
    computed: Cell<u64>,
    last_error: RefCell<Option<String>>,
}

impl ClaimAnswerer {
    /// Nothing in hand.
    pub fn new(services: Services, serving: Serving, identifier: String, settings: BatchClaims) -> Self {
        let BatchClaims { horizon, max_gap_rows, log } = settings;
        let hands = Hands::new(services.io.clone());
        Self {
            shelf: ModelCache::new(services.clone(), serving.clone(), identifier),
            serving,
            producer: services.producer,
            objects: ClaimObjects::new(services.objects, hands.clone(), max_gap_rows),
            hands,
            horizon,
            outcomes: Recent::new(OUTCOMES_MAX_BYTES),
            log: SegmentLog::new(log),
            in_hand: Cell::default(),
            answered: Cell::default(),
            expired: Cell::default(),
            computed: Cell::default(),
            last_error: RefCell::default(),
        }
    }

    /// What the actor says of itself.
    pub fn state(&self) -> BatchState {
        let (cached_objects, cached_bytes) = self.objects.size();
        let segment = self.log.state();
        BatchState {
            in_hand: self.in_hand.get(),
            answered: self.answered.get(),
            expired: self.expired.get(),
            computed: self.computed.get(),
            cached_objects,
            cached_bytes,
            open_segment_lines: segment.lines,
            open_segment_bytes: segment.bytes,
            segments: segment.stored,
            last_error: self.last_error.borrow().clone(),
        }
    }
}

/// A claim in hand, counted for as long as it is.
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

/// Answers one claim, and says what became of it through its delivery.
pub async fn answer(desk: Rc<ClaimAnswerer>, asked: AskedClaim, delivery: Delivery) {
    let _in_hand = InHand::one_more(&desk.in_hand);
    let claim_id = asked.claim_id.as_str();
    match Box::pin(worked_on(&desk, &asked, &delivery)).await {
        Ok(()) => {
            desk.last_error.replace(None);
            delivery.done();
        }
        Err(Trouble::Refused(cause)) => {
            tracing::warn!(event = "claim_refused", service = "inference", claim_id, cause);
            desk.last_error.replace(Some(cause.clone()));
            delivery.reject(cause);
        }
        Err(Trouble::Later(cause)) => {
            tracing::debug!(event = "claim_handed_back", service = "inference", claim_id, cause);
            desk.last_error.replace(Some(cause));
            delivery.hand_back();
        }
    }
}

async fn worked_on(desk: &ClaimAnswerer, asked: &AskedClaim, delivery: &Delivery) -> Result<(), Trouble> {
    let left = asked.deadline.map(|deadline| deadline.duration_since(SystemTime::now()).unwrap_or_default());
    let found = Box::pin(found(desk, asked, delivery));
    // once the answer is on its way there is no other one
    let found = match left {
        None => Some(found.await?),
        Some(Duration::ZERO) => None,
        Some(left) => timeout(left, found).await.ok().transpose()?,
    };
    let is_answered = found.is_some();
    tell(desk, delivery, &PerformanceEvent::of(&asked.identifier, &asked.claim_id, found)).await?;
    let count = if is_answered { &desk.answered } else { &desk.expired };
    count.set(count.get() + 1);
    Ok(())
}

/// The answer to a claim, once its line is stored.
async fn found(desk: &ClaimAnswerer, asked: &AskedClaim, delivery: &Delivery) -> Result<Answered, Trouble> {
    let AskedClaim { claim, identifier, claim_id, .. } = asked;
    let served = desk.shelf.model(identifier).await?;
    // boxed: the futures of the store are large, and nested deep
    let (object, room) = Box::pin(desk.objects.rows(claim)).await?;
    still_ours(delivery)?;
    let question = (object.sha256.clone(), served.manifest_sha256.clone(), served.generation);
    let outcome = desk
        .outcomes
        .get(&question, async {
            let outcome = outcome(&desk.serving, &desk.hands, &served, &object, desk.horizon).await?;
            desk.computed.set(desk.computed.get() + 1);
            let bytes = outcome.logged.len();
            Ok((Arc::new(outcome), bytes))
        })
        .await?;
    drop(room);
    still_ours(delivery)?;
    let line = line(identifier, claim_id, claim, &served, &outcome);
    let stored = desk.log.append(identifier, line).await;
    let log_object_key = stored.map_err(|error| Trouble::Later(error.to_string()))?;
    Ok(answered(&log_object_key, &object.sha256, &served, &outcome))
}

/// Whoever has the partition now works on the claim: nothing need be computed or logged here for it.
fn still_ours(delivery: &Delivery) -> Result<(), Trouble> {
    match delivery.is_current() {
        true => Ok(()),
        false => Err(Trouble::Later(PublishError::Lost.to_string())),
    }
}

/// Sends an event, and waits until the broker has it. While that is away it is sent again, for as long as the claim is this node's:
/// the line in the log is there, and need not be written again.
async fn tell(desk: &ClaimAnswerer, delivery: &Delivery, event: &PerformanceEvent) -> Result<(), Trouble> {
    let payload = event.to_json();
    let mut pauses = ExponentialBuilder::default().with_max_delay(Duration::from_secs(5)).without_max_times().build();
    loop {
        let failed = match delivery.publish(&desk.producer, PERFORMANCE_EVAL, None, &payload) {
            Ok(report) => match report.await {
                Ok(()) => break,
                Err(error) => error,
            },
            Err(PublishError::Send(error)) if error.is_full() => {
                desk.producer.room().await;
                continue;
            }
            Err(PublishError::Send(error)) => error,
            Err(error @ PublishError::Lost) => return Err(Trouble::Later(error.to_string())),
        };
        tracing::debug!(event = "inference_event_retry", service = "inference", error = %failed);
        desk.last_error.replace(Some(failed.to_string()));
        tokio::time::sleep(pauses.next().unwrap_or_default()).await;
    }
    fail::fail_point!("inference-event-sent");
    Ok(())
}

/// The line of the log, in the original's words.
fn line(identifier: &str, claim_id: &str, claim: &DataClaim, served: &VerifiedModel, outcome: &Outcome) -> String {
    let lineage = &served.manifest.lineage;
    let head = json!({
        "timestamp": now(), "identifier": identifier, "claim_id": claim_id, "bucket": claim.bucket, "object_key": claim.object,
        "run_id": lineage.run_id, "model_type": served.manifest.model_type, "config_hash": lineage.config_hash,
        "generation": served.generation, "status": "SUCCESS", "v": RECORD_VERSION,
    })
    .to_string();
    let head = head.trim_end_matches('}');
    format!("{head},{}}}\n", outcome.logged)
}

fn answered(log_object_key: &str, data_sha256: &str, served: &VerifiedModel, outcome: &Outcome) -> Answered {
    let lineage = &served.manifest.lineage;
    let errors = outcome.errors.as_ref();
    Answered {
        log_bucket: INFERENCE_LOG_BUCKET.into(),
        log_object_key: log_object_key.into(),
        run_id: lineage.run_id.clone(),
        model_type: served.manifest.model_type.to_string(),
        config_hash: lineage.config_hash.clone(),
        generation: served.generation,
        rows: outcome.rows as u64,
        prediction_sha256: outcome.prediction_sha256.clone(),
        data_sha256: data_sha256.into(),
        mae: errors.map(|errors| errors.mae),
        rmse: errors.map(|errors| errors.rmse),
        replay_origins: errors.map_or(0, |errors| errors.origins as u64),
        replay_points: errors.map_or(0, |errors| errors.points as u64),
    }
}
