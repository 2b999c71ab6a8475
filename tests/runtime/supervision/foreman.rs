//! An actor that owns two threads: one it is linked to, and one whose end it only hears of.

use std::sync::mpsc as blocking;

use actix::prelude::*;
use flts::runtime::{ActorRef, ChildGuard, ChildSpec, Drain, Exit, Observe, OwnedThread, Watchdog};

/// The linked thread.
pub const LINKED: &str = "linked";
/// The other one.
pub const FREE: &str = "free";

pub struct Foreman {
    guard: ChildGuard,
    threads: Vec<OwnedThread>,
    heard: Vec<Exit>,
}

#[derive(Message)]
#[rtype(result = "()")]
struct Gone(Exit);

/// What both threads do: wait, and look up when they are woken.
fn toil(watchdog: &Watchdog) -> Result<(), String> {
    let (wake, woken) = blocking::channel();
    watchdog.wake_with(move || {
        // a thread that has ended needs no waking
        let _ = wake.send(());
    });
    while !watchdog.is_told_to_stop() {
        {
            let _idle = watchdog.idle();
            woken.recv().map_err(|error| error.to_string())?;
        }
        watchdog.beat();
    }
    Ok(())
}

impl Foreman {
    pub fn child(slot: &ActorRef<Foreman>) -> ChildSpec {
        ChildSpec::actor(slot.clone(), "yard", |guard| Foreman { guard, threads: Vec::new(), heard: Vec::new() })
    }
}

impl Actor for Foreman {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let (threads, me) = (self.guard.threads(), ctx.address());
        self.threads =
            vec![threads.spawn_link(LINKED, toil), threads.spawn(FREE, move |exit| me.do_send(Gone(exit)), toil)];
    }
}

impl Drop for Foreman {
    fn drop(&mut self) {
        self.threads.iter().for_each(OwnedThread::stop);
    }
}

impl Handler<Gone> for Foreman {
    type Result = ();

    fn handle(&mut self, gone: Gone, _: &mut Self::Context) {
        self.heard.push(gone.0);
    }
}

impl Handler<Observe> for Foreman {
    type Result = MessageResult<Observe>;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Self::Result {
        let heard: Vec<&str> = self.heard.iter().map(Exit::cause).collect();
        MessageResult(serde_json::json!({ "heard": heard }))
    }
}

impl Handler<Drain> for Foreman {
    type Result = ();

    fn handle(&mut self, _: Drain, ctx: &mut Self::Context) {
        self.guard.drained();
        ctx.stop();
    }
}
