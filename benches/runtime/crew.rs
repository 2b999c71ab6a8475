//! The actors that are measured: one supervised, one bare, both with the same handler on an arbiter of their own.

use std::sync::{Arc, Once};
use std::time::Duration;

use actix::prelude::*;
use flts::runtime::{
    ActorRef, Call, Cast, ChildGuard, ChildSpec, Drain, Observe, RestartPolicy, Supervisor, SupervisorConfig,
    SupervisorEvent, SupervisorHandle,
};
use tokio::sync::mpsc;

/// Longer than any answer takes.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// The message of the panics that are measured.
const MEASURED: &str = "as measured";

/// Adds one and answers with the sum.
#[derive(Message)]
#[rtype(result = "u64")]
pub struct Add;

impl Call for Add {}

/// Adds one.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Nudge;

impl Cast for Nudge {}

/// Kills the actor.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Panic;

impl Cast for Panic {}

/// Counts; with a lifeline where it is supervised.
pub struct Echo {
    guard: Option<ChildGuard>,
    sum: u64,
}

impl Actor for Echo {
    type Context = Context<Self>;
}

impl Handler<Add> for Echo {
    type Result = u64;

    fn handle(&mut self, _: Add, _: &mut Self::Context) -> u64 {
        self.sum += 1;
        self.sum
    }
}

impl Handler<Nudge> for Echo {
    type Result = ();

    fn handle(&mut self, _: Nudge, _: &mut Self::Context) {
        self.sum += 1;
    }
}

impl Handler<Panic> for Echo {
    type Result = ();

    fn handle(&mut self, _: Panic, _: &mut Self::Context) {
        panic!("{MEASURED}");
    }
}

impl Handler<Observe> for Echo {
    type Result = MessageResult<Observe>;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Self::Result {
        MessageResult(serde_json::json!({ "sum": self.sum }))
    }
}

impl Handler<Drain> for Echo {
    type Result = ();

    fn handle(&mut self, _: Drain, ctx: &mut Self::Context) {
        self.guard.iter().for_each(ChildGuard::drained);
        ctx.stop();
    }
}

/// Supervised actors that are started again at once, as often as it takes.
pub struct Workers {
    /// Their supervisor.
    pub supervisor: SupervisorHandle,
    /// The first of them.
    pub first: ActorRef<Echo>,
    /// Every instance that has started.
    pub started: mpsc::UnboundedReceiver<u64>,
}

impl Workers {
    /// So many actors, all of them up.
    pub async fn start(actors: usize) -> Workers {
        silence_panics();
        let (tell, mut started) = mpsc::unbounded_channel();
        let config = SupervisorConfig {
            policy: RestartPolicy::at_once(u32::MAX, Duration::from_millis(1)),
            on_event: Arc::new(move |event| {
                if let SupervisorEvent::Started { generation, .. } = event {
                    // who has measured enough hears no more
                    let _ = tell.send(*generation);
                }
            }),
            ..SupervisorConfig::default()
        };
        let slots: Vec<_> = (0..actors).map(|nth| ActorRef::<Echo>::new(&format!("echo-{nth}"))).collect();
        let child = |slot: &ActorRef<Echo>| {
            ChildSpec::actor(slot.clone(), "echoes", |guard| Echo { guard: Some(guard), sum: 0 })
        };
        let supervisor = Supervisor::start(config, slots.iter().map(child).collect());
        for _ in 0..actors {
            started.recv().await.expect("the supervisor lives");
        }
        Workers { supervisor, first: slots[0].clone(), started }
    }

    /// Kills the first actor and waits until its successor answers.
    pub async fn restart(&mut self) {
        self.first.tell(Panic).expect("it is up");
        self.started.recv().await.expect("the supervisor lives");
        self.first.ask(Add, DEADLINE).await.expect("the successor answers");
    }
}

/// The same actor as actix alone runs it.
pub fn bare() -> Addr<Echo> {
    Echo::start_in_arbiter(&Arbiter::new().handle(), |_| Echo { guard: None, sum: 0 })
}

/// The panics that are measured are no news; the supervisor's own hook still notes each.
fn silence_panics() {
    static SILENCED: Once = Once::new();
    SILENCED.call_once(|| {
        let earlier = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if info.payload_as_str() != Some(MEASURED) {
                earlier(info);
            }
        }));
    });
}
