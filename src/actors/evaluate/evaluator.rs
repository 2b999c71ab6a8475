//! The evaluator actor: it queues data sets with new runs, hands them to its judging thread, and has promotions published.

use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use actix::prelude::*;

use crate::actors::shared::{Reconcile, Services, WorkerThread, drain_threads};
use crate::actors::telemetry::Event;
use crate::forecast::{Family, use_one_torch_thread};
use crate::kafka::{Brokers, TrainingStatus};
use crate::runtime::{ChildGuard, Drain, Latch, Observe, observed, wall_clock};
use crate::storage::{DatasetRecord, Decision};

use super::messages::{Enqueue, PublishPromotions, RoundEnded, Trained};
use super::promotion_publisher::{NextAttempt, PromotionPublisher, publish_promotions};
use super::round::{RoundOutcome, judge_round};
use super::settings::JudgingSettings;
use super::state::{EvaluatorState, WaitingState};
use super::wait_state::{SavedWaitState, WaitState};

/// The name of the judging thread.
pub const JUDGE: &str = "evaluator-0";
/// The longest time between two beats of the judging thread.
const JUDGE_SILENCE_MAX: Duration = Duration::from_secs(300);
/// How often the wait state is saved while data sets wait.
const SAVE_INTERVAL: Duration = Duration::from_secs(10);
/// The pause before a round that failed, or a publication that an outage stopped, is retried.
const RETRY_PAUSE: Duration = Duration::from_secs(5);

/// The actor, of the supervision group `evaluation`.
pub struct Evaluator {
    guard: ChildGuard,
    latch: Latch,
    services: Services,
    brokers: Brokers,
    settings: JudgingSettings,
    thread: Option<WorkerThread<JudgingTask>>,
    /// Data sets to judge, each at most once.
    queue: VecDeque<DatasetRecord>,
    /// The id of the data set that is judged now.
    judging: Option<String>,
    wait_state: WaitState,
    publisher: PromotionPublisher,
    last_outcome: Option<String>,
    /// The timer of the retry of all rounds that failed.
    retry: Option<SpawnHandle>,
}

/// One round for the judging thread.
struct JudgingTask {
    record: DatasetRecord,
    /// Whether the round goes on without missing families.
    is_timed_out: bool,
}

impl Evaluator {
    /// An evaluator for all series in the store.
    pub fn new(guard: ChildGuard, services: Services, brokers: Brokers, settings: JudgingSettings) -> Self {
        let latch = services.health.latch("evaluator");
        let saved: Option<SavedWaitState> = services.snapshots.load();
        if let Some(saved) = services.snapshots.load() {
            services.decisions.restore_summaries(saved);
        }
        let wait_state = saved.map(|saved| WaitState::of(saved, Instant::now(), wall_clock())).unwrap_or_default();
        Self {
            guard,
            latch,
            services,
            brokers,
            settings,
            thread: None,
            queue: VecDeque::new(),
            judging: None,
            wait_state,
            publisher: PromotionPublisher::default(),
            last_outcome: None,
            retry: None,
        }
    }

    /// Hands the next data set to the judging thread, if that is idle.
    fn dispatch(&mut self) {
        if self.judging.is_some() {
            return;
        }
        let Some(record) = self.queue.pop_front() else { return };
        self.judging = Some(record.dataset_id.clone());
        let is_timed_out = self.wait_state.waited(&record.dataset_id, Instant::now()) >= self.settings.timeout;
        if let Some(thread) = &self.thread {
            // a dead thread takes this actor along, and the actor's successor finds the data set again
            let _ = thread.submit(JudgingTask { record, is_timed_out });
        }
    }

    /// Enqueues the newest data sets, and forgets the waits of those that they replaced.
    fn enqueue_all(&mut self, newest: Vec<DatasetRecord>, ctx: &mut Context<Self>) {
        let ids: BTreeSet<&str> = newest.iter().map(|record| record.dataset_id.as_str()).collect();
        self.wait_state.forget_all_but(&ids, Instant::now());
        // the round under way may see every run that there is
        let idle = newest.into_iter().filter(|record| self.judging.as_ref() != Some(&record.dataset_id));
        idle.for_each(|record| ctx.notify(Enqueue(record)));
    }

    /// Searches again after a pause, which begins anew with each round that fails.
    fn retry_later(&mut self, ctx: &mut Context<Self>) {
        let retry = ctx.run_later(RETRY_PAUSE, |_, ctx| ctx.notify(Reconcile));
        if let Some(earlier) = self.retry.replace(retry) {
            ctx.cancel_future(earlier);
        }
    }

    /// Makes a decision known.
    fn tell(&self, decision: Box<Decision>, ctx: &mut Context<Self>) {
        ctx.notify(PublishPromotions);
        self.services.snapshots.keep(&self.services.decisions.saved_summaries());
        self.services.events.emit(Event::Decided { decision });
    }

    fn saved_wait_state(&self) -> SavedWaitState {
        self.wait_state.saved(Instant::now(), wall_clock())
    }

    fn save_wait_state(&self) {
        self.services.snapshots.keep(&self.saved_wait_state());
    }
}

impl Actor for Evaluator {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let (services, settings) = (self.services.clone(), self.settings.clone());
        let me = ctx.address();
        self.thread = Some(WorkerThread::spawn(&self.guard.threads(), JUDGE, move |task: JudgingTask, watchdog| {
            let _judging = watchdog.protect("judging a data set", JUDGE_SILENCE_MAX);
            // as in the workers of the pool, so that a model is scored on the bits that it answers with
            use_one_torch_thread();
            let JudgingTask { record, is_timed_out } = task;
            let outcome = judge_round(&services, &settings, &record, is_timed_out);
            me.do_send(RoundEnded { dataset_id: record.dataset_id, outcome });
        }));
        ctx.notify(Reconcile);
        ctx.run_interval(self.services.reconcile_interval, |_, ctx| ctx.notify(Reconcile));
        ctx.run_interval(SAVE_INTERVAL, |evaluator, _| {
            if evaluator.wait_state.waiting(Instant::now()).next().is_some() {
                evaluator.save_wait_state();
            }
        });
        self.latch.open();
    }
}

impl Handler<Trained> for Evaluator {
    type Result = ();

    fn handle(&mut self, trained: Trained, ctx: &mut Self::Context) {
        let Trained { status, dataset, delivery } = trained;
        let is_running = status == TrainingStatus::Running;
        if is_running && !self.settings.provisional {
            delivery.done();
            return;
        }
        let services = self.services.clone();
        let find = async move { services.datasets.find(&dataset).await };
        ctx.spawn(find.into_actor(self).map(move |found, _, ctx| match found {
            // the run is recorded, so the search finds this data set too: the event can be acknowledged before it is judged
            Ok(Some(record)) => {
                ctx.notify(Enqueue(record));
                delivery.done();
            }
            // the start of a training only hints at a data set for which nothing may be served yet
            _ if is_running => delivery.done(),
            Ok(None) => delivery.reject("the data set of this run is not in the store"),
            Err(error) if error.should_hand_back() => delivery.hand_back(),
            Err(error) => delivery.reject(error.to_string()),
        }));
    }
}

impl Handler<Reconcile> for Evaluator {
    type Result = ();

    fn handle(&mut self, _: Reconcile, ctx: &mut Self::Context) {
        let services = self.services.clone();
        let search = async move { services.datasets.newest().await };
        ctx.spawn(search.into_actor(self).map(|found, evaluator, ctx| match found {
            Ok(records) => evaluator.enqueue_all(records, ctx),
            Err(error) => tracing::warn!(event = "gap_search_fail", service = "eval", error = %error),
        }));
        ctx.notify(PublishPromotions);
    }
}

impl Handler<Enqueue> for Evaluator {
    type Result = ();

    fn handle(&mut self, Enqueue(record): Enqueue, _: &mut Self::Context) {
        if !self.queue.iter().any(|queued| queued.dataset_id == record.dataset_id) {
            self.queue.push_back(record);
        }
        self.dispatch();
    }
}

impl Handler<RoundEnded> for Evaluator {
    type Result = ();

    fn handle(&mut self, ended: RoundEnded, ctx: &mut Self::Context) {
        let RoundEnded { dataset_id, outcome } = ended;
        self.judging = None;
        let is_changed = match &outcome {
            Ok(RoundOutcome::Waiting { .. }) => self.wait_state.wait_for(&dataset_id, Instant::now()),
            Ok(RoundOutcome::JudgedBefore | RoundOutcome::Decided(_)) => self.wait_state.judged(&dataset_id),
            // which families are missing is unknown
            Err(_) => false,
        };
        if is_changed {
            self.save_wait_state();
        }
        self.last_outcome = Some(match outcome {
            Ok(RoundOutcome::Waiting { have, missing, provisional }) => {
                let text = format!("waiting for {}", list(&missing));
                if let Some(decision) = provisional {
                    self.tell(decision, ctx);
                }
                self.services.events.emit(Event::WaitingForModels { dataset_id, have, missing });
                text
            }
            Ok(RoundOutcome::JudgedBefore) => "judged before".into(),
            Ok(RoundOutcome::Decided(decision)) => {
                let text = format!("{}: {}", decision.decision, decision.reason);
                self.tell(decision, ctx);
                text
            }
            Err(error) => {
                let text = error.to_string();
                self.services.events.emit(Event::JudgingFailed { error: text.clone() });
                // what fails again and again waits for the next regular search
                if !error.is_permanent() {
                    self.retry_later(ctx);
                }
                text
            }
        });
        self.dispatch();
    }
}

impl Handler<PublishPromotions> for Evaluator {
    type Result = ();

    fn handle(&mut self, _: PublishPromotions, ctx: &mut Self::Context) {
        if !self.publisher.request() {
            return;
        }
        let (services, brokers) = (self.services.clone(), self.brokers.access().bootstrap_servers);
        let published = self.wait_state.published(&brokers);
        let publication = async move { publish_promotions(&services, published).await };
        ctx.spawn(publication.into_actor(self).map(move |published, evaluator, ctx| {
            let next = evaluator.publisher.end(published.is_err());
            match published {
                Ok(published) => {
                    if evaluator.wait_state.set_published(brokers, published) {
                        evaluator.save_wait_state();
                    }
                }
                Err(error) => tracing::warn!(event = "promotion_publish", service = "eval", error = %error),
            }
            match next {
                NextAttempt::OnRequest => {}
                NextAttempt::Now => ctx.notify(PublishPromotions),
                NextAttempt::AfterRetryPause => {
                    ctx.run_later(RETRY_PAUSE, |evaluator, ctx| {
                        evaluator.publisher.end_retry_pause();
                        ctx.notify(PublishPromotions);
                    });
                }
            }
        }));
    }
}

impl Handler<Drain> for Evaluator {
    type Result = ();

    fn handle(&mut self, drain: Drain, ctx: &mut Self::Context) {
        self.services.snapshots.keep_now(&self.saved_wait_state());
        self.services.snapshots.keep_now(&self.services.decisions.saved_summaries());
        drain_threads(self.thread.take(), drain, &self.guard);
        ctx.stop();
    }
}

impl Handler<Observe> for Evaluator {
    type Result = MessageResult<Observe>;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Self::Result {
        let waiting = self.wait_state.waiting(Instant::now()).map(|(dataset_id, waited)| WaitingState {
            dataset_id: dataset_id.to_owned(),
            waited_ms: waited.as_millis() as u64,
            patience_left_ms: self.settings.timeout.saturating_sub(waited).as_millis() as u64,
        });
        MessageResult(observed(&EvaluatorState {
            expected: self.settings.expected.clone(),
            judging: self.judging.clone(),
            queued: self.queue.len(),
            last: self.last_outcome.clone(),
            waiting: waiting.collect(),
            told: self.wait_state.published(&self.brokers.access().bootstrap_servers).len(),
        }))
    }
}

fn list(families: &[Family]) -> String {
    families.iter().map(|family| family.as_str()).collect::<Vec<_>>().join(", ")
}
