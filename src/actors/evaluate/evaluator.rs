//! The evaluator: listens to trainings, and judges a data set once every family it waits for was heard.

use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant, SystemTime};

use actix::prelude::*;

use crate::actors::shared::{Reconcile, Services, WorkerThread, stored_datasets, worker_thread};
use crate::actors::telemetry::Event;
use crate::forecast::Family;
use crate::kafka::{Brokers, TrainingStatus};
use crate::runtime::{ChildGuard, Drain, Latch, Observe, observed};
use crate::storage::{DatasetRecord, StorageError};

use super::messages::Trained;
use super::publishing::{Tell, Telling};
use super::round::{Round, judge_round};
use super::scoring::JudgingSettings;
use super::state::{EvaluatorState, WaitingState};
use super::wait_state::{SavedWaitState, WaitState};

/// How often the tally is saved while it holds something that grows older.
const SAVE_INTERVAL: Duration = Duration::from_secs(10);

/// The thread that judges.
pub const JUDGE: &str = "evaluator-0";
/// How long it may be silent over one round.
const JUDGE_SILENCE_MAX: Duration = Duration::from_secs(300);

/// Supervised actor of the group `evaluation`.
pub struct Evaluator {
    guard: ChildGuard,
    latch: Latch,
    pub(super) services: Services,
    pub(super) brokers: Brokers,
    settings: JudgingSettings,
    lane: Option<WorkerThread<Task>>,
    /// Data sets that wait for their turn, at most once each.
    queue: VecDeque<DatasetRecord>,
    judging: Option<String>,
    pub(super) tally: WaitState,
    pub(super) telling: Telling,
    last: Option<String>,
    /// The look after a round that failed, one for all of them.
    retry: Option<SpawnHandle>,
}

/// One look at a data set.
struct Task {
    record: DatasetRecord,
    /// Whether families that stayed silent are left out.
    patience_gone: bool,
}

/// A note to self: this data set may be ready to be judged.
#[derive(Message)]
#[rtype(result = "()")]
struct Look(DatasetRecord);

/// A note to self: a round is over.
#[derive(Message)]
#[rtype(result = "()")]
struct Judged {
    dataset_id: String,
    round: Result<Round, String>,
}

impl Evaluator {
    /// An evaluator of every identifier in the store.
    pub fn new(guard: ChildGuard, services: Services, brokers: Brokers, settings: JudgingSettings) -> Self {
        let latch = services.health.latch("evaluator");
        let saved: Option<SavedWaitState> = services.snapshots.load();
        let tally = saved.map(|saved| WaitState::of(saved, Instant::now(), SystemTime::now())).unwrap_or_default();
        Self {
            guard,
            latch,
            services,
            brokers,
            settings,
            lane: None,
            queue: VecDeque::new(),
            judging: None,
            tally,
            telling: Telling::Idle,
            last: None,
            retry: None,
        }
    }

    fn dispatch(&mut self) {
        if self.judging.is_some() {
            return;
        }
        let Some(record) = self.queue.pop_front() else { return };
        self.judging = Some(record.dataset_id.clone());
        let patience_gone = self.tally.waited(&record.dataset_id, Instant::now()) >= self.settings.timeout;
        if let Some(lane) = &self.lane {
            // a dead lane takes this actor along; the round is found again by its successor
            let _ = lane.submit(Task { record, patience_gone });
        }
    }

    fn saved_tally(&self) -> SavedWaitState {
        self.tally.saved(Instant::now(), SystemTime::now())
    }

    /// Has the tally saved if something in it changed.
    pub(super) fn keep_tally(&self, changed: bool) {
        if changed {
            self.services.snapshots.keep(&self.saved_tally());
        }
    }
}

impl Actor for Evaluator {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let (services, settings) = (self.services.clone(), self.settings.clone());
        let judged = ctx.address();
        self.lane =
            Some(WorkerThread::spawn(&self.guard.threads(), JUDGE, move |Task { record, patience_gone }, watchdog| {
                let _judging = watchdog.protect("judging a data set", JUDGE_SILENCE_MAX);
                let round = judge_round(&services, &settings, &record, patience_gone);
                let round = round.map_err(|error| error.to_string());
                judged.do_send(Judged { dataset_id: record.dataset_id, round });
            }));
        ctx.notify(Reconcile);
        ctx.run_interval(self.services.reconcile_interval, |_, ctx| ctx.notify(Reconcile));
        ctx.run_interval(SAVE_INTERVAL, |evaluator, _| {
            let is_waiting = evaluator.tally.waiting(Instant::now()).next().is_some();
            evaluator.keep_tally(is_waiting);
        });
        self.latch.open();
    }
}

impl Handler<Trained> for Evaluator {
    type Result = ();

    fn handle(&mut self, trained: Trained, ctx: &mut Self::Context) {
        let Trained { status, dataset, delivery } = trained;
        if status == TrainingStatus::Running {
            delivery.done();
            return;
        }
        let services = self.services.clone();
        let find = async move { services.datasets.find(&dataset).await };
        ctx.spawn(find.into_actor(self).map(move |found, _, ctx| match found {
            // the run record is the truth: from here on the gap search would find this round too
            Ok(Some(record)) => {
                ctx.notify(Look(record));
                delivery.done();
            }
            Ok(None) => delivery.reject("the data set of this run is not in the store"),
            Err(error) if error.is_not_the_record() => delivery.hand_back(),
            Err(error) => delivery.reject(error.to_string()),
        }));
    }
}

impl Handler<Reconcile> for Evaluator {
    type Result = ();

    fn handle(&mut self, _: Reconcile, ctx: &mut Self::Context) {
        let services = self.services.clone();
        let search = async move { stored_datasets::newest_datasets(&services).await };
        let look = |found: Result<Vec<DatasetRecord>, StorageError>, evaluator: &mut Self, ctx: &mut Self::Context| {
            match found {
                Ok(records) => {
                    let newest: BTreeSet<&str> = records.iter().map(|record| record.dataset_id.as_str()).collect();
                    evaluator.tally.forget_all_but(&newest, Instant::now());
                    // the round that is under way may see it all
                    let idle =
                        records.into_iter().filter(|record| evaluator.judging.as_ref() != Some(&record.dataset_id));
                    idle.for_each(|record| ctx.notify(Look(record)));
                }
                Err(error) => tracing::warn!(event = "gap_search_fail", service = "eval", error = %error),
            }
        };
        ctx.spawn(search.into_actor(self).map(look));
        ctx.notify(Tell);
    }
}

impl Handler<Look> for Evaluator {
    type Result = ();

    fn handle(&mut self, look: Look, _: &mut Self::Context) {
        let Look(record) = look;
        if !self.queue.iter().any(|queued| queued.dataset_id == record.dataset_id) {
            self.queue.push_back(record);
        }
        self.dispatch();
    }
}

impl Handler<Judged> for Evaluator {
    type Result = ();

    fn handle(&mut self, judged: Judged, ctx: &mut Self::Context) {
        self.judging = None;
        let changed = match &judged.round {
            Ok(Round::Waiting { .. }) => self.tally.wait_for(&judged.dataset_id, Instant::now()),
            Ok(Round::JudgedBefore | Round::Decided(_)) => self.tally.judged(&judged.dataset_id),
            // it is not known who is missing
            Err(_) => false,
        };
        self.keep_tally(changed);
        self.last = Some(match judged.round {
            Ok(Round::Waiting { have, missing }) => {
                let word = format!("waiting for {}", list(&missing));
                self.services.events.emit(Event::WaitingForModels { dataset_id: judged.dataset_id, have, missing });
                word
            }
            Ok(Round::JudgedBefore) => "judged before".into(),
            Ok(Round::Decided(decision)) => {
                let word = format!("{}: {}", decision.decision, decision.reason);
                ctx.notify(Tell);
                self.services.events.emit(Event::Decided { decision });
                word
            }
            Err(error) => {
                self.services.events.emit(Event::JudgingFailed { error: error.clone() });
                let retry = ctx.run_later(RETRY_AFTER, |_, ctx| ctx.notify(Reconcile));
                if let Some(earlier) = self.retry.replace(retry) {
                    ctx.cancel_future(earlier);
                }
                error
            }
        });
        self.dispatch();
    }
}

pub const RETRY_AFTER: Duration = Duration::from_secs(5);

impl Handler<Drain> for Evaluator {
    type Result = ();

    fn handle(&mut self, drain: Drain, ctx: &mut Self::Context) {
        self.services.snapshots.keep_now(&self.saved_tally());
        worker_thread::drain(self.lane.take(), drain, &self.guard);
        ctx.stop();
    }
}

impl Handler<Observe> for Evaluator {
    type Result = MessageResult<Observe>;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Self::Result {
        let waiting = self.tally.waiting(Instant::now()).map(|(dataset_id, waited)| WaitingState {
            dataset_id: dataset_id.to_owned(),
            waited_ms: waited.as_millis() as u64,
            patience_left_ms: self.settings.timeout.saturating_sub(waited).as_millis() as u64,
        });
        MessageResult(observed(&EvaluatorState {
            expected: self.settings.expected.clone(),
            judging: self.judging.clone(),
            queued: self.queue.len(),
            last: self.last.clone(),
            waiting: waiting.collect(),
            told: self.tally.told(&self.brokers.access().bootstrap_servers).len(),
        }))
    }
}

fn list(families: &[Family]) -> String {
    families.iter().map(|family| family.as_str()).collect::<Vec<_>>().join(", ")
}
