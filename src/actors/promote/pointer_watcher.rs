//! The promotion watcher actor: it polls the pointer by its ETag, and has the model loaded that it names. Records of the topic
//! `model-selected` only make the next poll come sooner.

use std::time::{Duration, Instant};

use actix::prelude::*;
use tokio::sync::oneshot;

use crate::actors::shared::{CoalescedRun, Load, ModelLoader, Services};
use crate::actors::telemetry::Event;
use crate::runtime::{ChildGuard, Drain, Observe, observed};
use crate::storage::{FetchedPointer, Pointer};

use super::messages::{PointerHint, ReloadError, ReloadPointer, Reloaded};
use super::state::{FollowedState, WatcherState};

const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// A store that does not answer within this time counts as unreachable.
const READ_DEADLINE: Duration = Duration::from_secs(5);
const LOAD_DEADLINE: Duration = Duration::from_secs(60);
/// The longest time that one poll takes, the load of the model included.
pub const RELOAD_DEADLINE: Duration = READ_DEADLINE.saturating_add(LOAD_DEADLINE);
/// The longest pause after failed polls.
const RETRY_PAUSE_MAX: Duration = Duration::from_secs(5);

/// The name of the pointer among what is damaged.
const POINTER: &str = "pointer";

/// The actor, of the supervision group `serving`.
pub struct PromotionWatcher {
    guard: ChildGuard,
    services: Services,
    identifier: String,
    loader: ModelLoader,
    etag: Option<String>,
    followed: Option<Pointer>,
    last_error: Option<String>,
    failures: u32,
    /// The end of the pause after a failure.
    not_before: Option<Instant>,
    poll: CoalescedRun,
    /// Calls that came during the poll under way: the next poll answers them, since this one may have read the pointer before.
    next_replies: Vec<Reply>,
    /// Calls that the poll under way answers.
    replies: Vec<Reply>,
}

type Reply = oneshot::Sender<Result<Reloaded, ReloadError>>;

impl PromotionWatcher {
    /// A watcher of one identifier's pointer.
    pub fn new(guard: ChildGuard, services: Services, identifier: String, loader: ModelLoader) -> Self {
        Self {
            guard,
            services,
            identifier,
            loader,
            etag: None,
            followed: None,
            last_error: None,
            failures: 0,
            not_before: None,
            poll: CoalescedRun::Idle,
            next_replies: Vec::new(),
            replies: Vec::new(),
        }
    }

    /// Polls at the interval: not during another poll, and not in the pause after a failure.
    fn poll(&mut self, ctx: &mut Context<Self>) {
        let is_paused = self.not_before.is_some_and(|at| Instant::now() < at);
        if !is_paused && self.poll.begin() {
            self.start_poll(ctx);
        }
    }

    /// Polls at once, without the retry pause; if a poll is under way, another one follows it.
    fn poll_now(&mut self, ctx: &mut Context<Self>) {
        self.not_before = None;
        if self.poll.request() {
            self.start_poll(ctx);
        }
    }

    fn start_poll(&mut self, ctx: &mut Context<Self>) {
        self.replies = std::mem::take(&mut self.next_replies);
        let follow = follow(self.services.clone(), self.identifier.clone(), self.etag.clone(), self.loader.clone());
        ctx.spawn(follow.into_actor(self).map(|followed, watcher, ctx| {
            let polls_again = watcher.poll.end();
            let answer = watcher.answer(&followed);
            watcher.apply(followed);
            for reply in watcher.replies.drain(..) {
                // the caller may have given up
                let _ = reply.send(answer.clone());
            }
            if polls_again {
                watcher.poll_now(ctx);
            }
        }));
    }

    /// The answer to the calls that waited for this poll.
    fn answer(&self, followed: &Result<Followed, ReloadError>) -> Result<Reloaded, ReloadError> {
        let absent = || ReloadError::Absent(self.identifier.clone());
        match followed {
            Ok(Followed::Loaded { pointer, .. }) => Ok(Reloaded { loaded: true, pointer: (**pointer).clone() }),
            Ok(Followed::Unchanged) => {
                self.followed.clone().map(|pointer| Reloaded { loaded: false, pointer }).ok_or_else(absent)
            }
            Ok(Followed::Absent) => Err(absent()),
            Err(error) => Err(error.clone()),
        }
    }

    /// Keeps what a poll came to, and pauses after a failure.
    fn apply(&mut self, followed: Result<Followed, ReloadError>) {
        let error = match followed {
            Ok(Followed::Loaded { etag, pointer }) => {
                self.etag = Some(etag);
                self.followed = Some(*pointer);
                None
            }
            Ok(Followed::Unchanged | Followed::Absent) => None,
            Err(error) => Some(error),
        };
        match &error {
            // an unreadable pointer may be replaced at any time
            None | Some(ReloadError::Unreadable(_)) => {
                self.failures = 0;
                self.not_before = None;
            }
            Some(_) => {
                self.failures = self.failures.saturating_add(1);
                let pause = POLL_INTERVAL.saturating_mul(1 << self.failures.min(5)).min(RETRY_PAUSE_MAX);
                self.not_before = Some(Instant::now() + pause);
            }
        }
        self.emit_error(error);
    }

    /// Emits an error, unless it is the same as at the last poll. Readiness names it until it is over.
    fn emit_error(&mut self, error: Option<ReloadError>) {
        let text = error.as_ref().map(ToString::to_string);
        let damage = self.services.health.damage();
        match &error {
            None => damage.mended(POINTER),
            // the next attempt may load it
            Some(ReloadError::NotLoaded(_)) if self.failures < 2 => {}
            Some(error @ (ReloadError::Unreadable(_) | ReloadError::NotLoaded(_))) => {
                damage.found(POINTER, format_args!("{POINTER}: {error}"));
            }
            // the dependency reports a store that is away
            Some(ReloadError::Absent(_) | ReloadError::Store(_)) => {}
        }
        if let Some(error) = error.filter(|_| self.last_error != text) {
            self.services.events.emit(Event::PointerRefused { fault: error.fault(), error: error.to_string() });
        }
        self.last_error = text;
    }
}

/// What a poll that did not fail came to.
enum Followed {
    /// The pointer has the known ETag.
    Unchanged,
    /// There is no pointer.
    Absent,
    /// There is a new pointer, and its model is in service.
    Loaded { etag: String, pointer: Box<Pointer> },
}

/// Reads the pointer, and has its model loaded if its ETag is another one. The caller keeps the new ETag after that, so that a model
/// that was not loaded is tried again.
async fn follow(
    services: Services,
    identifier: String,
    etag: Option<String>,
    loader: ModelLoader,
) -> Result<Followed, ReloadError> {
    let reading = services.decisions.pointer(&identifier, etag.as_deref());
    let fetched = tokio::time::timeout(READ_DEADLINE, reading)
        .await
        .map_err(|_| ReloadError::Store(format!("the pointer was not read within {} s", READ_DEADLINE.as_secs())))?;
    match fetched.map_err(|error| ReloadError::Store(error.to_string()))? {
        FetchedPointer::Unchanged => Ok(Followed::Unchanged),
        FetchedPointer::Absent => Ok(Followed::Absent),
        FetchedPointer::Unreadable { reason } => Err(ReloadError::Unreadable(reason)),
        FetchedPointer::New { pointer, etag } => {
            services.events.emit(Event::PointerParsed { pointer: pointer.clone() });
            match loader.load(Load { pointer: (*pointer).clone() }, LOAD_DEADLINE).await {
                Ok(Ok(())) => Ok(Followed::Loaded { etag, pointer }),
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
        // no pause: the hint may be about another model than the one that did not load
        self.poll_now(ctx);
    }
}

impl Handler<ReloadPointer> for PromotionWatcher {
    type Result = ResponseFuture<Result<Reloaded, ReloadError>>;

    fn handle(&mut self, _: ReloadPointer, ctx: &mut Self::Context) -> Self::Result {
        let (reply, answer) = oneshot::channel();
        self.next_replies.push(reply);
        self.poll_now(ctx);
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
            fallback: pointer.standing.fallback,
            provisional: pointer.standing.provisional,
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
