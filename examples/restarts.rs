//! Restarts an actor, and a thread that an actor owns, 100,000 times each, and ends with 1 if memory, threads or files grew.
//!
//! `cargo run --release --example restarts -- [TIMES]`; it panics half of the time and ends in order the other half.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use actix::prelude::*;
use anyhow::{Context as _, Result};
use flts::runtime::{
    ActorRef, Cast, ChildGuard, ChildSpec, Drain, Exit, Observe, RestartPolicy, Supervisor, SupervisorConfig,
    SupervisorEvent, SupervisorHandle,
};

/// Enough that 24 bytes a restart show.
const TIMES: usize = 100_000;
/// Memory that may come on top after the first tenth: allocators keep some.
const GROWTH_KIB: i64 = 2 * 1024;
/// Threads and files that may be open on top: of an instance that is just leaving.
const GROWTH_HANDLES: i64 = 4;
/// Longer than any restart takes.
const PATIENCE: Duration = Duration::from_secs(30);
/// The message of the panics that are wanted.
const WANTED: &str = "as wanted";

/// Dies as it is told.
#[derive(Message)]
#[rtype(result = "()")]
enum Die {
    Panic,
    Stop,
}

impl Cast for Die {}

/// Starts a thread of its own that ends at once, in the way that the number says, and tells of that.
#[derive(Message)]
#[rtype(result = "()")]
struct Hire(usize, Sender<Exit>);

impl Cast for Hire {}

struct Mortal {
    guard: ChildGuard,
}

impl Actor for Mortal {
    type Context = Context<Self>;
}

impl Handler<Die> for Mortal {
    type Result = ();

    fn handle(&mut self, die: Die, ctx: &mut Self::Context) {
        match die {
            Die::Panic => panic!("{WANTED}"),
            Die::Stop => ctx.stop(),
        }
    }
}

impl Handler<Hire> for Mortal {
    type Result = ();

    fn handle(&mut self, Hire(nth, tell): Hire, _: &mut Self::Context) {
        // dropped like a thread whose owner looks no more
        let on_exit = move |exit| tell.send(exit).unwrap_or_default();
        drop(self.guard.threads().spawn("hand", on_exit, move |watchdog| {
            let (wake, _woken) = channel();
            watchdog.wake_with(move || wake.send(()).unwrap_or_default());
            watchdog.beat();
            match nth % 3 {
                0 => panic!("{WANTED}"),
                1 => Err(WANTED.to_owned()),
                _ => Ok(()),
            }
        }));
    }
}

impl Handler<Observe> for Mortal {
    type Result = MessageResult<Observe>;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Self::Result {
        MessageResult(serde_json::json!({ "generation": self.guard.generation() }))
    }
}

impl Handler<Drain> for Mortal {
    type Result = ();

    fn handle(&mut self, _: Drain, ctx: &mut Self::Context) {
        self.guard.drained();
        ctx.stop();
    }
}

/// What a process holds.
#[derive(Clone, Copy)]
struct Held {
    rss_kib: i64,
    threads: i64,
    files: i64,
}

impl Held {
    fn now() -> Result<Held> {
        let status = std::fs::read_to_string("/proc/self/status").context("this needs /proc")?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or_default()
        };
        let files = std::fs::read_dir("/proc/self/fd")?.count() as i64;
        Ok(Held { rss_kib: field("VmRSS:"), threads: field("Threads:"), files })
    }
}

fn main() -> Result<ExitCode> {
    let times = std::env::args().nth(1).map_or(Ok(TIMES), |times| times.parse()).context("TIMES is a number")?;
    let earlier = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if info.payload_as_str() != Some(WANTED) {
            earlier(info);
        }
    }));
    println!("{:16} {:>9} {:>10} {:>8} {:>6} {:>11}", "what", "restarts", "RSS KiB", "threads", "files", "restarts/s");
    let actors = watched("actor", times, actor()?)?;
    let threads = watched("owned thread", times, thread()?)?;
    Ok(if actors && threads { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Restarts so often, tells at 1 %, 10 % and the end, and gives whether nothing grew after the first tenth.
fn watched(what: &str, times: usize, mut restart: impl FnMut(usize) -> Result<()>) -> Result<bool> {
    let start = Instant::now();
    let mut early = Held::now()?;
    for nth in 1..=times {
        restart(nth)?;
        if nth == times / 100 || nth == times / 10 || nth == times {
            let Held { rss_kib, threads, files } = Held::now()?;
            let rate = nth as f64 / start.elapsed().as_secs_f64();
            println!("{what:16} {nth:>9} {rss_kib:>10} {threads:>8} {files:>6} {rate:>11.0}");
        }
        if nth == times / 10 {
            early = Held::now()?;
        }
    }
    let late = Held::now()?;
    let grown = [
        ("RSS KiB", late.rss_kib - early.rss_kib, GROWTH_KIB),
        ("threads", late.threads - early.threads, GROWTH_HANDLES),
        ("files", late.files - early.files, GROWTH_HANDLES),
    ];
    let over: Vec<_> = grown.iter().filter(|(_, growth, bound)| growth > bound).collect();
    for (name, growth, bound) in &over {
        println!("{what}: {name} grew by {growth} after the first tenth, more than {bound}");
    }
    Ok(over.is_empty())
}

/// One supervised actor, and whoever hears that an instance of it has started.
fn mortal() -> Result<(ActorRef<Mortal>, SupervisorHandle, Receiver<()>)> {
    let (tell, started) = channel();
    let config = SupervisorConfig {
        policy: RestartPolicy::at_once(u32::MAX, Duration::from_millis(1)),
        on_event: Arc::new(move |event| {
            if let SupervisorEvent::Started { .. } = event {
                // who has seen enough hears no more
                let _ = tell.send(());
            }
        }),
        ..SupervisorConfig::default()
    };
    let slot = ActorRef::<Mortal>::new("mortal");
    let child = ChildSpec::actor(slot.clone(), "mortals", |guard| Mortal { guard });
    let supervisor = Supervisor::start(config, vec![child]);
    started.recv_timeout(PATIENCE).context("it never started")?;
    Ok((slot, supervisor, started))
}

/// Kills an actor and waits until its successor has started; panics and orderly ends take turns.
fn actor() -> Result<impl FnMut(usize) -> Result<()>> {
    let (slot, supervisor, started) = mortal()?;
    Ok(move |nth| {
        // whoever holds the last handle keeps the actor
        let _keep = &supervisor;
        slot.tell(if nth % 2 == 0 { Die::Panic } else { Die::Stop })?;
        started.recv_timeout(PATIENCE).context("it stayed away")
    })
}

/// Has an actor start a thread and waits for its end; panics, failures and orderly ends take turns.
fn thread() -> Result<impl FnMut(usize) -> Result<()>> {
    let (slot, supervisor, _started) = mortal()?;
    let (tell, ended) = channel();
    Ok(move |nth| {
        let _keep = &supervisor;
        slot.tell(Hire(nth, tell.clone()))?;
        ended.recv_timeout(PATIENCE).context("a thread did not end")?;
        Ok(())
    })
}
