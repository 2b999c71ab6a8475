//! A test actor that dies on demand, and a supervisor whose events can be awaited.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc as blocking};
use std::time::Duration;

use actix::fut::wrap_future;
use actix::prelude::*;
use flts::runtime::{
    ActorRef, Call, Cast, ChildGuard, ChildSpec, Drain, HandOver, Observe, RestartPolicy, Supervisor, SupervisorConfig,
    SupervisorEvent, SupervisorHandle,
};
use tokio::sync::mpsc;

/// Long enough for a busy machine; a test that waits so long has failed.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// What a hand is asked to do.
#[derive(Message)]
#[rtype(result = "usize")]
pub enum Do {
    /// Count up and answer with the count.
    Count,
    Panic,
    PanicInFuture,
    PanicInTimer,
    PanicInDetachedTask,
    Stop,
    Fail(&'static str),
    /// Block the thread until the sender is dropped or sends; panic on `true`.
    Hang(blocking::Receiver<bool>),
}

impl Call for Do {}

/// Tells a hand to panic.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Break;

impl Cast for Break {}

/// A duty whose end is heard of through the channel.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Duty(pub mpsc::UnboundedSender<()>);

impl HandOver for Duty {}

impl Drop for Duty {
    fn drop(&mut self) {
        // a test that has ended hears no more
        let _ = self.0.send(());
    }
}

/// What a hand does when it is born and when it is to drain.
#[derive(Clone, Default)]
pub struct Nature {
    /// Instances so far.
    pub built: Arc<AtomicUsize>,
    /// The first so many factories panic.
    pub bad_factories: usize,
    /// The first so many instances panic in `started`.
    pub bad_starts: usize,
    /// Whether `Drain` is obeyed.
    pub deaf: bool,
    /// What an instance that drains says to have left behind.
    pub leaves_behind: Vec<String>,
    /// Names of those told to drain.
    pub drained: Arc<Mutex<Vec<String>>>,
}

impl Nature {
    pub fn built(&self) -> usize {
        self.built.load(Ordering::SeqCst)
    }

    pub fn drained(&self) -> Vec<String> {
        self.drained.lock().expect("no test panics under it").clone()
    }

    pub fn child(&self, slot: &ActorRef<Hand>, group: &'static str) -> ChildSpec {
        let nature = self.clone();
        ChildSpec::actor(slot.clone(), group, move |guard| {
            let nth = nature.built.fetch_add(1, Ordering::SeqCst) + 1;
            assert!(nth > nature.bad_factories, "factory {nth} is broken");
            Hand { guard, nature: nature.clone(), nth, count: 0 }
        })
    }
}

pub struct Hand {
    guard: ChildGuard,
    nature: Nature,
    nth: usize,
    count: usize,
}

impl Actor for Hand {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        assert!(self.nth > self.nature.bad_starts, "start {} is broken", self.nth);
    }
}

impl Handler<Do> for Hand {
    type Result = usize;

    fn handle(&mut self, order: Do, ctx: &mut Self::Context) -> usize {
        self.count += 1;
        match order {
            Do::Count => {}
            Do::Panic => panic!("boom in a handler"),
            Do::PanicInFuture => {
                ctx.spawn(wrap_future(async { panic!("boom in a future") }));
            }
            Do::PanicInTimer => {
                ctx.run_later(Duration::from_millis(1), |_, _| panic!("boom in a timer"));
            }
            Do::PanicInDetachedTask => {
                actix::spawn(async { panic!("boom in a detached task") });
            }
            Do::Stop => ctx.stop(),
            Do::Fail(error) => self.guard.fail(error),
            Do::Hang(held) => {
                let panics = held.recv().unwrap_or(false);
                assert!(!panics, "boom after a hang");
            }
        }
        self.count
    }
}

impl Handler<Break> for Hand {
    type Result = ();

    fn handle(&mut self, _: Break, _: &mut Self::Context) {
        panic!("boom in a handler");
    }
}

impl Handler<Duty> for Hand {
    type Result = ();

    fn handle(&mut self, _: Duty, _: &mut Self::Context) {}
}

impl Handler<Observe> for Hand {
    type Result = MessageResult<Observe>;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Self::Result {
        MessageResult(serde_json::json!({ "count": self.count }))
    }
}

impl Handler<Drain> for Hand {
    type Result = ();

    fn handle(&mut self, _: Drain, ctx: &mut Self::Context) {
        let mut drained = self.nature.drained.lock().expect("no test panics under it");
        drained.push(self.guard.name().to_owned());
        if self.nature.deaf {
            return;
        }
        self.guard.drained_except(self.nature.leaves_behind.clone());
        ctx.stop();
    }
}

/// A supervisor and all that happens in it.
pub struct Workers {
    pub supervisor: SupervisorHandle,
    events: mpsc::UnboundedReceiver<SupervisorEvent>,
}

impl Workers {
    pub fn start(config: SupervisorConfig, children: Vec<ChildSpec>) -> Workers {
        let (tell, events) = mpsc::unbounded_channel();
        let config = SupervisorConfig {
            on_event: Arc::new(move |event| {
                // A test that has ended hears no more.
                let _ = tell.send(event.clone());
            }),
            ..config
        };
        Workers { supervisor: Supervisor::start(config, children), events }
    }

    /// The next event that `pick` accepts.
    pub async fn until<T>(&mut self, pick: impl Fn(&SupervisorEvent) -> Option<T>) -> T {
        let picked = async {
            loop {
                let event = self.events.recv().await.expect("the supervisor is alive");
                if let Some(picked) = pick(&event) {
                    return picked;
                }
            }
        };
        let picked = tokio::time::timeout(PATIENCE, picked).await;
        picked.expect("the event comes in time")
    }

    pub async fn started(&mut self, actor: &str, nth: u64) {
        self.until(|event| match event {
            SupervisorEvent::Started { name, generation } => (name == actor && *generation == nth).then_some(()),
            _ => None,
        })
        .await;
    }

    /// Waits for these starts, in whichever order they come: each actor starts on a thread of its own.
    pub async fn all_started(&mut self, wanted: &[(&str, u64)]) {
        let mut missing = wanted.to_vec();
        while !missing.is_empty() {
            let started = self.until(|event| match event {
                SupervisorEvent::Started { name, generation } => {
                    missing.iter().position(|(actor, nth)| actor == name && nth == generation)
                }
                _ => None,
            });
            let at = started.await;
            missing.remove(at);
        }
    }

    pub async fn thread_exited(&mut self, thread: &str) -> flts::runtime::Exit {
        self.until(|event| match event {
            SupervisorEvent::ThreadExited { thread: name, exit, .. } => (name == thread).then(|| exit.clone()),
            _ => None,
        })
        .await
    }

    pub async fn exited(&mut self, actor: &str) -> flts::runtime::Exit {
        self.until(|event| match event {
            SupervisorEvent::Exited { name, exit, .. } => (name == actor).then(|| exit.clone()),
            _ => None,
        })
        .await
    }

    pub async fn stop(&self) -> Vec<String> {
        self.supervisor.stop(std::time::Instant::now() + PATIENCE).await
    }
}

/// The real budgets with pauses too short to notice.
pub fn quick() -> SupervisorConfig {
    SupervisorConfig {
        policy: without_pauses(RestartPolicy::default()),
        group_policy: without_pauses(RestartPolicy::group()),
        heartbeat_interval: Duration::from_millis(20),
        ..SupervisorConfig::default()
    }
}

/// Children that stay down for as long as a test runs.
pub fn slow() -> SupervisorConfig {
    let mut config = quick();
    config.policy.backoff = Duration::from_secs(600);
    config.policy.backoff_max = Duration::from_secs(600);
    config
}

fn without_pauses(policy: RestartPolicy) -> RestartPolicy {
    RestartPolicy { backoff: Duration::from_millis(1), backoff_max: Duration::from_millis(2), ..policy }
}
