//! A thread's signs of life, and what it says it is doing while it gives none.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};

use crate::runtime::actor::{Beat, Fault, ThreadPhase, fault};

thread_local! {
    /// The vital of this thread, for code that is too deep to be handed it.
    static CURRENT: RefCell<Option<Watchdog>> = const { RefCell::new(None) };
}

/// The signs of life of one owned thread; clones are one.
#[derive(Clone)]
pub struct Watchdog {
    shared: Arc<Shared>,
}

struct Shared {
    name: String,
    beat: Beat,
    activity: Mutex<Activity>,
    /// Told to end by its owner.
    told_to_stop: AtomicBool,
    /// To look up from its wait, to end or to suffer a fault.
    interrupted: AtomicBool,
    armed: Mutex<Option<Fault>>,
    is_armed: AtomicBool,
    wake: Mutex<Option<Wake>>,
}

type Wake = Box<dyn Fn() + Send>;

/// What a thread says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Activity {
    /// At work: it beats.
    Working,
    /// It waits for work, or for a dependency that has time limits of its own.
    Waiting(&'static str),
    /// Known long work, with the longest silence that is still in order.
    Protected(&'static str, Duration),
}

impl Watchdog {
    pub(crate) fn new(name: &str) -> Watchdog {
        let shared = Shared {
            name: name.to_owned(),
            beat: Beat::default(),
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

    /// Says that the thread is alive; call it between two steps of work. An injected fault strikes here.
    pub fn beat(&self) {
        self.shared.beat.give();
        // the flag is looked at first, so that a beat costs no lock
        if self.shared.is_armed.load(Ordering::Relaxed) {
            let armed = self.shared.armed.lock().take();
            if let Some(fault) = armed {
                self.set(Activity::Working);
                fault::strike(fault, &self.shared.name);
            }
        }
    }

    /// The thread waits for work, and is not watched until the guard is dropped.
    pub fn idle(&self) -> LongTask {
        self.enter(Activity::Waiting("waiting for work"))
    }

    /// The thread does something known to be long: silence up to `at_most` is in order until the guard is dropped.
    pub fn protect(&self, what: &'static str, at_most: Duration) -> LongTask {
        self.enter(Activity::Protected(what, at_most))
    }

    /// Set when the thread is to look up from its wait for work and to beat, whatever that leads to.
    pub fn interrupted(&self) -> &AtomicBool {
        &self.shared.interrupted
    }

    /// Whether the owner wants the thread to end after what it has in hand.
    pub fn is_told_to_stop(&self) -> bool {
        self.shared.told_to_stop.load(Ordering::SeqCst)
    }

    /// Says how to wake the thread from its wait for work; it is called at once if there was a reason to before. `wake` must not
    /// touch the vital.
    pub fn wake_with(&self, wake: impl Fn() + Send + 'static) {
        let mut known = self.shared.wake.lock();
        if self.shared.interrupted.load(Ordering::SeqCst) {
            wake();
        }
        *known = Some(Box::new(wake));
    }

    /// There is nobody to wake any more.
    pub(crate) fn ended(&self) {
        *self.shared.wake.lock() = None;
    }

    /// Tells the thread to end after what it has in hand.
    pub(crate) fn stop(&self) {
        self.shared.told_to_stop.store(true, Ordering::SeqCst);
        self.interrupt();
    }

    /// Tells the thread that it may end by itself; it is not woken for that.
    pub(crate) fn may_end(&self) {
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

    /// Time since the last beat, where that is longer than is in order; `limit` holds outside of protect zones.
    pub(crate) fn overdue(&self, now: Instant, limit: Duration) -> Option<Duration> {
        let silent_for = self.silent_for(now);
        let limit = match *self.activity() {
            Activity::Working => limit,
            Activity::Waiting(_) => return None,
            Activity::Protected(_, at_most) => limit.max(at_most),
        };
        (silent_for > limit).then_some(silent_for)
    }

    pub(crate) fn silent_for(&self, now: Instant) -> Duration {
        self.shared.beat.age(now)
    }

    /// Its phase, and what it does if it said so.
    pub(crate) fn phase(&self) -> (ThreadPhase, Option<&'static str>) {
        match *self.activity() {
            Activity::Working => (ThreadPhase::Working, None),
            Activity::Waiting(what) => (ThreadPhase::Waiting, Some(what)),
            Activity::Protected(what, _) => (ThreadPhase::Protected, Some(what)),
        }
    }

    /// The vital of the calling thread, if it is an owned one.
    pub(crate) fn current() -> Option<Watchdog> {
        CURRENT.with_borrow(Clone::clone)
    }

    /// The thread waits for a dependency that has time limits of its own, and is not watched until the guard is dropped.
    pub(crate) fn waiting(&self) -> LongTask {
        self.enter(Activity::Waiting("waiting for a dependency"))
    }

    pub(crate) fn is(&self, other: &Watchdog) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Makes this the vital of the calling thread.
    pub(crate) fn settle(&self) {
        CURRENT.set(Some(self.clone()));
    }

    fn enter(&self, activity: Activity) -> LongTask {
        self.shared.beat.give();
        LongTask { watchdog: self.clone(), before: self.set(activity) }
    }

    fn set(&self, activity: Activity) -> Activity {
        std::mem::replace(&mut *self.activity(), activity)
    }

    fn activity(&self) -> MutexGuard<'_, Activity> {
        self.shared.activity.lock()
    }
}

/// Says that the calling thread is alive, if it is an owned one: [`Watchdog::beat`] for code too deep to be handed the vital.
pub fn beat() {
    if let Some(watchdog) = Watchdog::current() {
        watchdog.beat();
    }
}

/// [`Watchdog::protect`] for the calling thread, if it is an owned one.
pub fn protect(what: &'static str, at_most: Duration) -> Option<LongTask> {
    Some(Watchdog::current()?.protect(what, at_most))
}

/// A stretch in which a thread's silence is in order; zones may lie in one another.
#[must_use = "the zone ends where its guard is dropped"]
pub struct LongTask {
    watchdog: Watchdog,
    before: Activity,
}

impl Drop for LongTask {
    fn drop(&mut self) {
        self.watchdog.shared.beat.give();
        self.watchdog.set(self.before);
    }
}
