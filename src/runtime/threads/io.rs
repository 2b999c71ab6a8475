//! Waiting for the network from a thread of one's own.

use std::future::Future;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::vital::Vital;

/// The runtime on which owned threads wait for the network; cheap to clone.
#[derive(Clone, Debug)]
pub struct Io(Handle);

impl From<Handle> for Io {
    fn from(runtime: Handle) -> Io {
        Io(runtime)
    }
}

impl Io {
    /// The tokio runtime that the caller runs on.
    pub fn current() -> Io {
        Io(Handle::current())
    }

    /// Waits for a future that has time limits of its own: a dependency that is away is no reason to call the thread hung.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let vital = Vital::current();
        let _zone = vital.as_ref().map(Vital::waiting);
        self.0.block_on(future)
    }

    /// Runs what blocks for a moment on a thread of that runtime.
    pub fn spawn_blocking<R: Send + 'static>(&self, work: impl FnOnce() -> R + Send + 'static) -> JoinHandle<R> {
        self.0.spawn_blocking(work)
    }

    /// Starts a task there.
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.0.spawn(future)
    }
}
