//! From one claim to its answer, step by step.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::SystemTime;

use serde_json::json;

use crate::forecast::Served;
use crate::runtime::Io;
use crate::storage::{INFERENCE_LOG_BUCKET, now};
use crate::transport::{
    Answered, Delivery, DeliveryReport, PERFORMANCE_EVAL, PerformanceEvent, Producer, PublishError, RECORD_VERSION,
    TrainingClaim,
};

use super::super::messages::AskedClaim;
use super::super::services::Services;
use super::super::serving::Serving;
use super::super::states::BatchState;
use super::log::SegmentLog;
use super::objects::ClaimObjects;
use super::outcome::{Outcome, outcome};
use super::recent::Recent;
use super::shelf::Shelf;
use super::{BatchClaims, Trouble};

/// Outcomes that are kept, in bytes.
const OUTCOMES_MAX_BYTES: usize = 32 << 20;

/// Rows of this hash, asked of this model.
type Question = (String, String, u64);

/// What every claim in hand is worked on with.
pub struct Desk {
    serving: Serving,
    producer: Producer,
    io: Io,
    shelf: Shelf,
    horizon: usize,
    objects: ClaimObjects,
    outcomes: Recent<Question, Arc<Outcome>>,
    log: SegmentLog,
    in_hand: Cell<usize>,
    answered: Cell<u64>,
    expired: Cell<u64>,
    computed: Cell<u64>,
    last_error: RefCell<Option<String>>,
}

impl Desk {
    /// Nothing in hand.
    pub fn new(services: Services, serving: Serving, identifier: String, settings: BatchClaims) -> Self {
        let BatchClaims { horizon, max_gap_rows, log } = settings;
        Self {
            shelf: Shelf::new(services.clone(), serving.clone(), identifier),
            serving,
            producer: services.producer,
            objects: ClaimObjects::new(services.objects, services.io.clone(), max_gap_rows),
            io: services.io,
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
pub async fn answer(desk: Rc<Desk>, asked: AskedClaim, delivery: Delivery) {
    let _in_hand = InHand::one_more(&desk.in_hand);
    let claim_id = asked.claim_id.as_str();
    match Box::pin(worked_on(&desk, &asked, &delivery)).await {
        Ok(()) => delivery.done(),
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

async fn worked_on(desk: &Desk, asked: &AskedClaim, delivery: &Delivery) -> Result<(), Trouble> {
    let AskedClaim { claim, identifier, claim_id, deadline } = asked;
    if deadline.is_some_and(|deadline| deadline <= SystemTime::now()) {
        tell(desk, delivery, &PerformanceEvent::of(identifier, claim_id, None)).await?;
        desk.expired.set(desk.expired.get() + 1);
        return Ok(());
    }
    let served = desk.shelf.model(identifier).await?;
    // boxed: the futures of the store are large, and nested deep
    let object = Box::pin(desk.objects.rows(claim)).await?;
    let question = (object.sha256.clone(), served.manifest_sha256.clone(), served.generation);
    let outcome = desk
        .outcomes
        .get(&question, async {
            let outcome = outcome(&desk.serving, &desk.io, &served, &object, desk.horizon).await?;
            desk.computed.set(desk.computed.get() + 1);
            let bytes = outcome.logged.len();
            Ok((Arc::new(outcome), bytes))
        })
        .await?;
    let line = line(identifier, claim_id, claim, &served, &outcome);
    let stored = desk.log.append(identifier, line).await;
    let log_object_key = stored.map_err(|error| Trouble::Later(error.to_string()))?;
    let event = event(identifier, claim_id, &log_object_key, &object.sha256, &served, &outcome);
    tell(desk, delivery, &event).await?;
    desk.answered.set(desk.answered.get() + 1);
    Ok(())
}

/// Sends an event, and waits until the broker has it.
async fn tell(desk: &Desk, delivery: &Delivery, event: &PerformanceEvent) -> Result<(), Trouble> {
    let report = publish(delivery, &desk.producer, &event.to_json()).await?;
    report.await.map_err(|error| Trouble::Later(error.to_string()))?;
    fail::fail_point!("inference-event-sent");
    Ok(())
}

/// Hands an event to the producer; while that is full it waits for room.
async fn publish(delivery: &Delivery, producer: &Producer, payload: &[u8]) -> Result<DeliveryReport, Trouble> {
    loop {
        match delivery.publish(producer, PERFORMANCE_EVAL, None, payload) {
            Ok(report) => return Ok(report),
            Err(PublishError::Send(error)) if error.is_full() => producer.room().await,
            Err(error) => return Err(Trouble::Later(error.to_string())),
        }
    }
}

/// The line of the log, in the original's words.
fn line(identifier: &str, claim_id: &str, claim: &TrainingClaim, served: &Served, outcome: &Outcome) -> String {
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

fn event(
    identifier: &str,
    claim_id: &str,
    log_object_key: &str,
    data_sha256: &str,
    served: &Served,
    outcome: &Outcome,
) -> PerformanceEvent {
    let lineage = &served.manifest.lineage;
    let errors = outcome.errors.as_ref();
    let answered = Answered {
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
    };
    PerformanceEvent::of(identifier, claim_id, Some(answered))
}
