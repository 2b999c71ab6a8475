//! What a child is: a name, a group, and a way to build it anew.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::fut::{ActorFutureExt, ActorStreamExt, wrap_future, wrap_stream};
use actix::{Actor, ActorContext, ActorFuture, Arbiter, AsyncContext, Context, Handler};
use futures::future::BoxFuture;
use futures::stream;
use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::runtime::actor::{ActorRef, AskError, ChildGuard, Drain, Fault, Observe, Pulse, heartbeat};
use crate::runtime::threads::ThreadRegistry;

/// A child of the supervisor, permanent: whatever way it ends, it is started again.
pub struct ChildSpec {
    pub(crate) name: Arc<str>,
    pub(crate) group: &'static str,
    pub(crate) child: Arc<dyn Child>,
    pub(crate) threads: Arc<ThreadRegistry>,
}

impl ChildSpec {
    /// The stable name of the child.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// An actor; each instance comes from `factory`, on an arbiter of its own, and owns the lifeline it is given.
    ///
    /// Any panic on that arbiter's thread is a panic of the child, in detached tasks too, and even if caught.
    pub fn actor<A, F>(slot: ActorRef<A>, group: &'static str, factory: F) -> ChildSpec
    where
        A: Actor<Context = Context<A>> + Handler<Observe> + Handler<Drain>,
        F: Fn(ChildGuard) -> A + Send + Sync + 'static,
    {
        let name = slot.shared_name();
        let child = ActorChild { slot, factory: Arc::new(factory), faults: Mutex::new(None) };
        ChildSpec { name, group, child: Arc::new(child), threads: Arc::default() }
    }
}

/// What the supervisor can do with a child, whatever its type.
pub(crate) trait Child: Send + Sync {
    /// Builds an instance; `None` if no thread could be had, which the lifeline then reports.
    fn start(&self, guard: ChildGuard, heartbeat_interval: Duration) -> Option<Arbiter>;
    /// Takes the address away from its peers.
    fn vacate(&self);
    /// Tells the instance to finish.
    fn drain(&self, deadline: Instant);
    /// Asks the instance for its state.
    fn observe(&self, within: Duration) -> BoxFuture<'static, Result<Value, AskError>>;
    /// Breaks the instance in its next turn; false if there is none.
    fn inject(&self, fault: Fault) -> bool;
    /// Callers without an answer.
    fn waiting(&self) -> usize;
}

struct ActorChild<A: Actor, F> {
    slot: ActorRef<A>,
    factory: Arc<F>,
    /// The way for faults into the instance that is there.
    faults: Mutex<Option<mpsc::UnboundedSender<Fault>>>,
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
            ctx.spawn(suffering(injected, pulse.clone()));
            heartbeat::attach(ctx, &pulse, heartbeat_interval);
            // The context runs this only after the actor's own `started` has returned.
            ctx.spawn(wrap_future(async {}).map(move |(), _, _| pulse.started()));
            factory(guard)
        });
        self.slot.fill(address);
        Some(arbiter)
    }

    fn vacate(&self) {
        self.slot.vacate();
    }

    fn drain(&self, deadline: Instant) {
        // Who is down already needs no telling.
        let _ = self.slot.tell(Drain { deadline });
    }

    fn observe(&self, within: Duration) -> BoxFuture<'static, Result<Value, AskError>> {
        let slot = self.slot.clone();
        Box::pin(async move { slot.probe(Observe, within).await })
    }

    fn inject(&self, fault: Fault) -> bool {
        self.faults.lock().as_ref().is_some_and(|faults| faults.send(fault).is_ok())
    }

    fn waiting(&self) -> usize {
        self.slot.waiting()
    }
}

/// Breaks the actor in whose context it runs, in a turn of its own.
fn suffering<A: Actor<Context = Context<A>>>(
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
