//! The heartbeat of an owned thread, and what the thread does while it does not beat.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};

use crate::runtime::lifecycle::{Fault, Heartbeat, ThreadPhase, fault};

thread_local! {
    /// The watchdog of this thread, for code that is too deep to get it as an argument.
    static CURRENT: RefCell<Option<Watchdog>> = const { RefCell::new(None) };
}

/// Watches one owned thread; clones share one state.
#[derive(Clone)]
pub struct Watchdog {
    shared: Arc<WatchedThread>,
}

struct WatchedThread {
    name: String,
    heartbeat: Heartbeat,
    activity: Mutex<Activity>,
    /// Its owner asked it to end.
    told_to_stop: AtomicBool,
    /// It must leave its wait for work, to end or to suffer a fault.
    interrupted: AtomicBool,
    /// The fault that strikes at the next beat.
    armed: Mutex<Option<Fault>>,
    is_armed: AtomicBool,
    /// Wakes the thread from its wait for work.
    wake: Mutex<Option<Wake>>,
}

type Wake = Box<dyn Fn() + Send>;

/// What a thread does, as it declared it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Activity {
    /// It works, and beats.
    Working,
    /// It waits for work, or for a dependency that has time limits of its own.
    Waiting(&'static str),
    /// It is in a long task, with the longest silence allowed for it.
    Protected(&'static str, Duration),
}

impl Watchdog {
    pub(crate) fn new(name: &str) -> Watchdog {
        let shared = WatchedThread {
            name: name.to_owned(),
            heartbeat: Heartbeat::default(),
            activity: Mutex::new(Activity::Working),
            told_to_stop: AtomicBool::new(false),
            interrupted: AtomicBool::new(false),
            armed: Mutex::new(None),
            is_armed: AtomicBool::new(false),
            wake: Mutex::new(None),
        };
        Watchdog { shared: Arc::new(shared) }
    }

    /// The thread's name.
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// Notes that the thread is alive; call it between two steps of work. An injected fault strikes here.
    pub fn beat(&self) {
        self.shared.heartbeat.beat();
        // the flag is read first, so that a beat takes no lock
        if self.shared.is_armed.load(Ordering::Relaxed) {
            let armed = self.shared.armed.lock().take();
            if let Some(fault) = armed {
                self.set(Activity::Working);
                fault::strike(fault, &self.shared.name);
            }
        }
    }

    /// Declares that the thread waits for work; its silence does not count until the guard is dropped.
    pub fn idle(&self) -> LongTask {
        self.enter(Activity::Waiting("waiting for work"))
    }

    /// Declares a long task: silence up to `at_most` is allowed until the guard is dropped.
    pub fn protect(&self, what: &'static str, at_most: Duration) -> LongTask {
        self.enter(Activity::Protected(what, at_most))
    }

    /// Set when the thread must leave its wait for work and beat.
    pub fn interrupted(&self) -> &AtomicBool {
        &self.shared.interrupted
    }

    /// Whether the owner asked the thread to end after its present work.
    pub fn is_told_to_stop(&self) -> bool {
        self.shared.told_to_stop.load(Ordering::SeqCst)
    }

    /// Sets how to wake the thread from its wait for work; `wake` is called at once if the thread was interrupted before. It must not
    /// use this watchdog.
    pub fn wake_with(&self, wake: impl Fn() + Send + 'static) {
        let mut known = self.shared.wake.lock();
        if self.shared.interrupted.load(Ordering::SeqCst) {
            wake();
        }
        *known = Some(Box::new(wake));
    }

    /// Drops the `wake` of a thread that has ended.
    pub(super) fn clear_wake(&self) {
        *self.shared.wake.lock() = None;
    }

    /// Asks the thread to end after its present work.
    pub(super) fn stop(&self) {
        self.shared.told_to_stop.store(true, Ordering::SeqCst);
        self.interrupt();
    }

    /// Lets the thread end by itself; it is not woken for that.
    pub(super) fn may_end(&self) {
        self.shared.told_to_stop.store(true, Ordering::SeqCst);
    }

    /// Lets a fault strike at the next beat; `now` wakes the thread for that if it waits for work.
    pub(crate) fn arm(&self, fault: Fault, now: bool) {
        *self.shared.armed.lock() = Some(fault);
        self.shared.is_armed.store(true, Ordering::SeqCst);
        if now {
            self.interrupt();
        }
    }

    fn interrupt(&self) {
        let wake = self.shared.wake.lock();
        self.shared.interrupted.store(true, Ordering::SeqCst);
        if let Some(wake) = &*wake {
            wake();
        }
    }

    /// Time since the last beat if that is too long: longer than `limit`, or than the long task allows.
    pub(super) fn overdue(&self, now: Instant, limit: Duration) -> Option<Duration> {
        let silent_for = self.silent_for(now);
        let limit = match *self.activity() {
            Activity::Working => limit,
            Activity::Waiting(_) => return None,
            Activity::Protected(_, at_most) => limit.max(at_most),
        };
        (silent_for > limit).then_some(silent_for)
    }

    pub(super) fn silent_for(&self, now: Instant) -> Duration {
        self.shared.heartbeat.age(now)
    }

    /// What the thread does, and what it waits for or the long task that it is in.
    pub(super) fn phase(&self) -> (ThreadPhase, Option<&'static str>) {
        match *self.activity() {
            Activity::Working => (ThreadPhase::Working, None),
            Activity::Waiting(what) => (ThreadPhase::Waiting, Some(what)),
            Activity::Protected(what, _) => (ThreadPhase::Protected, Some(what)),
        }
    }

    /// The watchdog of the calling thread, if it is an owned one.
    pub(super) fn current() -> Option<Watchdog> {
        CURRENT.with_borrow(Clone::clone)
    }

    /// Declares that the thread waits for a dependency under time limits of its own; its silence does not count until the guard is
    /// dropped.
    pub(super) fn waiting(&self) -> LongTask {
        self.enter(Activity::Waiting("waiting for a dependency"))
    }

    pub(super) fn is_same(&self, other: &Watchdog) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Makes this the watchdog of the calling thread.
    pub(super) fn set_current(&self) {
        CURRENT.set(Some(self.clone()));
    }

    fn enter(&self, activity: Activity) -> LongTask {
        self.shared.heartbeat.beat();
        LongTask { watchdog: self.clone(), before: self.set(activity) }
    }

    fn set(&self, activity: Activity) -> Activity {
        std::mem::replace(&mut *self.activity(), activity)
    }

    fn activity(&self) -> MutexGuard<'_, Activity> {
        self.shared.activity.lock()
    }
}

/// [`Watchdog::beat`] for the calling thread, if it is an owned one: for code that is too deep to get the watchdog as an argument.
pub fn beat() {
    if let Some(watchdog) = Watchdog::current() {
        watchdog.beat();
    }
}

/// [`Watchdog::protect`] for the calling thread, if it is an owned one.
pub fn protect(what: &'static str, at_most: Duration) -> Option<LongTask> {
    Some(Watchdog::current()?.protect(what, at_most))
}

/// A time in which a thread may be silent, until this guard is dropped; long tasks may be nested.
#[must_use = "the long task ends where its guard is dropped"]
pub struct LongTask {
    watchdog: Watchdog,
    before: Activity,
}

impl Drop for LongTask {
    fn drop(&mut self) {
        self.watchdog.shared.heartbeat.beat();
        self.watchdog.set(self.before);
    }
}
