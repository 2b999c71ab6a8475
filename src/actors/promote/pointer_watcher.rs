//! The promotion watcher: polls the pointer by its ETag and asks the pool to load what it names. The topic
//! `model-selected` only makes the next poll come sooner.

use std::time::{Duration, Instant};

use actix::prelude::*;
use tokio::sync::oneshot;

use crate::actors::serve::InferencePool;
use crate::actors::shared::{Load, Services};
use crate::actors::telemetry::Event;
use crate::runtime::{ActorRef, ChildGuard, Drain, Observe, observed};
use crate::storage::{FetchedPointer, Pointer};

use super::messages::{PointerHint, ReloadError, ReloadPointer, Reloaded};
use super::state::{FollowedState, WatcherState};

const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// A store that hangs is as good as one that is away.
const READ_DEADLINE: Duration = Duration::from_secs(5);
const LOAD_DEADLINE: Duration = Duration::from_secs(60);
/// How long one look may take.
pub const LOOK_DEADLINE: Duration = READ_DEADLINE.saturating_add(LOAD_DEADLINE);
const RETRY_MAX: Duration = Duration::from_secs(5);

/// Supervised actor of the group `serving`.
pub struct PromotionWatcher {
    guard: ChildGuard,
    services: Services,
    identifier: String,
    pool: ActorRef<InferencePool>,
    etag: Option<String>,
    followed: Option<Pointer>,
    last_error: Option<String>,
    failures: u32,
    not_before: Option<Instant>,
    busy: bool,
    /// Somebody asked for a look while one was under way, which may have missed what they mean.
    again: bool,
    /// Asked since the look under way began: they are answered by one that begins after they asked.
    asking: Vec<Reply>,
    /// Answered by the look under way.
    waiting: Vec<Reply>,
}

type Reply = oneshot::Sender<Result<Reloaded, ReloadError>>;

impl PromotionWatcher {
    /// A watcher of one identifier's pointer.
    pub fn new(guard: ChildGuard, services: Services, identifier: String, pool: ActorRef<InferencePool>) -> Self {
        Self {
            guard,
            services,
            identifier,
            pool,
            etag: None,
            followed: None,
            last_error: None,
            failures: 0,
            not_before: None,
            busy: false,
            again: false,
            asking: Vec::new(),
            waiting: Vec::new(),
        }
    }

    fn poll(&mut self, ctx: &mut Context<Self>) {
        if self.busy || self.not_before.is_some_and(|at| Instant::now() < at) {
            return;
        }
        self.busy = true;
        self.again = false;
        self.waiting = std::mem::take(&mut self.asking);
        let (services, identifier, etag, pool) =
            (self.services.clone(), self.identifier.clone(), self.etag.clone(), self.pool.clone());
        ctx.spawn(follow(services, identifier, etag, pool).into_actor(self).map(|step, watcher, ctx| {
            watcher.busy = false;
            let outcome = watcher.outcome(&step);
            watcher.note(step);
            for reply in watcher.waiting.drain(..) {
                // whoever asked may have given up meanwhile
                let _ = reply.send(outcome.clone());
            }
            if watcher.again {
                watcher.look_now(ctx);
            }
        }));
    }

    /// Looks without waiting out the pause after a failure.
    fn look_now(&mut self, ctx: &mut Context<Self>) {
        self.again = self.busy;
        self.not_before = None;
        self.poll(ctx);
    }

    /// What those who asked for the look are told.
    fn outcome(&self, step: &Result<Look, ReloadError>) -> Result<Reloaded, ReloadError> {
        let absent = || ReloadError::Absent(self.identifier.clone());
        match step {
            Ok(Look::Followed { pointer, .. }) => Ok(Reloaded { loaded: true, pointer: (**pointer).clone() }),
            Ok(Look::Unchanged) => {
                self.followed.clone().map(|pointer| Reloaded { loaded: false, pointer }).ok_or_else(absent)
            }
            Ok(Look::Absent) => Err(absent()),
            Err(error) => Err(error.clone()),
        }
    }

    fn note(&mut self, step: Result<Look, ReloadError>) {
        let error = match step {
            Ok(Look::Followed { etag, pointer }) => {
                self.etag = Some(etag);
                self.followed = Some(*pointer);
                None
            }
            Ok(Look::Unchanged | Look::Absent) => None,
            Err(error) => Some(error),
        };
        match &error {
            // the next look may find another pointer at once
            None | Some(ReloadError::Unreadable(_)) => {
                self.failures = 0;
                self.not_before = None;
            }
            Some(_) => {
                self.failures = self.failures.saturating_add(1);
                let pause = POLL_INTERVAL.saturating_mul(1 << self.failures.min(5)).min(RETRY_MAX);
                self.not_before = Some(Instant::now() + pause);
            }
        }
        self.tell(error);
    }

    fn tell(&mut self, error: Option<ReloadError>) {
        let told = error.as_ref().map(ToString::to_string);
        if let Some(error) = error.filter(|_| self.last_error != told) {
            self.services.events.emit(Event::PointerRefused { fault: error.fault(), error: error.to_string() });
        }
        self.last_error = told;
    }
}

/// What was seen at one look, where nothing went wrong.
enum Look {
    Unchanged,
    Absent,
    Followed { etag: String, pointer: Box<Pointer> },
}

/// One look at the pointer; a new one is loaded before its ETag is remembered.
async fn follow(
    services: Services,
    identifier: String,
    etag: Option<String>,
    pool: ActorRef<InferencePool>,
) -> Result<Look, ReloadError> {
    let reading = services.decisions.pointer(&identifier, etag.as_deref());
    let fetched = tokio::time::timeout(READ_DEADLINE, reading)
        .await
        .map_err(|_| ReloadError::Store(format!("the pointer was not read within {} s", READ_DEADLINE.as_secs())))?;
    match fetched.map_err(|error| ReloadError::Store(error.to_string()))? {
        FetchedPointer::Unchanged => Ok(Look::Unchanged),
        FetchedPointer::Absent => Ok(Look::Absent),
        FetchedPointer::Unreadable { reason } => Err(ReloadError::Unreadable(reason)),
        FetchedPointer::New { pointer, etag } => {
            services.events.emit(Event::PointerParsed { pointer: pointer.clone() });
            match pool.ask(Load { pointer: (*pointer).clone() }, LOAD_DEADLINE).await {
                Ok(Ok(())) => Ok(Look::Followed { etag, pointer }),
                Ok(Err(error)) => Err(ReloadError::NotLoaded(error.to_string())),
                Err(error) => {
                    Err(ReloadError::NotLoaded(format!("the inference pool did not load the model: {error}")))
                }
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
        self.look_now(ctx);
    }
}

impl Handler<ReloadPointer> for PromotionWatcher {
    type Result = ResponseFuture<Result<Reloaded, ReloadError>>;

    fn handle(&mut self, _: ReloadPointer, ctx: &mut Self::Context) -> Self::Result {
        let (reply, answer) = oneshot::channel();
        self.asking.push(reply);
        self.look_now(ctx);
        Box::pin(async move {
            let stopped = || ReloadError::NotLoaded("the watcher stopped before it had looked; ask again".into());
            answer.await.unwrap_or_else(|_| Err(stopped()))
        })
    }
}

impl Handler<Drain> for PromotionWatcher {
    type Result = ();

    fn handle(&mut self, _: Drain, ctx: &mut Self::Context) {
        self.guard.drained();
        ctx.stop();
    }
}

impl Handler<Observe> for PromotionWatcher {
    type Result = MessageResult<Observe>;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Self::Result {
        let pointer = self.followed.as_ref().map(|pointer| FollowedState {
            run_id: pointer.run_id.clone(),
            model_type: pointer.model_type,
            generation: pointer.generation,
            seq: pointer.seq,
        });
        MessageResult(observed(&WatcherState {
            identifier: self.identifier.clone(),
            pointer,
            etag: self.etag.clone(),
            last_error: self.last_error.clone(),
            failures: self.failures,
        }))
    }
}
