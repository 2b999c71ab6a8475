//! The measured actors: one supervised, one of bare actix, both with the same handler on an arbiter of their own.

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

/// The message of the measured panics.
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

/// Makes the actor panic.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Panic;

impl Cast for Panic {}

/// Counts; with a guard if it is supervised.
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

/// Supervised actors that are restarted at once, without a limit.
pub struct SupervisedActors {
    /// Their supervisor.
    pub supervisor: SupervisorHandle,
    /// The first of them.
    pub first: ActorRef<Echo>,
    /// The generation of every instance that has started.
    pub started: mpsc::UnboundedReceiver<u64>,
}

impl SupervisedActors {
    /// Starts so many actors and waits until they run.
    pub async fn start(actors: usize) -> SupervisedActors {
        silence_panics();
        let (tell, mut started) = mpsc::unbounded_channel();
        let config = SupervisorConfig {
            policy: RestartPolicy::at_once(u32::MAX, Duration::from_millis(1)),
            on_event: Arc::new(move |event| {
                if let SupervisorEvent::Started { generation, .. } = event {
                    // the receiver is gone when the measurement has ended
                    let _ = tell.send(*generation);
                }
            }),
            ..SupervisorConfig::default()
        };
        let refs: Vec<_> = (0..actors).map(|nth| ActorRef::<Echo>::new(&format!("echo-{nth}"))).collect();
        let child = |actor: &ActorRef<Echo>| {
            ChildSpec::actor(actor.clone(), "echoes", |guard| Echo { guard: Some(guard), sum: 0 })
        };
        let supervisor = Supervisor::start(config, refs.iter().map(child).collect());
        for _ in 0..actors {
            started.recv().await.expect("the supervisor lives");
        }
        SupervisedActors { supervisor, first: refs[0].clone(), started }
    }

    /// Makes the first actor panic and waits until its successor answers.
    pub async fn restart(&mut self) {
        self.first.tell(Panic).expect("it runs");
        self.started.recv().await.expect("the supervisor lives");
        self.first.ask(Add, DEADLINE).await.expect("the successor answers");
    }
}

/// The same actor on bare actix.
pub fn bare() -> Addr<Echo> {
    Echo::start_in_arbiter(&Arbiter::new().handle(), |_| Echo { guard: None, sum: 0 })
}

/// Keeps the measured panics from being printed; the runtime's own hook still sees each.
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
