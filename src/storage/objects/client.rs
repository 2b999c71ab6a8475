//! The client of one place, and where its calls run.

use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use aws_sdk_s3::Client;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::runtime::Dependency;

use super::config::{ObjectStoreConfig, StorePatience};
use super::connect;
use super::error::Failure;
use super::observer::{StoreObserver, StoreOperation};

/// One place where the store is, and the client for it.
#[derive(Debug)]
pub(crate) struct Link {
    /// The client for it.
    pub client: Client,
    /// The region that buckets are created in.
    pub region: String,
    /// How long it is waited for.
    pub patience: StorePatience,
    /// Where it is, for people.
    place: String,
    left: CancellationToken,
}

impl Link {
    pub(crate) fn new(config: ObjectStoreConfig) -> Self {
        let (client, place, patience) = (connect::client(&config), config.place(), config.patience);
        Self { client, region: config.region, patience, place, left: CancellationToken::new() }
    }

    /// Gives up what is under way: nobody is there to answer.
    pub(crate) fn leave(&self) {
        self.left.cancel();
    }
}

/// The runtime that calls run on, and who hears of them.
#[derive(Clone)]
pub(crate) struct Home {
    runtime: Option<Handle>,
    listener: Arc<OnceLock<Dependency>>,
    observer: Arc<OnceLock<Arc<dyn StoreObserver>>>,
}

impl Home {
    /// The current runtime; outside of one, calls run wherever they are awaited.
    pub(crate) fn here() -> Self {
        Self { runtime: Handle::try_current().ok(), listener: Arc::default(), observer: Arc::default() }
    }

    /// Who hears from now on whether the store answers; the first one stays.
    pub(crate) fn tell(&self, listener: Dependency) {
        // a second listener leaves with what it was given
        let _ = self.listener.set(listener);
    }

    /// Who hears of every call from now on; the first one stays.
    pub(crate) fn observe(&self, observer: Arc<dyn StoreObserver>) {
        // as above
        let _ = self.observer.set(observer);
    }

    /// Runs a call there, until it ends or its link is left. Dropping the returned future abandons the answer, not the call.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        link: &Link,
        operation: StoreOperation,
        call: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Result<T, Failure> {
        let home = self.clone();
        let (place, left, call) = (link.place.clone(), link.left.clone(), Box::pin(call));
        self.whole(async move {
            let begun = Instant::now();
            let answer = tokio::select! {
                biased;
                answer = call => answer,
                () = left.cancelled() => Err(Failure::moved()),
            };
            let failure = answer.as_ref().err();
            // a place that was left says nothing about the present one
            if let (Some(listener), false) = (home.listener.get(), left.is_cancelled()) {
                match failure.and_then(Failure::absence) {
                    Some(cause) => listener.away(format_args!("no good answer from {place} ({cause})")),
                    None => listener.here(),
                }
            }
            if let Some(observer) = home.observer.get() {
                observer.called(operation, begun.elapsed(), failure.and_then(Failure::fault));
            }
            answer
        })
        .await
    }

    /// Runs work of several calls there, so that it ends in order even if nobody waits for it any more.
    pub(crate) async fn whole<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Result<T, Failure> {
        // the SDK's futures are deep, and those who await this one would be deeper
        let work = Box::pin(work);
        match &self.runtime {
            None => work.await,
            Some(runtime) => runtime.spawn(work).await.unwrap_or_else(|error| Err(Failure::not_run(&error))),
        }
    }
}

impl std::fmt::Debug for Home {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Home").field("runtime", &self.runtime.is_some()).finish_non_exhaustive()
    }
}
