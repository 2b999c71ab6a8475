//! What actors stand on. It knows no actor by name.
//!
//! ```text
//!                        Supervisor                    budgets, backoff, reports, escalation
//!           ┌────────────────┼───────────────┐
//!   group "serving"      "training"     "evaluation"   rest for one: the failed child and those after it
//!     ┌─────┴─────┐          │               │
//!   pool      watcher     trainer        evaluator     one actor on one arbiter, with one ChildGuard
//!     │                      │
//!  threads ×n         thread, linked                  heavy work: each with a Watchdog, watched like its actor
//! ```
//!
//! - An exit is a value ([`Exit`]). The [`ChildGuard`] that a child owns reports it on `Drop`.
//! - A restart builds a new actor from its factory; peers keep their [`ActorRef`].
//! - A child that fails is started again within its [`RestartPolicy`]. When that is spent its group is restarted;
//!   when the group's is spent, or a child hangs, [`SupervisorHandle::escalated`] resolves and the node goes down.
//! - Threads of an actor are parts of it ([`Threads`]): they beat through their [`Watchdog`], say when their silence is in order, and
//!   stand in its report. One that is linked takes its actor along when it dies; one that hangs takes the node down.
//! - Every message between actors is a [`Call`], a [`HandOver`] or a [`Cast`], so that none is lost without anybody knowing.
//! - Anything can be broken on purpose ([`SupervisorHandle::inject`]), now or at its next starts.
//! - `stopped()` also runs during a panic, and queued messages are dropped during it: commit nothing in either.
//!
//! ```
//! use std::time::{Duration, Instant};
//! use actix::prelude::*;
//! use flts::runtime::{ActorRef, ChildSpec, Drain, ChildGuard, Observe, Call, Supervisor, SupervisorConfig, observed};
//!
//! struct Counter { lifeline: ChildGuard, sum: u64 }
//!
//! #[derive(Message)]
//! #[rtype(result = "u64")]
//! struct Add(u64);
//!
//! impl Call for Add {}
//!
//! impl Actor for Counter {
//!     type Context = Context<Self>;
//! }
//!
//! impl Handler<Add> for Counter {
//!     type Result = u64;
//!     fn handle(&mut self, Add(n): Add, _: &mut Self::Context) -> u64 {
//!         self.sum += n;
//!         self.sum
//!     }
//! }
//!
//! impl Handler<Observe> for Counter {
//!     type Result = MessageResult<Observe>;
//!     fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Self::Result {
//!         MessageResult(observed(&serde_json::json!({ "sum": self.sum })))
//!     }
//! }
//!
//! impl Handler<Drain> for Counter {
//!     type Result = ();
//!     fn handle(&mut self, _: Drain, ctx: &mut Self::Context) {
//!         self.lifeline.drained();
//!         ctx.stop();
//!     }
//! }
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let counter = ActorRef::<Counter>::new("counter");
//! let child = ChildSpec::actor(counter.clone(), "serving", |lifeline| Counter { lifeline, sum: 0 });
//! let supervisor = Supervisor::start(SupervisorConfig::default(), vec![child]);
//!
//! # while counter.addr().is_none() { tokio::task::yield_now().await; }
//! let second = Duration::from_secs(1);
//! assert_eq!(counter.ask(Add(2), second).await, Ok(2));
//! assert_eq!(supervisor.reports(second).await[0].state, Some(serde_json::json!({ "sum": 2 })));
//! assert_eq!(supervisor.stop(Instant::now() + second).await, Vec::<String>::new());
//! # });
//! ```
//!
//! * `actor`: One actor: its address, its messages, its life signs and its end
//! * `health`: Readiness of a node and of what it depends on
//! * `queue`: The one queue between admission and a pool of worker threads, taken in batches
//! * `supervisor`: The supervisor: starts children in order, restarts them when they die, gives up when budgets are spent
//! * `threads`: Long-lived, named threads for heavy work, owned by an actor and watched like actors

mod actor;
mod health;
mod queue;
mod supervisor;
mod threads;

pub use actor::{
    ActorRef, ActorReport, AskError, Call, Cast, ChildGuard, Down, Drain, Exit, Fault, Freshness, HandOver,
    InjectError, LastExit, Mailbox, OBSERVE_WITHIN, Observe, Phase, Pulse, StopSignal, StopSignals, Strike,
    ThreadPhase, ThreadReport, Threads, millis, observed,
};
pub use health::{Dependency, Health, Latch, Readiness};
pub use queue::{JobQueue, QueueFull};
pub use supervisor::{
    ChildSpec, Escalation, RestartDecision, RestartHistory, RestartPolicy, Supervisor, SupervisorConfig,
    SupervisorEvent, SupervisorHandle,
};
pub use threads::{Io, LongTask, OwnedThread, Watchdog, beat, protect};
