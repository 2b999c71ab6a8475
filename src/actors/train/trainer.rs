//! The trainer actor: it queues trainings, and hands them to the training threads that it owns.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::prelude::*;

use crate::actors::shared::{CHECKPOINT_PATIENCE, CoalescedRun, Reconcile, Services, WorkerThread, drain_threads};
use crate::forecast::Family;
use crate::kafka::Delivery;
use crate::runtime::{ChildGuard, Drain, Latch, Observe, observed};
use crate::storage::LeaseRecord;

use super::known_ids::KnownIds;
use super::messages::Train;
use super::progress::StopDeadline;
use super::reconcile::{find_missing_runs, sweep_checkpoints};
use super::settings::TrainerSettings;
use super::state::{TrainerState, TrainingState};
use super::training_job::TrainingContext;

/// The longest time between two beats of a training: one step of a large net, or the work before and after all steps.
const FIT_SILENCE_MAX: Duration = Duration::from_secs(60);

/// The actor, of the supervision group `training`.
pub struct Trainer {
    guard: ChildGuard,
    latch: Latch,
    services: Services,
    settings: TrainerSettings,
    slots: Vec<Slot>,
    waiting: VecDeque<Train>,
    stop_deadline: Arc<StopDeadline>,
    unrepairable: KnownIds,
    too_large: KnownIds,
    last_outcome: BTreeMap<Family, String>,
    /// The timer of the next search for work whose lease another trainer holds.
    next_search: Option<SpawnHandle>,
    search: CoalescedRun,
    /// Where the next sweep of checkpoints goes on; none where it begins anew.
    swept_to: Option<String>,
}

/// A training thread, and what it trains.
struct Slot {
    thread: WorkerThread<Train>,
    running: Option<RunningTraining>,
}

struct RunningTraining {
    family: Family,
    dataset_id: String,
    since: Instant,
    lease: Option<LeaseTaken>,
}

/// A training thread to its actor: it holds the lease of its training.
#[derive(Clone, Copy, Message)]
#[rtype(result = "()")]
struct LeaseTaken {
    slot: usize,
    epoch: u64,
    attempts: u32,
}

/// A training thread to its actor: a training ended, and its record is settled.
#[derive(Message)]
#[rtype(result = "()")]
struct TrainingEnded {
    slot: usize,
    family: Family,
    outcome: String,
}

impl Trainer {
    /// A trainer without work.
    pub fn new(guard: ChildGuard, services: Services, settings: TrainerSettings) -> Self {
        let latch = services.health.latch("trainer");
        Self {
            guard,
            latch,
            services,
            settings,
            slots: Vec::new(),
            waiting: VecDeque::new(),
            stop_deadline: Arc::default(),
            unrepairable: KnownIds::default(),
            too_large: KnownIds::default(),
            last_outcome: BTreeMap::new(),
            next_search: None,
            search: CoalescedRun::Idle,
            swept_to: None,
        }
    }

    fn start_thread(&self, slot: usize, me: &Addr<Self>) -> Slot {
        let context = TrainingContext {
            services: self.services.clone(),
            settings: self.settings.clone(),
            stop_deadline: self.stop_deadline.clone(),
            unrepairable: self.unrepairable.clone(),
            too_large: self.too_large.clone(),
        };
        let (me, name) = (me.clone(), training_thread(slot));
        let thread = WorkerThread::spawn(&self.guard.threads(), &name, move |mut job: Train, watchdog| {
            job.delivery = job.delivery.map(Delivery::long_running);
            let _fitting = watchdog.protect("fitting a model", FIT_SILENCE_MAX);
            let family = job.family;
            let on_lease = |lease: &LeaseRecord| {
                me.do_send(LeaseTaken { slot, epoch: lease.epoch, attempts: lease.attempts });
            };
            let outcome = context.run_job(job, on_lease);
            me.do_send(TrainingEnded { slot, family, outcome });
        });
        Slot { thread, running: None }
    }

    /// Hands waiting trainings to idle threads.
    fn dispatch(&mut self) {
        while let Some(slot) = self.slots.iter_mut().find(|slot| slot.running.is_none()) {
            let Some(job) = self.waiting.pop_front() else { return };
            let (family, dataset_id) = (job.family, job.dataset.dataset_id.clone());
            slot.running = Some(RunningTraining { family, dataset_id, since: Instant::now(), lease: None });
            if slot.thread.submit(job).is_err() {
                return; // the thread is dying, and this actor with it
            }
        }
    }

    /// Searches again after this time, when a lease of another trainer may have run out, if that is before the next regular search.
    fn search_after(&mut self, pause: Option<Duration>, ctx: &mut Context<Self>) {
        let Some(pause) = pause.filter(|pause| *pause < self.services.reconcile_interval) else { return };
        let next = ctx.run_later(pause, |_, ctx| ctx.notify(Reconcile));
        // this search also finds what the timer of an earlier one was for
        if let Some(earlier) = self.next_search.replace(next) {
            ctx.cancel_future(earlier);
        }
    }

    /// Whether a training waits or runs already.
    fn has(&self, job: &Train) -> bool {
        let is_same = |family: Family, dataset_id: &str| family == job.family && dataset_id == job.dataset.dataset_id;
        let mut running = self.slots.iter().filter_map(|slot| slot.running.as_ref());
        self.waiting.iter().any(|waiting| is_same(waiting.family, &waiting.dataset.dataset_id))
            || running.any(|running| is_same(running.family, &running.dataset_id))
    }
}

/// The name of a training thread, by its slot.
pub fn training_thread(slot: usize) -> String {
    format!("trainer-{slot}")
}

impl Actor for Trainer {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let me = ctx.address();
        self.slots = (0..self.settings.concurrency.max(1)).map(|slot| self.start_thread(slot, &me)).collect();
        ctx.notify(Reconcile);
        ctx.run_interval(self.services.reconcile_interval, |_, ctx| ctx.notify(Reconcile));
        self.latch.open();
    }
}

impl Drop for Trainer {
    fn drop(&mut self) {
        // a training of this actor must not go on beside the same training of its successor
        let _ = self.stop_deadline.set(Instant::now() + CHECKPOINT_PATIENCE);
    }
}

impl Handler<Train> for Trainer {
    type Result = ();

    fn handle(&mut self, job: Train, _: &mut Self::Context) {
        // the search also finds trainings whose claims are here already
        if job.delivery.is_none() && self.has(&job) {
            return;
        }
        self.waiting.push_back(job);
        self.dispatch();
    }
}

impl Handler<LeaseTaken> for Trainer {
    type Result = ();

    fn handle(&mut self, lease: LeaseTaken, _: &mut Self::Context) {
        if let Some(running) = self.slots.get_mut(lease.slot).and_then(|slot| slot.running.as_mut()) {
            running.lease = Some(lease);
        }
    }
}

impl Handler<TrainingEnded> for Trainer {
    type Result = ();

    fn handle(&mut self, ended: TrainingEnded, _: &mut Self::Context) {
        self.slots[ended.slot].running = None;
        self.last_outcome.insert(ended.family, ended.outcome);
        self.dispatch();
    }
}

impl Handler<Reconcile> for Trainer {
    type Result = ();

    fn handle(&mut self, _: Reconcile, ctx: &mut Self::Context) {
        // while a slow search goes on, others are dropped: the next interval makes up for them
        if !self.search.begin() {
            return;
        }
        let (services, settings) = (self.services.clone(), self.settings.clone());
        let (unrepairable, too_large) = (self.unrepairable.clone(), self.too_large.clone());
        let swept_to = self.swept_to.take();
        let search = async move {
            let swept_to = sweep_checkpoints(&services, swept_to).await;
            let missing =
                find_missing_runs(&services, &settings.families, &settings.recipe, &unrepairable, &too_large).await;
            (missing, swept_to)
        };
        ctx.spawn(search.into_actor(self).map(|(missing, swept_to), trainer, ctx| {
            trainer.search.end();
            trainer.swept_to = swept_to;
            match missing {
                Ok(missing) => {
                    missing.free.into_iter().for_each(|job| ctx.notify(job));
                    let held_elsewhere = missing.held.iter().filter(|(job, _)| !trainer.has(job));
                    trainer.search_after(held_elsewhere.map(|(_, pause)| *pause).min(), ctx);
                }
                Err(error) => tracing::warn!(event = "gap_search_fail", service = "train", error = %error),
            }
        }));
    }
}

impl Handler<Drain> for Trainer {
    type Result = ();

    fn handle(&mut self, drain: Drain, ctx: &mut Self::Context) {
        let _ = self.stop_deadline.set(drain.deadline);
        self.waiting.drain(..).filter_map(|job| job.delivery).for_each(Delivery::hand_back);
        drain_threads(self.slots.drain(..).map(|slot| slot.thread), drain, &self.guard);
        ctx.stop();
    }
}

impl Handler<Observe> for Trainer {
    type Result = MessageResult<Observe>;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Self::Result {
        let running = self.slots.iter().enumerate().filter_map(|(index, slot)| {
            let training = slot.running.as_ref()?;
            Some(TrainingState {
                thread: training_thread(index),
                model_type: training.family,
                dataset_id: training.dataset_id.clone(),
                for_ms: training.since.elapsed().as_millis() as u64,
                lease_epoch: training.lease.map(|lease| lease.epoch),
                attempts: training.lease.map(|lease| lease.attempts),
            })
        });
        MessageResult(observed(&TrainerState {
            families: self.settings.families.clone(),
            threads: self.slots.len(),
            running: running.collect(),
            waiting: self.waiting.len(),
            last_outcome: self.last_outcome.clone(),
        }))
    }
}
