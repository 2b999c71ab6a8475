//! One assignment of the trainer from start to end: find the run or take the lease and train, record, announce, and answer for the record.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};

use crate::actors::shared::{
    DatasetKey, Services, TrainingError, find_run, fit_run, has_lost_files, record_failure, stored_datasets,
};
use crate::actors::telemetry::Event;
use crate::forecast::{Family, Lineage, ModelError};
use crate::kafka::{Delivery, MODEL_TRAINING, PublishError, TrainingEvent};
use crate::storage::{ATTEMPT_LIMIT, Claimed, DatasetRecord, Lease, LeaseRecord, RunRecord, RunStatus, StorageError};

use super::messages::Train;
use super::progress::{EndBy, TrainingProgress, patience};
use super::trainer::TrainerSettings;

/// What a trainer's thread carries its assignments out with.
#[derive(Clone)]
pub struct Bench {
    /// Stores, producer, events.
    pub services: Services,
    /// How families are fitted.
    pub settings: TrainerSettings,
    /// Ends a training, which keeps where it stands and hands the record back.
    pub end_by: Arc<EndBy>,
    /// Runs whose files are gone, and that training them again did not bring back.
    pub beyond_repair: BeyondRepair,
}

/// Ids of runs, shared with the actor.
pub type BeyondRepair = Arc<Mutex<BTreeSet<String>>>;

/// They are whole between two calls, so a poisoned lock hides nothing.
pub fn lock(beyond_repair: &BeyondRepair) -> MutexGuard<'_, BTreeSet<String>> {
    beyond_repair.lock()
}

/// How a run came about.
enum Origin {
    /// It was there.
    Found,
    /// It was trained, or failed, just now.
    Fresh(Duration),
    /// Every attempt at it ended with its process or in a panic.
    GivenUp,
}

enum Unfinished {
    /// Nothing is wrong with the record: an outage, a shutdown, or somebody else at work on it.
    Later(String),
    /// Somebody else is at work on it; when it is worth another look.
    Held(String, Duration),
    /// The record, or what it points to, is wrong.
    Reject(String),
}

impl From<StorageError> for Unfinished {
    fn from(error: StorageError) -> Self {
        match error.is_not_the_record() {
            true => Unfinished::Later(error.to_string()),
            false => Unfinished::Reject(error.to_string()),
        }
    }
}

impl Bench {
    /// Carries out one assignment and answers for its record; the word it returns is for the actor's state.
    ///
    /// Blocks: it is for owned threads. `leased` hears of the lease, once the work is this trainer's.
    pub fn carry_out(&self, work: Train, leased: impl FnOnce(&LeaseRecord)) -> String {
        let Train { dataset, family, delivery } = work;
        let ended = self.obtain(&dataset, family, leased).and_then(|(run, origin)| {
            self.announce(&TrainingEvent::of(&run), delivery.as_ref())?;
            fail::fail_point!("training-event-sent");
            Ok((run, origin))
        });
        match ended {
            Ok((run, Origin::GivenUp)) => {
                let cause = self.tell_failure(run, family, true);
                if let Some(delivery) = delivery {
                    delivery.reject_for_good(cause.clone());
                }
                format!("given up: {cause}")
            }
            Ok((run, origin)) => {
                let word = match run.status {
                    RunStatus::Failed => {
                        let is_fresh = matches!(origin, Origin::Fresh(_));
                        format!("failed for good: {}", self.tell_failure(run, family, is_fresh))
                    }
                    RunStatus::Finished => format!("finished: run {}", self.tell_run(run, family, origin)),
                };
                if let Some(delivery) = delivery {
                    delivery.done();
                }
                word
            }
            Err(Unfinished::Later(cause)) => {
                if let Some(delivery) = delivery {
                    delivery.hand_back();
                }
                format!("put back: {cause}")
            }
            Err(Unfinished::Held(cause, pause)) => {
                if let Some(delivery) = delivery {
                    delivery.hand_back_for(pause);
                }
                format!("put back: {cause}")
            }
            Err(Unfinished::Reject(cause)) => {
                let error = cause.clone();
                self.services.events.emit(Event::TrainingFailed { family, error, r#final: false, fresh: true });
                if let Some(delivery) = delivery {
                    delivery.reject(cause.clone());
                }
                format!("rejected: {cause}")
            }
        }
    }

    /// The run of this work: found, or made under its lease.
    fn obtain(
        &self,
        key: &DatasetKey,
        family: Family,
        leased: impl FnOnce(&LeaseRecord),
    ) -> Result<(RunRecord, Origin), Unfinished> {
        let services = &self.services;
        let record = services.stored(stored_datasets::record(services, key))?;
        let lineage = self.settings.recipe.lineage(family, &record);
        if let Some(run) = find_run(services, family, &lineage)?
            && !self.is_repairable(&run)?
        {
            return Ok((run, Origin::Found));
        }
        let lease = match services.stored(services.leases.acquire(family, &lineage))? {
            Claimed::Taken(lease) => lease,
            Claimed::Held { by, left, ask_again } => {
                let cause = format!("{by} works on it, for {} ms at most unless it is heard of", left.as_millis());
                return Err(Unfinished::Held(cause, ask_again));
            }
        };
        self.tell_lease(&lease, family, &record);
        leased(&lease.taken);
        // dropped in a panic, the lease keeps the count of this attempt
        let made = self.make(&record, family, lineage, &lease);
        if lease.is_lost() {
            services.events.emit(Event::LeaseLost { family, dataset_id: record.dataset_id, epoch: lease.taken.epoch });
        }
        services.io.block_on(lease.release(patience(&self.end_by)));
        made
    }

    /// Makes the run under its lease; whoever had that before may have finished the work meanwhile.
    fn make(
        &self,
        record: &DatasetRecord,
        family: Family,
        lineage: Lineage,
        lease: &Lease,
    ) -> Result<(RunRecord, Origin), Unfinished> {
        let Self { services, settings, end_by, .. } = self;
        let recipe = &settings.recipe;
        let found = find_run(services, family, &lineage)?;
        if let Some(run) = &found {
            let repairable = self.is_repairable(run)?;
            let hopeless = lease.taken.is_spent() || lease.taken.beyond_repair;
            if repairable && hopeless {
                // what killed whoever repaired it is not tried again, by no trainer and in no life of one
                lease.beyond_repair();
                lock(&self.beyond_repair).insert(run.lineage.run_id.clone());
            }
            if hopeless || !repairable {
                return Ok((run.clone(), Origin::Found));
            }
        }
        if lease.taken.is_spent() {
            let cause = format!(
                "each of {ATTEMPT_LIMIT} attempts to train it ended with its process or in a panic; \
                 change SEED, another training setting or EXTRA_HASH_SALT to have it tried again"
            );
            return Ok((record_failure(services, record, family, recipe, &cause)?, Origin::GivenUp));
        }
        self.tell_start(record, family);
        let dataset = services.stored(services.datasets.load(record))?;
        let started = Instant::now();
        let interval = settings.checkpoint_interval;
        let mut oversight = TrainingProgress::new(services, family, lineage, end_by, lease, interval);
        let run = match fit_run(services, &dataset, family, recipe, found, &mut oversight) {
            Ok(run) => run,
            Err(TrainingError::Model(ModelError::Cancelled)) => {
                let why = if lease.is_lost() { "another trainer took it over" } else { "the node is stopping" };
                return Err(Unfinished::Later(why.into()));
            }
            Err(TrainingError::Model(error)) => {
                let failed = record_failure(services, record, family, recipe, &error.to_string())?;
                return Ok((failed, Origin::Fresh(started.elapsed())));
            }
            Err(TrainingError::Storage(error)) => return Err(error.into()),
        };
        if self.is_repairable(&run)? {
            lock(&self.beyond_repair).insert(run.lineage.run_id.clone());
        }
        Ok((run, Origin::Fresh(started.elapsed())))
    }

    /// The work begins here: reading and preparing the rows is part of it.
    fn tell_start(&self, record: &DatasetRecord, family: Family) {
        let services = &self.services;
        services.events.emit(Event::TrainingStarted { family, dataset_id: record.dataset_id.clone() });
        let event = TrainingEvent::running(family, record);
        // RUNNING is news only: a training neither waits for it nor fails with it
        services.producer.tell(MODEL_TRAINING, None, &event.to_json());
    }

    /// Whether the files of a run are gone, and may come back by training it again.
    fn is_repairable(&self, run: &RunRecord) -> Result<bool, StorageError> {
        let tried = lock(&self.beyond_repair).contains(&run.lineage.run_id);
        Ok(!tried && self.services.stored(has_lost_files(&self.services, run))?)
    }

    fn announce(&self, event: &TrainingEvent, delivery: Option<&Delivery>) -> Result<(), Unfinished> {
        let (io, producer) = (&self.services.io, &self.services.producer);
        let (key, payload) = (event.key(), event.to_json());
        let sent = match delivery {
            Some(delivery) => {
                match delivery.publish(producer, MODEL_TRAINING, key.as_deref().map(str::as_bytes), &payload) {
                    Ok(report) => io.block_on_while_wanted(report),
                    Err(PublishError::Send(error)) => Some(Err(error)),
                    // the run is recorded: whoever has the record now finds it, and tells of it
                    Err(PublishError::Lost) => return Ok(()),
                }
            }
            None => io.block_on_while_wanted(producer.send(MODEL_TRAINING, key.as_deref(), payload)),
        };
        match sent {
            Some(sent) => sent.map_err(|error| Unfinished::Later(error.to_string())),
            // the run is recorded, and whoever looks for gaps finds it
            None => Err(Unfinished::Later("the node is stopping".into())),
        }
    }

    fn tell_lease(&self, lease: &Lease, family: Family, record: &DatasetRecord) {
        let (dataset_id, taken) = (record.dataset_id.clone(), &lease.taken);
        let (epoch, attempts) = (taken.epoch, taken.attempts);
        self.services.events.emit(match lease.taken_from.clone() {
            Some(from) => Event::LeaseTakenOver { family, dataset_id, epoch, attempts, from },
            None => Event::LeaseAcquired { family, dataset_id, epoch, attempts },
        });
    }

    fn tell_failure(&self, run: RunRecord, family: Family, fresh: bool) -> String {
        let error = run.error.unwrap_or_default();
        self.services.events.emit(Event::TrainingFailed { family, error: error.clone(), r#final: true, fresh });
        error
    }

    fn tell_run(&self, run: RunRecord, family: Family, origin: Origin) -> String {
        let (took, fresh) = match origin {
            Origin::Fresh(took) => (took, true),
            Origin::Found | Origin::GivenUp => (Duration::ZERO, false),
        };
        let run_id = run.lineage.run_id;
        self.services.events.emit(Event::TrainingFinished { family, run_id: run_id.clone(), took, fresh });
        run_id
    }
}
