//! One job of a training thread: find the recorded run, or take the lease and train; then publish the event and settle the record
//! of the claim.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::actors::shared::{
    DatasetKey, Services, TrainingError, dataset_record, find_run, fit_run, has_lost_files, record_failure,
    training_started,
};
use crate::actors::telemetry::Event;
use crate::forecast::{Family, Lineage, ModelError};
use crate::kafka::{Delivery, MODEL_TRAINING, Outgoing, PublishError, Rejection, TrainingEvent};
use crate::runtime::Reservation;
use crate::storage::{
    ATTEMPT_LIMIT, AcquireOutcome, Dataset, DatasetRecord, Lease, LeaseRecord, RunRecord, RunStatus, StorageError,
};

use super::job_error::TrainingJobError;
use super::known_ids::KnownIds;
use super::messages::Train;
use super::progress::{StopDeadline, TrainingProgress, store_patience};
use super::settings::TrainerSettings;

/// What a training thread needs for its jobs.
#[derive(Clone)]
pub struct TrainingContext {
    /// Stores, producer, events.
    pub services: Services,
    /// How families are fitted.
    pub settings: TrainerSettings,
    /// Stops a training, which then keeps a checkpoint and hands its record back.
    pub stop_deadline: Arc<StopDeadline>,
    /// Runs that are not trained again though their files are lost.
    pub unrepairable: KnownIds,
    /// Data sets that this process has never enough memory for.
    pub too_large: KnownIds,
}

/// Where the run of a job comes from.
enum RunOrigin {
    /// It was recorded before.
    Recorded,
    /// It was trained, or failed, in this job, which took so long.
    New(Duration),
    /// It was recorded as failed in this job, since every attempt to train it crashed.
    GivenUp,
}

impl TrainingContext {
    /// Runs one job and settles its record; the answer says what it came to, for the reported state. Blocks: it is for owned threads.
    ///
    /// `on_lease` is called with the lease, once this trainer holds it.
    pub fn run_job(&self, job: Train, on_lease: impl FnOnce(&LeaseRecord)) -> String {
        let Train { dataset, family, delivery } = job;
        let ended = self.find_or_train(&dataset, family, on_lease).and_then(|(run, origin)| {
            self.publish_end(&TrainingEvent::from(&run), delivery.as_ref())?;
            fail::fail_point!("training-event-sent");
            Ok((run, origin))
        });
        match ended {
            Ok((run, origin)) => self.settle_run(run, origin, family, delivery),
            Err(error) => self.settle_error(error, family, delivery),
        }
    }

    /// The recorded run, or a new one made under its lease.
    fn find_or_train(
        &self,
        key: &DatasetKey,
        family: Family,
        on_lease: impl FnOnce(&LeaseRecord),
    ) -> Result<(RunRecord, RunOrigin), TrainingJobError> {
        let services = &self.services;
        let record = services.stored(dataset_record(services, key))?;
        let lineage = self.settings.recipe.lineage(family, &record);
        if let Some(run) = find_run(services, family, &lineage)?
            && !self.is_repairable(&run)?
        {
            return Ok((run, RunOrigin::Recorded));
        }
        // memory comes before the lease: another trainer may take the work meanwhile, and no training is announced that cannot begin
        let memory = self.reserve(&record)?;
        let lease = match services.stored(services.leases.acquire(family, &lineage))? {
            AcquireOutcome::Acquired(lease) => lease,
            AcquireOutcome::Held { by, left, ask_again } => {
                let cause = format!("{by} works on it, for {} ms at most unless it is heard of", left.as_millis());
                return Err(TrainingJobError::Held(cause, ask_again));
            }
        };
        self.emit_lease(&lease, family, &record);
        on_lease(&lease.acquired);
        // a panic drops the lease without a release, so that its record keeps counting this attempt
        let trained = self.train_under_lease(&record, family, lineage, &lease, memory);
        if lease.is_lost() {
            services.events.emit(Event::LeaseLost {
                family,
                dataset_id: record.dataset_id,
                epoch: lease.acquired.epoch,
            });
        }
        services.io.block_on(lease.release(store_patience(&self.stop_deadline)));
        trained
    }

    fn train_under_lease(
        &self,
        record: &DatasetRecord,
        family: Family,
        lineage: Lineage,
        lease: &Lease,
        memory: Reservation,
    ) -> Result<(RunRecord, RunOrigin), TrainingJobError> {
        // the trainer that held the lease before may have recorded the run meanwhile
        let recorded = find_run(&self.services, family, &lineage)?;
        if let Some(run) = &recorded
            && !self.may_repair(run, lease)?
        {
            return Ok((run.clone(), RunOrigin::Recorded));
        }
        if lease.acquired.is_spent() {
            let cause = format!(
                "each of {ATTEMPT_LIMIT} attempts to train it ended with its process or in a panic; \
                 change SEED, another training setting or EXTRA_HASH_SALT to have it tried again"
            );
            let failed = record_failure(&self.services, record, family, &self.settings.recipe, &cause)?;
            return Ok((failed, RunOrigin::GivenUp));
        }
        self.announce_start(record, family);
        let dataset = self.services.stored(self.services.datasets.load_into(record, memory))?;
        self.train(&dataset, family, lineage, lease, recorded)
    }

    /// The memory of a data set and of a training on it; a data set that never fits is remembered.
    fn reserve(&self, record: &DatasetRecord) -> Result<Reservation, StorageError> {
        let reserved = self.services.stored(self.services.datasets.reserve(record));
        if reserved.as_ref().is_err_and(StorageError::is_permanent) {
            self.too_large.insert(&record.dataset_id);
        }
        reserved
    }

    /// Trains, and records the run; a run that is `recorded` already gets its lost files back.
    fn train(
        &self,
        dataset: &Dataset,
        family: Family,
        lineage: Lineage,
        lease: &Lease,
        recorded: Option<RunRecord>,
    ) -> Result<(RunRecord, RunOrigin), TrainingJobError> {
        let Self { services, settings, stop_deadline, .. } = self;
        let started = Instant::now();
        let mut progress =
            TrainingProgress::new(services, family, lineage, stop_deadline, lease, settings.checkpoint_interval);
        let run = match fit_run(services, dataset, family, &settings.recipe, recorded, &mut progress) {
            Ok(run) => run,
            Err(TrainingError::Model(ModelError::Cancelled)) => {
                let cause = if lease.is_lost() { "another trainer took it over" } else { "the node is stopping" };
                return Err(TrainingJobError::Retry(cause.into()));
            }
            Err(TrainingError::Model(error)) => {
                let failed = record_failure(services, &dataset.record, family, &settings.recipe, &error.to_string())?;
                return Ok((failed, RunOrigin::New(started.elapsed())));
            }
            Err(TrainingError::Storage(error)) => return Err(error.into()),
        };
        if self.is_repairable(&run)? {
            // the training gave other files than the lost ones
            self.unrepairable.insert(&run.lineage.run_id);
        }
        Ok((run, RunOrigin::New(started.elapsed())))
    }

    /// Whether a recorded run is to be trained again under this lease, to restore its lost files.
    fn may_repair(&self, run: &RunRecord, lease: &Lease) -> Result<bool, StorageError> {
        let is_repairable = self.is_repairable(run)?;
        let is_hopeless = lease.acquired.is_spent() || lease.acquired.beyond_repair;
        if is_repairable && is_hopeless {
            // a repair that crashed its trainer is never retried, not even by another trainer: the lease record says so
            lease.mark_beyond_repair();
            self.unrepairable.insert(&run.lineage.run_id);
        }
        Ok(is_repairable && !is_hopeless)
    }

    /// Whether the files of a run are lost, and training it again may restore them.
    fn is_repairable(&self, run: &RunRecord) -> Result<bool, StorageError> {
        let was_tried = self.unrepairable.contains(&run.lineage.run_id);
        Ok(!was_tried && self.services.stored(has_lost_files(&self.services, run))?)
    }

    /// Announces the start of a training. It includes reading and preparing the rows.
    fn announce_start(&self, record: &DatasetRecord, family: Family) {
        let services = &self.services;
        services.events.emit(Event::TrainingStarted { family, dataset_id: record.dataset_id.clone() });
        // no acknowledgement: the event is only news, and a training must neither wait for it nor fail with it
        services.producer.send_and_forget(MODEL_TRAINING, None, &training_started(family, record).to_json());
    }

    /// Publishes the end of a training, and waits for the broker's acknowledgement.
    fn publish_end(&self, event: &TrainingEvent, delivery: Option<&Delivery>) -> Result<(), TrainingJobError> {
        let (io, producer) = (&self.services.io, &self.services.producer);
        let (key, payload) = (event.key(), event.to_json());
        let sent = match delivery {
            Some(delivery) => {
                let key = key.as_deref().map(str::as_bytes);
                let record = Outgoing { topic: MODEL_TRAINING, key, payload: &payload, headers: &[] };
                io.block_on_while_wanted(delivery.publish_confirmed(producer, record))
            }
            None => {
                let sent = io.block_on_while_wanted(producer.send(MODEL_TRAINING, key.as_deref(), payload));
                sent.map(|sent| sent.map_err(PublishError::Send))
            }
        };
        match sent {
            // the consumer that owns the partition now finds the recorded run, and publishes this event
            Some(Ok(()) | Err(PublishError::Lost)) => Ok(()),
            Some(Err(PublishError::Send(error))) if error.is_permanent() => {
                // the run is recorded: the evaluator's next search finds it without this event
                tracing::error!(event = "training_event_refused", service = "train", %error);
                Ok(())
            }
            Some(Err(PublishError::Send(error))) => Err(TrainingJobError::Retry(error.to_string())),
            // the run is recorded: the evaluator's next search finds it without this event
            None => Err(TrainingJobError::Retry("the node is stopping".into())),
        }
    }

    /// Emits the event of a run, and acknowledges the record of its claim.
    fn settle_run(&self, run: RunRecord, origin: RunOrigin, family: Family, delivery: Option<Delivery>) -> String {
        if let RunOrigin::GivenUp = origin {
            let cause = self.emit_failure(run, family, true);
            if let Some(delivery) = delivery {
                delivery.reject(Rejection::for_good(cause.clone()));
            }
            return format!("given up: {cause}");
        }
        let outcome = match run.status {
            RunStatus::Failed => {
                let is_new = matches!(origin, RunOrigin::New(_));
                format!("failed for good: {}", self.emit_failure(run, family, is_new))
            }
            RunStatus::Finished => format!("finished: run {}", self.emit_finish(run, family, origin)),
        };
        if let Some(delivery) = delivery {
            delivery.done();
        }
        outcome
    }

    /// Hands the record back, or rejects it.
    fn settle_error(&self, error: TrainingJobError, family: Family, delivery: Option<Delivery>) -> String {
        match error {
            TrainingJobError::Retry(cause) => {
                if let Some(delivery) = delivery {
                    delivery.hand_back();
                }
                format!("put back: {cause}")
            }
            TrainingJobError::Held(cause, pause) => {
                if let Some(delivery) = delivery {
                    delivery.hand_back_for(pause);
                }
                format!("put back: {cause}")
            }
            TrainingJobError::Reject(rejection) => {
                self.emit_rejected(family, rejection.cause.clone());
                let end = if rejection.for_good { " for good" } else { "" };
                let outcome = format!("rejected{end}: {}", rejection.cause);
                if let Some(delivery) = delivery {
                    delivery.reject(rejection);
                }
                outcome
            }
        }
    }

    fn emit_rejected(&self, family: Family, error: String) {
        self.services.events.emit(Event::TrainingFailed { family, error, r#final: false, fresh: true });
    }

    fn emit_lease(&self, lease: &Lease, family: Family, record: &DatasetRecord) {
        let (dataset_id, acquired) = (record.dataset_id.clone(), &lease.acquired);
        let (epoch, attempts) = (acquired.epoch, acquired.attempts);
        self.services.events.emit(match lease.taken_from.clone() {
            Some(from) => Event::LeaseTakenOver { family, dataset_id, epoch, attempts, from },
            None => Event::LeaseAcquired { family, dataset_id, epoch, attempts },
        });
    }

    /// Emits the failure of a run, and gives its error.
    fn emit_failure(&self, run: RunRecord, family: Family, fresh: bool) -> String {
        let error = run.error.unwrap_or_default();
        self.services.events.emit(Event::TrainingFailed { family, error: error.clone(), r#final: true, fresh });
        error
    }

    /// Emits the finish of a run, and gives its id.
    fn emit_finish(&self, run: RunRecord, family: Family, origin: RunOrigin) -> String {
        let (took, fresh) = match origin {
            RunOrigin::New(took) => (took, true),
            RunOrigin::Recorded | RunOrigin::GivenUp => (Duration::ZERO, false),
        };
        let run_id = run.lineage.run_id;
        self.services.events.emit(Event::TrainingFinished { family, run_id: run_id.clone(), took, fresh });
        run_id
    }
}
