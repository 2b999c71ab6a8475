//! Waits for the network from an owned thread.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::watchdog::Watchdog;

/// How often a waiting thread checks whether it was asked to stop.
const CHECK_INTERVAL: Duration = Duration::from_millis(50);
/// How much longer a thread waits after it was asked to stop, for an answer that may be on its way.
const LAST_WAIT: Duration = Duration::from_secs(1);

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

    /// Waits for a future that has time limits of its own; the thread does not count as silent meanwhile.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let watchdog = Watchdog::current();
        let _waiting = watchdog.as_ref().map(Watchdog::waiting);
        self.0.block_on(future)
    }

    /// As [`block_on`](Io::block_on), but `None` soon after the thread was asked to stop: for work that its successor will do again.
    pub fn block_on_while_wanted<F: Future>(&self, future: F) -> Option<F::Output> {
        self.block_on(async {
            tokio::select! {
                output = future => Some(output),
                () = stop_requested() => None,
            }
        })
    }

    /// Runs a future on that runtime without waiting for it.
    pub fn spawn<F: Future<Output: Send> + Send + 'static>(&self, future: F) {
        drop(self.0.spawn(future));
    }

    /// Runs short blocking work on a thread of that runtime.
    pub fn spawn_blocking<R: Send + 'static>(&self, work: impl FnOnce() -> R + Send + 'static) -> JoinHandle<R> {
        self.0.spawn_blocking(work)
    }
}

/// Ends [`LAST_WAIT`] after the calling thread was asked to stop; never, if it is not an owned thread.
async fn stop_requested() {
    let Some(watchdog) = Watchdog::current() else { return std::future::pending().await };
    while !watchdog.is_told_to_stop() {
        tokio::time::sleep(CHECK_INTERVAL).await;
    }
    tokio::time::sleep(LAST_WAIT).await;
}
