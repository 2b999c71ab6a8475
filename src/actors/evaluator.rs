//! The evaluator: listens to trainings, and judges a data set once every family it waits for was heard.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use actix::prelude::*;
use serde_json::json;

use crate::forecast::Family;
use crate::runtime::{Drain, Latch, Lifeline, Observe};
use crate::storage::{DatasetRecord, StorageError};
use crate::transport::TrainingStatus;

use super::contest::JudgingSettings;
use super::events::Event;
use super::gaps;
use super::judging::{Round, judge_round};
use super::lane::{self, Lane};
use super::messages::{Reconcile, Trained};
use super::news::{Told, tell_promotions};
use super::services::Services;

/// The thread that judges.
pub const JUDGE: &str = "evaluator-0";
/// How long it may be silent over one round.
const JUDGE_SILENCE_MAX: Duration = Duration::from_secs(300);

/// Supervised actor of the group `evaluation`.
pub struct Evaluator {
    lifeline: Lifeline,
    latch: Latch,
    services: Services,
    settings: JudgingSettings,
    lane: Option<Lane<DatasetRecord>>,
    /// Data sets that wait for their turn, at most once each.
    queue: VecDeque<DatasetRecord>,
    judging: Option<String>,
    /// Promotions that were told; a restart tells them once more.
    told: Told,
    telling: Telling,
    last: Option<String>,
}

#[derive(Message)]
#[rtype(result = "()")]
struct Look(DatasetRecord);

/// Whether promotions are being told, and whether there was a reason to look again meanwhile.
#[derive(PartialEq, Eq)]
enum Telling {
    Idle,
    Once,
    OnceMore,
}

/// A hint: a pointer may have moved, or its news may not have been heard.
#[derive(Message)]
#[rtype(result = "()")]
struct Tell;

#[derive(Message)]
#[rtype(result = "()")]
struct Judged {
    dataset_id: String,
    round: Result<Round, String>,
}

impl Evaluator {
    /// An evaluator of every identifier in the store.
    pub fn new(lifeline: Lifeline, services: Services, settings: JudgingSettings) -> Self {
        let latch = services.health.latch("evaluator");
        Self {
            lifeline,
            latch,
            services,
            settings,
            lane: None,
            queue: VecDeque::new(),
            judging: None,
            told: Told::new(),
            telling: Telling::Idle,
            last: None,
        }
    }

    fn dispatch(&mut self) {
        if self.judging.is_some() {
            return;
        }
        let Some(record) = self.queue.pop_front() else { return };
        self.judging = Some(record.dataset_id.clone());
        if let Some(lane) = &self.lane {
            // a dead lane takes this actor along; the round is found again by its successor
            let _ = lane.submit(record);
        }
    }
}

impl Actor for Evaluator {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let (services, settings) = (self.services.clone(), self.settings.clone());
        let judged = ctx.address();
        // how long each data set has been waited for; a restart grants new patience
        let mut patience: HashMap<String, Instant> = HashMap::new();
        self.lane = Some(Lane::spawn(&self.lifeline.threads(), JUDGE, move |record: DatasetRecord, vital| {
            let _judging = vital.protect("judging a data set", JUDGE_SILENCE_MAX);
            let dataset_id = record.dataset_id.clone();
            let since = *patience.entry(dataset_id.clone()).or_insert_with(Instant::now);
            let round = judge_round(&services, &settings, &record, since.elapsed() >= settings.timeout);
            if matches!(round, Ok(Round::JudgedBefore | Round::Decided(_))) {
                patience.remove(&dataset_id);
            }
            judged.do_send(Judged { dataset_id, round: round.map_err(|error| error.to_string()) });
        }));
        ctx.notify(Reconcile);
        ctx.run_interval(self.services.reconcile_interval, |_, ctx| ctx.notify(Reconcile));
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
        let find =
            async move { services.datasets.find(&dataset.identifier, &dataset.config_hash, &dataset.dataset_id).await };
        ctx.spawn(find.into_actor(self).map(move |found, _, ctx| match found {
            // the run record is the truth: from here on the gap search would find this round too
            Ok(Some(record)) => {
                ctx.notify(Look(record));
                delivery.done();
            }
            Ok(None) => delivery.reject("the data set of this run is not in the store"),
            Err(error) if error.is_outage() => delivery.hand_back(),
            Err(error) => delivery.reject(error.to_string()),
        }));
    }
}

impl Handler<Reconcile> for Evaluator {
    type Result = ();

    fn handle(&mut self, _: Reconcile, ctx: &mut Self::Context) {
        let services = self.services.clone();
        let search = async move { gaps::newest_datasets(&services).await };
        ctx.spawn(search.into_actor(self).map(|found: Result<Vec<DatasetRecord>, StorageError>, _, ctx| match found {
            Ok(records) => records.into_iter().for_each(|record| ctx.notify(Look(record))),
            Err(error) => tracing::warn!(event = "gap_search_fail", service = "eval", error = %error),
        }));
        ctx.notify(Tell);
    }
}

impl Handler<Tell> for Evaluator {
    type Result = ();

    fn handle(&mut self, _: Tell, ctx: &mut Self::Context) {
        if self.telling != Telling::Idle {
            self.telling = Telling::OnceMore;
            return;
        }
        self.telling = Telling::Once;
        let (services, told) = (self.services.clone(), self.told.clone());
        let telling = async move { tell_promotions(&services, told).await };
        ctx.spawn(telling.into_actor(self).map(|told, evaluator, ctx| {
            let again = std::mem::replace(&mut evaluator.telling, Telling::Idle) == Telling::OnceMore;
            match told {
                Ok(told) => evaluator.told = told,
                Err(error) => {
                    tracing::warn!(event = "promotion_publish", service = "eval", error = %error);
                    // until then whoever has a reason to look only asks for this look
                    evaluator.telling = Telling::OnceMore;
                    ctx.run_later(RETRY_AFTER, |evaluator, ctx| {
                        evaluator.telling = Telling::Idle;
                        ctx.notify(Tell);
                    });
                    return;
                }
            }
            if again {
                ctx.notify(Tell);
            }
        }));
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
                ctx.run_later(RETRY_AFTER, |_, ctx| ctx.notify(Reconcile));
                error
            }
        });
        self.dispatch();
    }
}

const RETRY_AFTER: Duration = Duration::from_secs(5);

impl Handler<Drain> for Evaluator {
    type Result = ();

    fn handle(&mut self, drain: Drain, ctx: &mut Self::Context) {
        lane::drain(self.lane.take(), drain, &self.lifeline);
        ctx.stop();
    }
}

impl Handler<Observe> for Evaluator {
    type Result = MessageResult<Observe>;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Self::Result {
        MessageResult(
            json!({"expected": self.settings.expected, "judging": self.judging, "queued": self.queue.len(), "last": self.last}),
        )
    }
}

fn list(families: &[Family]) -> String {
    families.iter().map(|family| family.as_str()).collect::<Vec<_>>().join(", ")
}
