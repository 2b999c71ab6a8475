//! A connection to one address of the store, and the runtime that its calls run on.

use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use aws_sdk_s3::Client;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::runtime::Dependency;

use super::access::{KeyFiles, ObjectStoreConfig, StorePatience, sdk_client};
use super::failure::Failure;
use super::observer::{PassedOver, StoreObserver, StoreOperation};

/// The SDK's client for one address of the store, and what its calls need to know about that address.
#[derive(Debug)]
pub(super) struct Connection {
    pub client: Client,
    /// The region that buckets are created in.
    pub region: String,
    pub patience: StorePatience,
    /// The keys, where they are in files.
    keys: Option<KeyFiles>,
    /// The address, for people.
    place: String,
    /// Cancelled when the store is reached elsewhere from now on.
    closed: CancellationToken,
}

impl Connection {
    pub(super) fn new(config: ObjectStoreConfig) -> Self {
        let (client, place, patience) = (sdk_client(&config), config.place(), config.patience);
        let keys = config.credentials.files().cloned();
        Self { client, region: config.region, patience, keys, place, closed: CancellationToken::new() }
    }

    /// Ends the calls that are running: the store does not answer at this address any more.
    pub(super) fn close(&self) {
        self.closed.cancel();
    }
}

/// Runs calls on the node's runtime and reports how they end.
#[derive(Clone)]
pub(in crate::storage) struct CallRunner {
    runtime: Option<Handle>,
    dependency: Arc<OnceLock<Dependency>>,
    observer: Arc<OnceLock<Arc<dyn StoreObserver>>>,
}

impl CallRunner {
    /// Runs calls on the current runtime; outside of a runtime, calls run wherever they are awaited.
    pub(super) fn on_this_runtime() -> Self {
        Self { runtime: Handle::try_current().ok(), dependency: Arc::default(), observer: Arc::default() }
    }

    /// Reports to `dependency` from now on whether the store answers; a second dependency is ignored.
    pub(super) fn report_to(&self, dependency: Dependency) {
        let _ = self.dependency.set(dependency);
    }

    /// Reports every call to `observer` from now on; a second observer is ignored.
    pub(super) fn observe(&self, observer: Arc<dyn StoreObserver>) {
        let _ = self.observer.set(observer);
    }

    /// Tells the observer that a listing passed over an object.
    pub(in crate::storage) fn passed_over(&self, why: PassedOver) {
        if let Some(observer) = self.observer.get() {
            observer.passed_over(why);
        }
    }

    /// Runs a call until it ends or its connection is closed. Dropping the returned future does not stop the call.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        connection: &Connection,
        operation: StoreOperation,
        call: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Result<T, Failure> {
        let runner = self.clone();
        let (place, keys) = (connection.place.clone(), connection.keys.clone());
        let (closed, call) = (connection.closed.clone(), Box::pin(call));
        self.run_to_end(async move {
            let begun = Instant::now();
            let answer = tokio::select! {
                biased;
                answer = call => answer,
                () = closed.cancelled() => Err(Failure::moved()),
            };
            let failure = answer.as_ref().err();
            // a call that is sent once, such as a probe, notices that the keys have changed
            if let (Some(keys), Some(true)) = (keys, failure.map(Failure::is_refused_access)) {
                keys.read_again();
            }
            // a closed connection says nothing about the present address
            if let (Some(dependency), false) = (runner.dependency.get(), closed.is_cancelled()) {
                match failure.and_then(Failure::absence) {
                    Some(cause) => dependency.away(format_args!("no good answer from {place} ({cause})")),
                    None => dependency.here(),
                }
            }
            if let Some(observer) = runner.observer.get() {
                observer.called(operation, begun.elapsed(), failure.and_then(Failure::fault));
            }
            answer
        })
        .await
    }

    /// Runs work of several calls to its end, even if its caller stops waiting.
    pub(super) async fn run_to_end<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Result<T, Failure> {
        // boxed, because the SDK's futures are large and callers nest this one in futures of their own
        let work = Box::pin(work);
        match &self.runtime {
            None => work.await,
            Some(runtime) => runtime.spawn(work).await.unwrap_or_else(|error| Err(Failure::not_run(&error))),
        }
    }

    /// Runs work that nobody waits for; outside of a runtime it is left undone.
    pub(super) fn run_apart(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Some(runtime) = &self.runtime {
            runtime.spawn(work);
        }
    }
}

impl std::fmt::Debug for CallRunner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallRunner").field("runtime", &self.runtime.is_some()).finish_non_exhaustive()
    }
}
