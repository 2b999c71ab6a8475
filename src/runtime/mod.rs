//! The actor runtime: supervised actors with threads of their own, restarts, health, and a job queue. It knows no actor by name.
//!
//! ```text
//!                        Supervisor                    restart budgets, backoff, reports, escalation
//!           ┌────────────────┼───────────────┐
//!   group "serving"      "training"     "evaluation"   rest for one: the failed child and those started after it
//!     ┌─────┴─────┐          │               │
//!   pool      watcher     trainer        evaluator     one actor on one arbiter, with one ChildGuard
//!     │                      │
//!  threads ×n         thread, linked                  heavy work: each with a Watchdog, watched like its actor
//! ```
//!
//! - An exit is a value ([`Exit`]). The [`ChildGuard`] that a child owns reports it on `Drop`.
//! - A restart builds a new actor from its factory; peers keep their [`ActorRef`].
//! - A child that fails is restarted within its [`RestartPolicy`]. When that is spent its group is restarted. When the policy of the group
//!   is spent, or a child hangs, [`SupervisorHandle::escalated`] resolves and the node must stop.
//! - Threads of an actor are parts of it ([`Threads`]): they beat through their [`Watchdog`], declare when they may be silent, and appear
//!   in its report. When a linked thread dies its actor dies too; when a thread hangs the supervisor gives up.
//! - Every message between actors is a [`Call`], a [`HandOver`] or a [`Cast`], so that none is lost unnoticed.
//! - Faults can be injected into every actor and thread ([`SupervisorHandle::inject`]), now or at its next starts.
//! - `stopped()` also runs during a panic, and queued messages are dropped during it: commit nothing in either.
//!
//! ```
//! use std::time::{Duration, Instant};
//! use actix::prelude::*;
//! use flts::runtime::{ActorRef, Call, ChildGuard, ChildSpec, Drain, Observe, Supervisor, SupervisorConfig, observed};
//!
//! struct Counter { guard: ChildGuard, sum: u64 }
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
//!         self.guard.drained();
//!         ctx.stop();
//!     }
//! }
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let counter = ActorRef::<Counter>::new("counter");
//! let child = ChildSpec::actor(counter.clone(), "serving", |guard| Counter { guard, sum: 0 });
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
//! * `actor`: one actor: its stable reference, its messages, and the guard through which it reports its end
//! * `durations`: the last, the longest and the mean of many durations
//! * `health`: readiness of a node and of its dependencies
//! * `lifecycle`: what actors and threads have in common: exits, heartbeats, panics, faults and reports
//! * `memory`: the memory budget: shares that are reserved before memory is taken
//! * `queue`: the bounded queue between admission and a pool of worker threads
//! * `stop_signals`: the signals that ask the process to stop
//! * `supervisor`: starts children, restarts them when they die, and gives up when their restart budgets are spent
//! * `threads`: long-lived, named threads for heavy work, owned by an actor and watched like it

mod actor;
mod durations;
mod health;
mod lifecycle;
mod memory;
mod queue;
mod stop_signals;
mod supervisor;
mod threads;
mod wall_clock;

pub use actor::{
    ActorRef, AskError, Call, Cast, ChildGuard, Down, Drain, HandOver, OBSERVE_WITHIN, Observe, Pulse, Threads,
    observed,
};
pub use durations::Durations;
pub use health::{Damage, Dependency, Health, Latch, Readiness};
pub use lifecycle::{
    ActorReport, Exit, Fault, FaultTiming, Freshness, InjectError, LastExit, Mailbox, Phase, ThreadPhase, ThreadReport,
    millis,
};
pub use memory::{MemoryShare, MemoryState, Reservation, ReserveError};
pub use queue::{JobQueue, PushError};
pub use stop_signals::{StopSignal, StopSignals};
pub use supervisor::{
    ChildSpec, Escalation, RestartDecision, RestartHistory, RestartPolicy, Supervisor, SupervisorConfig,
    SupervisorEvent, SupervisorHandle,
};
pub use threads::{Io, LongTask, OwnedThread, Watchdog, beat, protect};
pub use wall_clock::wall_clock;
