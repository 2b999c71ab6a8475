//! A named thread whose exit is always reported.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use crate::runtime::lifecycle::{Exit, Fault, fault, panic_hook};

use super::watchdog::Watchdog;

/// A named thread; dropping this handle detaches the thread.
pub struct OwnedThread {
    watchdog: Watchdog,
    ended: Arc<Ended>,
    handle: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Ended {
    flag: Mutex<bool>,
    changed: Condvar,
}

impl OwnedThread {
    /// Starts a thread that no supervisor watches. `on_exit` gets its exit: `Finished`, `Failed` (also if the system could not start a
    /// thread) or `Panicked`. Actors start theirs with [`Threads`](crate::runtime::Threads).
    ///
    /// `on_exit` runs on the thread itself, or on the caller's if the system could not start one.
    pub fn spawn(
        name: &str,
        on_exit: impl FnOnce(Exit) + Send + 'static,
        body: impl FnOnce() -> Result<(), String> + Send + 'static,
    ) -> OwnedThread {
        OwnedThread::start(Watchdog::new(name), None, on_exit, |_| body())
    }

    /// Starts the thread of this watchdog; it breaks at once if a fault is given.
    pub(crate) fn start(
        watchdog: Watchdog,
        fault: Option<Fault>,
        on_exit: impl FnOnce(Exit) + Send + 'static,
        body: impl FnOnce(&Watchdog) -> Result<(), String> + Send + 'static,
    ) -> OwnedThread {
        panic_hook::install();
        let name = watchdog.name().to_owned();
        let ended = Arc::new(Ended::default());
        // shared, because a spawn that fails drops its closure
        let on_exit = Arc::new(Mutex::new(Some(on_exit)));
        let spawned = Builder::new().name(name.clone()).spawn({
            let (watchdog, ended, on_exit) = (watchdog.clone(), ended.clone(), on_exit.clone());
            move || {
                let exit = run(&watchdog, fault, body);
                watchdog.clear_wake();
                report(&on_exit, exit);
                ended.set();
            }
        });
        let handle = spawned
            .inspect_err(|error| {
                let error = format!("cannot start the thread {name}: {error}");
                report(&on_exit, Exit::Failed { error });
                ended.set();
            })
            .ok();
        OwnedThread { watchdog, ended, handle: Mutex::new(handle) }
    }

    /// The thread's name.
    pub fn name(&self) -> &str {
        self.watchdog.name()
    }

    /// Asks the thread to end after its present work, without waiting for that.
    pub fn stop(&self) {
        self.watchdog.stop();
    }

    /// Lets the thread end when it runs out of work: its exit counts as asked for from here on.
    pub fn may_end(&self) {
        self.watchdog.may_end();
    }

    /// Whether the thread has ended and reported its exit.
    pub fn is_finished(&self) -> bool {
        *self.ended.flag.lock()
    }

    /// Blocks until the thread has ended, at most `wait` long; false if it is still running then.
    pub fn join_within(&self, wait: Duration) -> bool {
        if !self.ended.wait(wait) {
            return false;
        }
        if let Some(handle) = self.handle.lock().take() {
            // the exit was reported already, and a panic of `on_exit` was caught and printed
            let _ = handle.join();
        }
        true
    }
}

fn run(watchdog: &Watchdog, fault: Option<Fault>, body: impl FnOnce(&Watchdog) -> Result<(), String>) -> Exit {
    let whole = || {
        watchdog.set_current();
        if let Some(fault) = fault {
            fault::strike(fault, watchdog.name());
        }
        body(watchdog)
    };
    match catch_unwind(AssertUnwindSafe(whole)) {
        Ok(Ok(())) => Exit::Finished,
        Ok(Err(error)) => Exit::Failed { error },
        // an injected end that is no panic has its exit as the payload
        Err(payload) if payload.is::<Exit>() => *payload.downcast().unwrap_or(Box::new(Exit::Finished)),
        Err(_) => panic_hook::latest(),
    }
}

fn report<F: FnOnce(Exit)>(on_exit: &Mutex<Option<F>>, exit: Exit) {
    // taken in a statement of its own, so that the lock is free while the owner's code runs
    let on_exit = on_exit.lock().take();
    if let Some(on_exit) = on_exit {
        // the hook prints a panic of the owner's code; the thread ends in order all the same
        let _ = catch_unwind(AssertUnwindSafe(|| on_exit(exit)));
    }
}

impl Ended {
    fn set(&self) {
        *self.flag.lock() = true;
        self.changed.notify_all();
    }

    fn wait(&self, wait: Duration) -> bool {
        let mut ended = self.flag.lock();
        self.changed.wait_while_for(&mut ended, |ended| !*ended, wait);
        *ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    fn exit_of(body: impl FnOnce() -> Result<(), String> + Send + 'static) -> Exit {
        let (tell, hear) = mpsc::channel();
        let thread = OwnedThread::spawn("test", move |exit| tell.send(exit).expect("heard"), body);
        assert!(thread.join_within(Duration::from_secs(5)));
        hear.recv().expect("every end is reported")
    }

    #[test]
    fn every_end_of_a_thread_is_reported_with_its_cause() {
        assert_eq!(exit_of(|| Ok(())), Exit::Finished);
        let error = "no more records".to_owned();
        assert_eq!(exit_of(|| Err("no more records".into())), Exit::Failed { error });
        let exit = exit_of(|| panic!("tensor of {} rows", 7));
        assert_eq!(exit.message().as_deref(), Some("tensor of 7 rows"));
        let at = exit.at().unwrap_or_default();
        assert!(at.starts_with("src/runtime/threads/owned.rs:"), "{at}");
    }

    #[test]
    fn a_late_thread_is_not_waited_for_beyond_the_deadline() {
        let (release, held) = mpsc::channel::<()>();
        let thread = OwnedThread::spawn("late", |_| {}, move || held.recv().map_err(|error| error.to_string()));
        assert!(!thread.join_within(Duration::from_millis(5)));
        assert!(!thread.is_finished());
        release.send(()).expect("the thread waits");
        assert!(thread.join_within(Duration::from_secs(5)));
    }

    #[test]
    fn a_thread_whose_owner_panics_on_hearing_ends_in_order() {
        let thread = OwnedThread::spawn("rude", |_| panic!("the owner's own"), || Ok(()));
        assert!(thread.join_within(Duration::from_secs(5)));
    }
}
