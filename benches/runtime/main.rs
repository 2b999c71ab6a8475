//! The cost of supervision: a call, a cast, a report and a restart, each compared with bare actix in the same run.
//!
//! Criterion measures how long each takes; the table at the end compares them, measured in turns.

mod actors;
mod comparison;

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{Addr, Arbiter};
use criterion::{Criterion, criterion_group};
use flts::runtime::{ActorRef, OBSERVE_WITHIN, SupervisorHandle};
use futures::future::join_all;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Mutex, oneshot};

use actors::{Add, DEADLINE, Echo, Nudge, SupervisedActors, bare};
use comparison::{Batch, Comparison, Medians};

/// Actors in a report.
const REPORTED: usize = 10;
/// Calls under way at once in a batch of concurrent calls.
const AT_ONCE: u32 = 64;

/// The caller's runtime, as a node has it.
fn runtime() -> Runtime {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime can be had");
    runtime.spawn(other_timers());
    runtime
}

/// Every runtime of a node has timers, such as heartbeats; without any, tokio would wake its driver for every deadline.
async fn other_timers() {
    let mut ticks = tokio::time::interval(Duration::from_millis(200));
    loop {
        ticks.tick().await;
    }
}

/// The time of a batch that runs as a task of the runtime, like a request.
fn on(runtime: &Runtime, batch: impl Future<Output = ()> + Send + 'static) -> Duration {
    let start = Instant::now();
    runtime.block_on(runtime.spawn(batch)).expect("no batch panics");
    start.elapsed()
}

fn messages(c: &mut Criterion) {
    let runtime = runtime();
    let actors = runtime.block_on(SupervisedActors::start(REPORTED));
    let (actor, bare, supervisor) = (actors.first.clone(), bare(), actors.supervisor.clone());
    let mut group = c.benchmark_group("runtime");
    group.bench_function("ask", |b| b.iter_custom(|times| on(&runtime, asks(actor.clone(), times))));
    group.bench_function("bare_send", |b| b.iter_custom(|times| on(&runtime, sends(bare.clone(), times))));
    group.bench_function("tell", |b| b.iter_custom(|times| on(&runtime, tells(actor.clone(), times))));
    group.bench_function("bare_do_send", |b| b.iter_custom(|times| on(&runtime, do_sends(bare.clone(), times))));
    group.bench_function("observe_10", |b| b.iter_custom(|times| on(&runtime, reports(supervisor.clone(), times))));
    group.finish();
}

fn restarts(c: &mut Criterion) {
    let runtime = runtime();
    let actors = Arc::new(Mutex::new(runtime.block_on(SupervisedActors::start(1))));
    let mut group = c.benchmark_group("runtime");
    group.sample_size(20);
    group.bench_function("restart", |b| b.iter_custom(|times| on(&runtime, deaths(actors.clone(), times))));
    group.finish();
}

async fn asks(actor: ActorRef<Echo>, times: u64) {
    for _ in 0..times {
        actor.ask(Add, DEADLINE).await.expect("it runs");
    }
}

async fn sends(address: Addr<Echo>, times: u64) {
    for _ in 0..times {
        address.send(Add).await.expect("it runs");
    }
}

/// The call at the end returns when all casts are handled.
async fn tells(actor: ActorRef<Echo>, times: u64) {
    for _ in 0..times {
        actor.tell(Nudge).expect("it runs");
    }
    actor.ask(Add, DEADLINE).await.expect("it runs");
}

async fn do_sends(address: Addr<Echo>, times: u64) {
    for _ in 0..times {
        address.do_send(Nudge);
    }
    address.send(Add).await.expect("it runs");
}

async fn reports(supervisor: SupervisorHandle, times: u64) {
    for _ in 0..times {
        let reports = supervisor.reports(OBSERVE_WITHIN).await;
        assert_eq!(reports.len(), REPORTED);
    }
}

async fn deaths(actors: Arc<Mutex<SupervisedActors>>, times: u64) {
    let mut actors = actors.lock().await;
    for _ in 0..times {
        actors.restart().await;
    }
}

/// Compares calls and casts with bare sends, from the thread that runs them.
fn comparisons(from: [&'static str; 3], actor: &ActorRef<Echo>, bare: &Addr<Echo>) -> Vec<Comparison> {
    let (asked, told, crowd) = (actor.clone(), actor.clone(), actor.clone());
    let (sent, dropped, bare_crowd) = (bare.clone(), bare.clone(), bare.clone());
    let [one, many, hint] = from;
    vec![
        Comparison {
            what: one,
            ours: (batch(move || asks(asked.clone(), 200)), 200),
            bare: (batch(move || sends(sent.clone(), 200)), 200),
        },
        Comparison {
            what: many,
            ours: (
                batch(move || {
                    let actor = crowd.clone();
                    async move {
                        let asked = (0..AT_ONCE).map(|_| actor.ask(Add, DEADLINE));
                        assert!(join_all(asked).await.iter().all(Result::is_ok));
                    }
                }),
                AT_ONCE,
            ),
            bare: (
                batch(move || {
                    let address = bare_crowd.clone();
                    async move {
                        let sent = (0..AT_ONCE).map(|_| address.send(Add));
                        assert!(join_all(sent).await.iter().all(Result::is_ok));
                    }
                }),
                AT_ONCE,
            ),
        },
        Comparison {
            what: hint,
            ours: (batch(move || tells(told.clone(), 1000)), 1000),
            bare: (batch(move || do_sends(dropped.clone(), 1000)), 1000),
        },
    ]
}

fn batch<F: Future<Output = ()> + Send + 'static>(mut start: impl FnMut() -> F + Send + 'static) -> Batch {
    Box::new(move || Box::pin(start()))
}

async fn run_all(comparisons: Vec<Comparison>) -> Vec<Medians> {
    let mut medians = Vec::new();
    for comparison in comparisons {
        medians.push(comparison.run().await);
    }
    medians
}

/// Compares every operation with bare actix, from the runtime of a node and from an arbiter.
fn ratios() {
    let runtime = runtime();
    let (actors, mortal) =
        runtime.block_on(async { (SupervisedActors::start(REPORTED).await, SupervisedActors::start(1).await) });
    let (actor, bare, mortal) = (actors.first.clone(), bare(), Arc::new(Mutex::new(mortal)));
    let supervisor = actors.supervisor.clone();
    let one_send = || {
        let address = bare.clone();
        (batch(move || sends(address.clone(), 20)), 20)
    };
    let mut from_tokio = comparisons(["ask", "ask, 64 at once", "tell (do_send)"], &actor, &bare);
    from_tokio.extend([
        Comparison {
            what: "observe 10 actors (one send)",
            ours: (batch(move || reports(supervisor.clone(), 10)), 10),
            bare: one_send(),
        },
        Comparison {
            what: "restart after a panic (one send)",
            ours: (batch(move || deaths(mortal.clone(), 5)), 5),
            bare: one_send(),
        },
    ]);
    let names = ["ask, from an arbiter", "ask, 64 at once, from an arbiter", "tell (do_send), from an arbiter"];
    let from_arbiter = comparisons(names, &actor, &bare);
    let mut medians = runtime.block_on(runtime.spawn(run_all(from_tokio))).expect("no batch panics");
    let (tell, told) = oneshot::channel();
    let arbiter = Arbiter::new();
    arbiter.spawn(other_timers());
    arbiter.spawn(async move {
        // the receiver waits below
        let _ = tell.send(run_all(from_arbiter).await);
    });
    medians.extend(told.blocking_recv().expect("no batch panics"));
    // the last handle keeps the actors alive until here
    drop(actors);
    comparison::print(&medians);
}

criterion_group!(benches, messages, restarts);

fn main() {
    // arbiters belong to a system, though none has to run
    let _system = actix::System::new();
    benches();
    Criterion::default().configure_from_args().final_summary();
    ratios();
}
