//! Faults on demand, so that an operator can see the supervision at work before it is needed.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;

use crate::runtime::{ActorRef, AskError, Lifeline};

use super::messages::{Fault, Inject};

const ASK_DEADLINE: Duration = Duration::from_secs(1);
/// Threads are addressed through the actor that owns them.
const THREAD_OWNERS: [(&str, &str); 2] = [("inference-worker-", "inference-pool"), ("trainer-", "trainer")];

type Asked = Pin<Box<dyn Future<Output = Result<Result<(), String>, AskError>> + Send>>;
type Ask = Arc<dyn Fn(Inject) -> Asked + Send + Sync>;

/// Why a fault was not injected.
#[derive(Debug, thiserror::Error)]
pub enum InjectError {
    /// No actor and no thread has this name.
    #[error("no such actor")]
    Unknown,
    /// The actor is not able to break in this way.
    #[error("{0}")]
    Refused(String),
    /// The actor did not answer.
    #[error(transparent)]
    Ask(#[from] AskError),
}

/// Every actor that can be broken, by name.
#[derive(Clone, Default)]
pub struct Faults {
    actors: Vec<(String, Ask)>,
}

impl Faults {
    /// Makes one more actor breakable.
    pub fn add<A: Actor<Context = Context<A>> + Handler<Inject>>(&mut self, actor: ActorRef<A>) {
        let name = actor.name().to_owned();
        let ask: Ask = Arc::new(move |inject| {
            let actor = actor.clone();
            Box::pin(async move { actor.ask(inject, ASK_DEADLINE).await })
        });
        self.actors.push((name, ask));
    }

    /// Those that can be broken, in the order of the start.
    pub fn names(&self) -> Vec<&str> {
        self.actors.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// Breaks an actor, or a thread of its own such as `inference-worker-0`.
    pub async fn inject(&self, target: &str, fault: Fault) -> Result<(), InjectError> {
        let by_name = |name: &str| self.actors.iter().find(|(known, _)| known == name).map(|(_, ask)| ask.clone());
        let owner = || {
            THREAD_OWNERS.iter().find(|(prefix, _)| target.starts_with(prefix)).and_then(|(_, owner)| by_name(owner))
        };
        let ask = by_name(target).or_else(owner).ok_or(InjectError::Unknown)?;
        ask(Inject { target: target.to_owned(), fault }).await?.map_err(InjectError::Refused)
    }
}

/// Lets an actor break in its next turn, after the question that asked for it was answered.
pub fn strike<A: Actor<Context = Context<A>>>(
    fault: Fault,
    ctx: &mut Context<A>,
    lifeline: fn(&A) -> &Lifeline,
) -> Result<(), String> {
    ctx.run_later(Duration::ZERO, move |actor, ctx| match fault {
        Fault::Panic => panic!("fault injected into {}", lifeline(actor).name()),
        Fault::Fail => {
            lifeline(actor).fail("injected fault");
            ctx.stop();
        }
        Fault::Exit => ctx.stop(),
    });
    Ok(())
}
