//! The promotion watcher: polls the pointer by its ETag and asks the pool to load what it names. The topic
//! `model-selected` only makes the next poll come sooner.

use std::time::{Duration, Instant};

use actix::prelude::*;
use serde_json::json;

use crate::runtime::{ActorRef, Drain, Lifeline, Observe};
use crate::storage::{FetchedPointer, Pointer};

use super::events::Event;
use super::faults;
use super::inference::InferencePool;
use super::messages::{Inject, Load, PointerHint};
use super::services::Services;

const POLL_INTERVAL: Duration = Duration::from_secs(1);
const LOAD_DEADLINE: Duration = Duration::from_secs(60);
const RETRY_MAX: Duration = Duration::from_secs(5);

/// Supervised actor of the group `serving`.
pub struct PromotionWatcher {
    lifeline: Lifeline,
    services: Services,
    identifier: String,
    pool: ActorRef<InferencePool>,
    etag: Option<String>,
    followed: Option<Pointer>,
    last_error: Option<String>,
    failures: u32,
    not_before: Option<Instant>,
    busy: bool,
}

impl PromotionWatcher {
    /// A watcher of one identifier's pointer.
    pub fn new(lifeline: Lifeline, services: Services, identifier: String, pool: ActorRef<InferencePool>) -> Self {
        Self {
            lifeline,
            services,
            identifier,
            pool,
            etag: None,
            followed: None,
            last_error: None,
            failures: 0,
            not_before: None,
            busy: false,
        }
    }

    fn poll(&mut self, ctx: &mut Context<Self>) {
        if self.busy || self.not_before.is_some_and(|at| Instant::now() < at) {
            return;
        }
        self.busy = true;
        let (services, identifier, etag, pool) =
            (self.services.clone(), self.identifier.clone(), self.etag.clone(), self.pool.clone());
        ctx.spawn(follow(services, identifier, etag, pool).into_actor(self).map(|step, watcher, _| {
            watcher.busy = false;
            watcher.note(step);
        }));
    }

    fn note(&mut self, step: Step) {
        let error = match step {
            Step::Unchanged => None,
            Step::Followed { etag, pointer } => {
                self.etag = Some(etag);
                self.followed = Some(*pointer);
                None
            }
            Step::Unreadable(reason) => Some(reason),
            Step::Failed(reason) => {
                self.failures = self.failures.saturating_add(1);
                let pause = POLL_INTERVAL.saturating_mul(1 << self.failures.min(5)).min(RETRY_MAX);
                self.not_before = Some(Instant::now() + pause);
                return self.tell(Some(reason));
            }
        };
        self.failures = 0;
        self.not_before = None;
        self.tell(error);
    }

    fn tell(&mut self, error: Option<String>) {
        if let Some(error) = error.as_ref().filter(|error| self.last_error.as_ref() != Some(error)) {
            self.services.events.emit(Event::PointerRefused { error: error.clone() });
        }
        self.last_error = error;
    }
}

/// What came of one look at the pointer.
enum Step {
    /// Nothing new, or nothing promoted.
    Unchanged,
    /// It is served from now on.
    Followed { etag: String, pointer: Box<Pointer> },
    /// It cannot be followed; the next look may find another at once.
    Unreadable(String),
    /// The store is away, or the model was not loaded: looked at again after a pause.
    Failed(String),
}

/// One look at the pointer; a new one is loaded before its ETag is remembered.
async fn follow(services: Services, identifier: String, etag: Option<String>, pool: ActorRef<InferencePool>) -> Step {
    match services.decisions.pointer(&identifier, etag.as_deref()).await {
        Err(error) => Step::Failed(error.to_string()),
        Ok(FetchedPointer::Unchanged | FetchedPointer::Absent) => Step::Unchanged,
        Ok(FetchedPointer::Unreadable { reason }) => Step::Unreadable(reason),
        Ok(FetchedPointer::New { pointer, etag }) => {
            services.events.emit(Event::PointerParsed { pointer: pointer.clone() });
            match pool.ask(Load { pointer: (*pointer).clone() }, LOAD_DEADLINE).await {
                Ok(Ok(())) => Step::Followed { etag, pointer },
                Ok(Err(error)) => Step::Failed(error.to_string()),
                Err(error) => Step::Failed(format!("the inference pool did not load the model: {error}")),
            }
        }
    }
}

impl Actor for PromotionWatcher {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.poll(ctx);
        ctx.run_interval(POLL_INTERVAL, |watcher, ctx| watcher.poll(ctx));
    }
}

impl Handler<PointerHint> for PromotionWatcher {
    type Result = ();

    fn handle(&mut self, _: PointerHint, ctx: &mut Self::Context) {
        // there is news, perhaps of another model than the one that did not load
        self.not_before = None;
        self.poll(ctx);
    }
}

impl Handler<Inject> for PromotionWatcher {
    type Result = Result<(), String>;

    fn handle(&mut self, inject: Inject, ctx: &mut Self::Context) -> Self::Result {
        faults::strike(inject.fault, ctx, |watcher: &Self| &watcher.lifeline)
    }
}

impl Handler<Drain> for PromotionWatcher {
    type Result = ();

    fn handle(&mut self, _: Drain, ctx: &mut Self::Context) {
        self.lifeline.drained();
        ctx.stop();
    }
}

impl Handler<Observe> for PromotionWatcher {
    type Result = MessageResult<Observe>;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Self::Result {
        let pointer = self
            .followed
            .as_ref()
            .map(|p| json!({"run_id": p.run_id, "model_type": p.model_type, "generation": p.generation, "seq": p.seq}));
        MessageResult(
            json!({"identifier": self.identifier, "pointer": pointer, "etag": self.etag, "last_error": self.last_error, "failures": self.failures}),
        )
    }
}
