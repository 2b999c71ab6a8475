//! Waiting for the network from a thread of one's own.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::watchdog::Watchdog;

/// How often a waiting thread looks whether it was told to stop.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);
/// How long a thread that was told to stop waits on: an answer that is on its way is worth that.
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

    /// Waits for a future that has time limits of its own: a dependency that is away is no reason to call the thread hung.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let watchdog = Watchdog::current();
        let _zone = watchdog.as_ref().map(Watchdog::waiting);
        self.0.block_on(future)
    }

    /// As [`block_on`](Io::block_on), but `None` soon after the thread was told to stop: for what its successor makes up for.
    pub fn block_on_while_wanted<F: Future>(&self, future: F) -> Option<F::Output> {
        self.block_on(async {
            tokio::select! {
                output = future => Some(output),
                () = unwanted() => None,
            }
        })
    }

    /// Runs a future there that nobody waits for.
    pub fn spawn<F: Future<Output: Send> + Send + 'static>(&self, future: F) {
        drop(self.0.spawn(future));
    }

    /// Runs what blocks for a moment on a thread of that runtime.
    pub fn spawn_blocking<R: Send + 'static>(&self, work: impl FnOnce() -> R + Send + 'static) -> JoinHandle<R> {
        self.0.spawn_blocking(work)
    }
}

/// Ends some time after the calling thread was told to stop; never on a thread that nobody owns.
async fn unwanted() {
    let Some(watchdog) = Watchdog::current() else { return std::future::pending().await };
    while !watchdog.is_told_to_stop() {
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
    tokio::time::sleep(LAST_WAIT).await;
}
