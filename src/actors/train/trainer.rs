//! The trainer: fits the families it is asked for, one after the other on threads it owns.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::prelude::*;

use crate::actors::shared::{CHECKPOINT_PATIENCE, Recipe, Reconcile, Services, WorkerThread, worker_thread};
use crate::forecast::Family;
use crate::kafka::Delivery;
use crate::runtime::{ChildGuard, Drain, Latch, Observe, observed};
use crate::storage::LeaseRecord;

use super::messages::Train;
use super::progress::EndBy;
use super::reconcile;
use super::state::{TrainerState, TrainingState};
use super::training_job::{Bench, BeyondRepair, lock};

/// What a trainer fits, and how.
#[derive(Clone)]
pub struct TrainerSettings {
    /// Families that this trainer fits.
    pub families: Vec<Family>,
    /// How they are fitted, and what they forecast.
    pub recipe: Recipe,
    /// Trainings at the same time.
    pub concurrency: usize,
    /// Time from one checkpoint of a training to the next.
    pub checkpoint_interval: Duration,
}

/// How long a training may be silent: a step of a large net, or the work before and after the steps.
const FIT_SILENCE_MAX: Duration = Duration::from_secs(60);

/// Supervised actor of the group `training`.
pub struct Trainer {
    guard: ChildGuard,
    latch: Latch,
    services: Services,
    settings: TrainerSettings,
    lanes: Vec<Slot>,
    waiting: VecDeque<Train>,
    end_by: Arc<EndBy>,
    beyond_repair: BeyondRepair,
    last: BTreeMap<Family, String>,
    /// At work that somebody else has.
    next_look: Option<SpawnHandle>,
    /// One search at a time.
    is_searching: bool,
}

struct Slot {
    lane: WorkerThread<Train>,
    work: Option<Work>,
}

struct Work {
    family: Family,
    dataset_id: String,
    since: Instant,
    lease: Option<Leased>,
}

/// A note to self: this thread has the lease of its work.
#[derive(Clone, Copy, Message)]
#[rtype(result = "()")]
struct Leased {
    slot: usize,
    epoch: u64,
    attempts: u32,
}

/// A note to self: a training is over, and its record was answered for.
#[derive(Message)]
#[rtype(result = "()")]
struct Ended {
    slot: usize,
    family: Family,
    outcome: String,
}

impl Trainer {
    /// A trainer that reports its end through `lifeline`.
    pub fn new(guard: ChildGuard, services: Services, settings: TrainerSettings) -> Self {
        let latch = services.health.latch("trainer");
        Self {
            guard,
            latch,
            services,
            settings,
            lanes: Vec::new(),
            waiting: VecDeque::new(),
            end_by: Arc::default(),
            beyond_repair: Arc::default(),
            last: BTreeMap::new(),
            next_look: None,
            is_searching: false,
        }
    }

    fn start_lane(&self, slot: usize, me: &Addr<Self>) -> Slot {
        let bench = Bench {
            services: self.services.clone(),
            settings: self.settings.clone(),
            end_by: self.end_by.clone(),
            beyond_repair: self.beyond_repair.clone(),
        };
        let me = me.clone();
        let lane = WorkerThread::spawn(&self.guard.threads(), &thread_name(slot), move |mut work: Train, watchdog| {
            work.delivery = work.delivery.map(Delivery::for_long);
            let _fitting = watchdog.protect("fitting a model", FIT_SILENCE_MAX);
            let family = work.family;
            let leased = |lease: &LeaseRecord| {
                me.do_send(Leased { slot, epoch: lease.epoch, attempts: lease.attempts });
            };
            let outcome = bench.carry_out(work, leased);
            me.do_send(Ended { slot, family, outcome });
        });
        Slot { lane, work: None }
    }

    fn dispatch(&mut self) {
        while let Some(slot) = self.lanes.iter().position(|slot| slot.work.is_none()) {
            let Some(work) = self.waiting.pop_front() else { return };
            let (family, dataset_id) = (work.family, work.dataset.dataset_id.clone());
            self.lanes[slot].work = Some(Work { family, dataset_id, since: Instant::now(), lease: None });
            if self.lanes[slot].lane.submit(work).is_err() {
                return; // the thread is dying, and this actor with it
            }
        }
    }

    /// Looks at the work of others when it may be free, if that is before the next search.
    fn look_again(&mut self, after: Option<Duration>, ctx: &mut Context<Self>) {
        let Some(after) = after.filter(|after| *after < self.services.reconcile_interval) else { return };
        // a later look of an earlier search is made up for by this one
        let next = ctx.run_later(after, |_, ctx| ctx.notify(Reconcile));
        if let Some(earlier) = self.next_look.replace(next) {
            ctx.cancel_future(earlier);
        }
    }

    fn knows(&self, work: &Train) -> bool {
        let id = &work.dataset.dataset_id;
        let queued = self.waiting.iter().any(|other| other.family == work.family && &other.dataset.dataset_id == id);
        queued
            || self
                .lanes
                .iter()
                .filter_map(|slot| slot.work.as_ref())
                .any(|busy| busy.family == work.family && &busy.dataset_id == id)
    }
}

/// The training threads, by their place.
pub fn thread_name(slot: usize) -> String {
    format!("trainer-{slot}")
}

impl Actor for Trainer {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let me = ctx.address();
        self.lanes = (0..self.settings.concurrency.max(1)).map(|slot| self.start_lane(slot, &me)).collect();
        ctx.notify(Reconcile);
        ctx.run_interval(self.services.reconcile_interval, |_, ctx| ctx.notify(Reconcile));
        self.latch.open();
    }
}

impl Drop for Trainer {
    fn drop(&mut self) {
        // a training that nobody owns any more must not go on beside that of the successor, which resumes it
        let _ = self.end_by.set(Instant::now() + CHECKPOINT_PATIENCE);
    }
}

impl Handler<Train> for Trainer {
    type Result = ();

    fn handle(&mut self, work: Train, _: &mut Self::Context) {
        // work found by the gap search is already here when its claim is
        if work.delivery.is_none() && self.knows(&work) {
            return;
        }
        self.waiting.push_back(work);
        self.dispatch();
    }
}

impl Handler<Leased> for Trainer {
    type Result = ();

    fn handle(&mut self, leased: Leased, _: &mut Self::Context) {
        if let Some(work) = self.lanes.get_mut(leased.slot).and_then(|slot| slot.work.as_mut()) {
            work.lease = Some(leased);
        }
    }
}

impl Handler<Ended> for Trainer {
    type Result = ();

    fn handle(&mut self, ended: Ended, _: &mut Self::Context) {
        self.lanes[ended.slot].work = None;
        self.last.insert(ended.family, ended.outcome);
        self.dispatch();
    }
}

impl Handler<Reconcile> for Trainer {
    type Result = ();

    fn handle(&mut self, _: Reconcile, ctx: &mut Self::Context) {
        // a store that is slow is not asked the same again; the next interval makes up for this one
        if std::mem::replace(&mut self.is_searching, true) {
            return;
        }
        let (services, settings) = (self.services.clone(), self.settings.clone());
        let beyond_repair = lock(&self.beyond_repair).clone();
        let search = async move {
            reconcile::sweep_checkpoints(&services).await;
            reconcile::untrained(&services, &settings.families, &settings.recipe, &beyond_repair).await
        };
        ctx.spawn(search.into_actor(self).map(|found, trainer, ctx| {
            trainer.is_searching = false;
            match found {
                Ok(found) => {
                    found.work.into_iter().for_each(|work| ctx.notify(work));
                    let of_others = found.held.iter().filter(|(work, _)| !trainer.knows(work));
                    trainer.look_again(of_others.map(|(_, after)| *after).min(), ctx);
                }
                Err(error) => tracing::warn!(event = "gap_search_fail", service = "train", error = %error),
            }
        }));
    }
}

impl Handler<Drain> for Trainer {
    type Result = ();

    fn handle(&mut self, drain: Drain, ctx: &mut Self::Context) {
        let _ = self.end_by.set(drain.deadline);
        self.waiting.drain(..).filter_map(|work| work.delivery).for_each(Delivery::hand_back);
        let lanes = self.lanes.drain(..).map(|slot| slot.lane);
        worker_thread::drain(lanes, drain, &self.guard);
        ctx.stop();
    }
}

impl Handler<Observe> for Trainer {
    type Result = MessageResult<Observe>;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Self::Result {
        let running = self.lanes.iter().enumerate().filter_map(|(thread, slot)| {
            let work = slot.work.as_ref()?;
            Some(TrainingState {
                thread: thread_name(thread),
                model_type: work.family,
                dataset_id: work.dataset_id.clone(),
                for_ms: work.since.elapsed().as_millis() as u64,
                lease_epoch: work.lease.map(|lease| lease.epoch),
                attempts: work.lease.map(|lease| lease.attempts),
            })
        });
        MessageResult(observed(&TrainerState {
            families: self.settings.families.clone(),
            threads: self.lanes.len(),
            running: running.collect(),
            waiting: self.waiting.len(),
            last_outcome: self.last.clone(),
        }))
    }
}
