//! How the promotion watcher has a model loaded without knowing the actor that loads it.

use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, Context, Handler};
use futures::future::BoxFuture;

use crate::runtime::{ActorRef, AskError};

use crate::actors::shared::messages::{Load, LoadError};

type LoadAnswer = Result<Result<(), LoadError>, AskError>;

/// Asks one actor to load models; clones ask the same actor.
#[derive(Clone)]
pub struct ModelLoader {
    ask: Arc<dyn Fn(Load, Duration) -> BoxFuture<'static, LoadAnswer> + Send + Sync>,
}

impl ModelLoader {
    /// A loader that asks this actor.
    pub fn asking<A>(actor: ActorRef<A>) -> Self
    where
        A: Actor<Context = Context<A>> + Handler<Load>,
    {
        let ask = move |load: Load, deadline: Duration| -> BoxFuture<'static, LoadAnswer> {
            let actor = actor.clone();
            Box::pin(async move { actor.ask(load, deadline).await })
        };
        Self { ask: Arc::new(ask) }
    }

    /// Has a model loaded, and waits for the result at most `deadline` long.
    pub async fn load(&self, load: Load, deadline: Duration) -> LoadAnswer {
        (self.ask)(load, deadline).await
    }
}
