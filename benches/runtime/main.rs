//! What supervision costs: an ask, a hint, a report and a restart, each beside the same on bare actix in the same run.
//!
//! Criterion tells how long each takes; the table at the end sets them in relation, measured in turns.

mod crew;
mod duel;

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{Addr, Arbiter};
use criterion::{Criterion, criterion_group};
use flts::runtime::{ActorRef, OBSERVE_WITHIN, SupervisorHandle};
use futures::future::join_all;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Mutex, oneshot};

use crew::{Add, DEADLINE, Echo, Nudge, Workers, bare};
use duel::{Batch, Duel, Outcome};

/// Actors in a report.
const REPORTED: usize = 10;
/// Asks under way at once where a batch is not one after the other.
const AT_ONCE: u32 = 64;

/// The caller's runtime, as a node has it.
fn runtime() -> Runtime {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime can be had");
    runtime.spawn(other_timers());
    runtime
}

/// No runtime of a node is without a timer, be it a heartbeat; where there is none, tokio wakes its driver for every deadline.
async fn other_timers() {
    let mut ticks = tokio::time::interval(Duration::from_millis(200));
    loop {
        ticks.tick().await;
    }
}

/// Time of a batch that runs as a task of the runtime, as a request does.
fn on(runtime: &Runtime, batch: impl Future<Output = ()> + Send + 'static) -> Duration {
    let start = Instant::now();
    runtime.block_on(runtime.spawn(batch)).expect("no batch panics");
    start.elapsed()
}

fn messages(c: &mut Criterion) {
    let runtime = runtime();
    let crew = runtime.block_on(Workers::start(REPORTED));
    let (slot, bare, supervisor) = (crew.first.clone(), bare(), crew.supervisor.clone());
    let mut group = c.benchmark_group("runtime");
    group.bench_function("ask", |b| b.iter_custom(|times| on(&runtime, asks(slot.clone(), times))));
    group.bench_function("bare_send", |b| b.iter_custom(|times| on(&runtime, sends(bare.clone(), times))));
    group.bench_function("tell", |b| b.iter_custom(|times| on(&runtime, tells(slot.clone(), times))));
    group.bench_function("bare_do_send", |b| b.iter_custom(|times| on(&runtime, do_sends(bare.clone(), times))));
    group.bench_function("observe_10", |b| b.iter_custom(|times| on(&runtime, reports(supervisor.clone(), times))));
    group.finish();
}

fn restarts(c: &mut Criterion) {
    let runtime = runtime();
    let crew = Arc::new(Mutex::new(runtime.block_on(Workers::start(1))));
    let mut group = c.benchmark_group("runtime");
    group.sample_size(20);
    group.bench_function("restart", |b| b.iter_custom(|times| on(&runtime, deaths(crew.clone(), times))));
    group.finish();
}

async fn asks(slot: ActorRef<Echo>, times: u64) {
    for _ in 0..times {
        slot.ask(Add, DEADLINE).await.expect("it is up");
    }
}

async fn sends(address: Addr<Echo>, times: u64) {
    for _ in 0..times {
        address.send(Add).await.expect("it is up");
    }
}

/// The ask at the end comes back when all hints are handled.
async fn tells(slot: ActorRef<Echo>, times: u64) {
    for _ in 0..times {
        slot.tell(Nudge).expect("it is up");
    }
    slot.ask(Add, DEADLINE).await.expect("it is up");
}

async fn do_sends(address: Addr<Echo>, times: u64) {
    for _ in 0..times {
        address.do_send(Nudge);
    }
    address.send(Add).await.expect("it is up");
}

async fn reports(supervisor: SupervisorHandle, times: u64) {
    for _ in 0..times {
        let reports = supervisor.reports(OBSERVE_WITHIN).await;
        assert_eq!(reports.len(), REPORTED);
    }
}

async fn deaths(crew: Arc<Mutex<Workers>>, times: u64) {
    let mut crew = crew.lock().await;
    for _ in 0..times {
        crew.restart().await;
    }
}

/// Asks and sends side by side, in turns, from here.
fn duels(from: [&'static str; 3], slot: &ActorRef<Echo>, bare: &Addr<Echo>) -> Vec<Duel> {
    let (asked, told, crowd) = (slot.clone(), slot.clone(), slot.clone());
    let (sent, dropped, bare_crowd) = (bare.clone(), bare.clone(), bare.clone());
    let [one, many, hint] = from;
    vec![
        Duel {
            what: one,
            ours: (batch(move || asks(asked.clone(), 200)), 200),
            bare: (batch(move || sends(sent.clone(), 200)), 200),
        },
        Duel {
            what: many,
            ours: (
                batch(move || {
                    let slot = crowd.clone();
                    async move {
                        let asked = (0..AT_ONCE).map(|_| slot.ask(Add, DEADLINE));
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
        Duel {
            what: hint,
            ours: (batch(move || tells(told.clone(), 1000)), 1000),
            bare: (batch(move || do_sends(dropped.clone(), 1000)), 1000),
        },
    ]
}

fn batch<F: Future<Output = ()> + Send + 'static>(mut start: impl FnMut() -> F + Send + 'static) -> Batch {
    Box::new(move || Box::pin(start()))
}

async fn fight(duels: Vec<Duel>) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for duel in duels {
        outcomes.push(duel.fight().await);
    }
    outcomes
}

/// Every way beside bare actix, from the node's runtime and from an actor's.
fn ratios() {
    let runtime = runtime();
    let (crew, mortal) = runtime.block_on(async { (Workers::start(REPORTED).await, Workers::start(1).await) });
    let (slot, bare, mortal) = (crew.first.clone(), bare(), Arc::new(Mutex::new(mortal)));
    let supervisor = crew.supervisor.clone();
    let one_send = || {
        let address = bare.clone();
        (batch(move || sends(address.clone(), 20)), 20)
    };
    let mut from_tokio = duels(["ask", "ask, 64 at once", "tell (do_send)"], &slot, &bare);
    from_tokio.extend([
        Duel {
            what: "observe 10 actors (one send)",
            ours: (batch(move || reports(supervisor.clone(), 10)), 10),
            bare: one_send(),
        },
        Duel {
            what: "restart after a panic (one send)",
            ours: (batch(move || deaths(mortal.clone(), 5)), 5),
            bare: one_send(),
        },
    ]);
    let names = ["ask, from an arbiter", "ask, 64 at once, from an arbiter", "tell (do_send), from an arbiter"];
    let from_arbiter = duels(names, &slot, &bare);
    let mut outcomes = runtime.block_on(runtime.spawn(fight(from_tokio))).expect("no batch panics");
    let (tell, told) = oneshot::channel();
    let arbiter = Arbiter::new();
    arbiter.spawn(other_timers());
    arbiter.spawn(async move {
        // the receiver waits below
        let _ = tell.send(fight(from_arbiter).await);
    });
    outcomes.extend(told.blocking_recv().expect("no batch panics"));
    // whoever holds the last handle keeps the actors
    drop(crew);
    duel::print(&outcomes);
}

criterion_group!(benches, messages, restarts);

fn main() {
    // arbiters belong to a system, though none has to run
    let _system = actix::System::new();
    benches();
    Criterion::default().configure_from_args().final_summary();
    ratios();
}
