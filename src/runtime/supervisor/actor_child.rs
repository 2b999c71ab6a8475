//! An actor as a child of the supervisor, on an arbiter of its own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::fut::{ActorFutureExt, ActorStreamExt, wrap_future, wrap_stream};
use actix::{Actor, ActorContext, ActorFuture, Arbiter, AsyncContext, Context, Handler};
use futures::future::BoxFuture;
use futures::stream;
use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::runtime::actor::{ActorRef, AskError, ChildGuard, Drain, Observe, Pulse};
use crate::runtime::lifecycle::Fault;

use super::child::Child;

/// An actor that is built by its factory at each start.
pub(super) struct ActorChild<A: Actor, F> {
    actor_ref: ActorRef<A>,
    factory: Arc<F>,
    /// Carries faults into the running instance.
    faults: Mutex<Option<mpsc::UnboundedSender<Fault>>>,
}

impl<A: Actor, F> ActorChild<A, F> {
    pub fn new(actor_ref: ActorRef<A>, factory: F) -> ActorChild<A, F> {
        ActorChild { actor_ref, factory: Arc::new(factory), faults: Mutex::new(None) }
    }
}

impl<A, F> Child for ActorChild<A, F>
where
    A: Actor<Context = Context<A>> + Handler<Observe> + Handler<Drain>,
    F: Fn(ChildGuard) -> A + Send + Sync + 'static,
{
    fn start(&self, guard: ChildGuard, heartbeat_interval: Duration) -> Option<Arbiter> {
        let arbiter = match Arbiter::try_new() {
            Ok(arbiter) => arbiter,
            Err(error) => {
                guard.fail(format_args!("cannot start a thread for it: {error}"));
                return None;
            }
        };
        let factory = self.factory.clone();
        let (faults, injected) = mpsc::unbounded_channel();
        *self.faults.lock() = Some(faults);
        let address = A::start_in_arbiter(&arbiter.handle(), move |ctx| {
            guard.own_thread();
            let pulse = guard.pulse();
            if let Some(fault) = guard.start_fault() {
                pulse.suffer(fault);
                ctx.stop();
            }
            ctx.spawn(suffer_faults(injected, pulse.clone()));
            beat_every(ctx, &pulse, heartbeat_interval);
            // the context runs this only after the actor's own `started` has returned
            ctx.spawn(wrap_future(async {}).map(move |(), _, _| pulse.started()));
            factory(guard)
        });
        self.actor_ref.set_address(address);
        Some(arbiter)
    }

    fn clear_address(&self) {
        self.actor_ref.clear_address();
    }

    fn drain(&self, deadline: Instant) {
        // a child that is down has already stopped
        let _ = self.actor_ref.tell(Drain { deadline });
    }

    fn observe(&self, within: Duration) -> BoxFuture<'static, Result<Value, AskError>> {
        let actor_ref = self.actor_ref.clone();
        Box::pin(async move { actor_ref.probe(Observe, within).await })
    }

    fn inject(&self, fault: Fault) -> bool {
        self.faults.lock().as_ref().is_some_and(|faults| faults.send(fault).is_ok())
    }

    fn waiting(&self) -> usize {
        self.actor_ref.waiting()
    }
}

/// Beats every `interval` from the actor's own mailbox loop, so that a blocked handler is silent.
///
/// While an actor sits in `ctx.wait` (also for an `AtomicResponse`) its timers do not run: a wait that may last seconds must beat through
/// its [`Pulse`] itself.
fn beat_every<A: Actor<Context = Context<A>>>(ctx: &mut Context<A>, pulse: &Pulse, interval: Duration) {
    let pulse = pulse.clone();
    ctx.run_interval(interval, move |_, _| pulse.beat());
}

/// Breaks the actor in whose context it runs, once a fault comes.
fn suffer_faults<A: Actor<Context = Context<A>>>(
    injected: mpsc::UnboundedReceiver<Fault>,
    pulse: Pulse,
) -> impl ActorFuture<A, Output = ()> {
    let faults = stream::unfold(injected, |mut injected| async move { Some((injected.recv().await?, injected)) });
    let suffered = wrap_stream::<_, A>(faults).map(move |fault, _, ctx: &mut Context<A>| {
        pulse.suffer(fault);
        ctx.stop();
    });
    suffered.finish()
}
