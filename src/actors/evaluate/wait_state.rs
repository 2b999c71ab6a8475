//! How long each data set has waited for its families, and which promotions were published. It outlives a restart of the actor and
//! of the process: if it is lost, each wait begins anew and every promotion is published once more.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::runtime::millis;
use crate::storage::Snapshot;

/// The longest time between two processes that counts as waiting; in a longer one the trainers may have been down too.
const SHORT_ABSENCE: Duration = Duration::from_secs(60);
/// A data set that a newer one replaced is forgotten after it has waited so long.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// By identifier: the number of the decision whose pointer was published last.
pub type PublishedSeqs = BTreeMap<String, u64>;

/// The state of the evaluator that the object store does not hold.
#[derive(Debug, Default)]
pub struct WaitState {
    /// By id of a data set with missing families.
    waiting: BTreeMap<String, Wait>,
    /// The bootstrap servers of the brokers that promotions were published to.
    brokers: String,
    published: PublishedSeqs,
}

#[derive(Debug)]
struct Wait {
    /// The wait in earlier processes.
    before: Duration,
    since: Instant,
}

/// The same as a snapshot on disk. It holds durations, since an `Instant` means nothing to another process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedWaitState {
    /// When it was saved, in milliseconds since 1970.
    saved_at_ms: u64,
    /// By id of a data set: how long it had waited.
    waited_ms: BTreeMap<String, u64>,
    brokers: String,
    published: PublishedSeqs,
}

impl Snapshot for SavedWaitState {
    const KIND: &'static str = "evaluator-tally";
    const VERSION: u32 = 1;
}

impl WaitState {
    /// Restores what was saved, at this moment of both clocks.
    pub fn of(saved: SavedWaitState, now: Instant, time: SystemTime) -> Self {
        // zero if the clock was set back
        let absent = Duration::from_millis(unix_ms(time).saturating_sub(saved.saved_at_ms));
        let counted = if absent <= SHORT_ABSENCE { absent } else { Duration::ZERO };
        let wait = |waited_ms| Wait { before: Duration::from_millis(waited_ms).saturating_add(counted), since: now };
        let waiting = saved.waited_ms.into_iter().map(|(dataset_id, waited_ms)| (dataset_id, wait(waited_ms)));
        Self { waiting: waiting.collect(), brokers: saved.brokers, published: saved.published }
    }

    /// What to save, at this moment of both clocks.
    pub fn saved(&self, now: Instant, time: SystemTime) -> SavedWaitState {
        let waited_ms = self.waiting(now).map(|(dataset_id, waited)| (dataset_id.to_owned(), millis(waited)));
        SavedWaitState {
            saved_at_ms: unix_ms(time),
            waited_ms: waited_ms.collect(),
            brokers: self.brokers.clone(),
            published: self.published.clone(),
        }
    }

    /// Every data set that waits, and how long it has waited.
    pub fn waiting(&self, now: Instant) -> impl Iterator<Item = (&str, Duration)> {
        self.waiting.iter().map(move |(dataset_id, wait)| (dataset_id.as_str(), wait.waited(now)))
    }

    /// How long a data set has waited; zero if it does not wait.
    pub fn waited(&self, dataset_id: &str, now: Instant) -> Duration {
        self.waiting.get(dataset_id).map_or(Duration::ZERO, |wait| wait.waited(now))
    }

    /// A data set waits for missing families; true if its wait begins now.
    pub fn wait_for(&mut self, dataset_id: &str, now: Instant) -> bool {
        let is_new = !self.waiting.contains_key(dataset_id);
        if is_new {
            self.waiting.insert(dataset_id.to_owned(), Wait { before: Duration::ZERO, since: now });
        }
        is_new
    }

    /// A data set was judged, and waits no more; true if it waited.
    pub fn judged(&mut self, dataset_id: &str) -> bool {
        self.waiting.remove(dataset_id).is_some()
    }

    /// Forgets data sets that are not among these and have waited very long.
    pub fn forget_all_but(&mut self, newest: &BTreeSet<&str>, now: Instant) {
        self.waiting
            .retain(|dataset_id, wait| newest.contains(dataset_id.as_str()) || wait.waited(now) < FORGOTTEN_AFTER);
    }

    /// What was published to these brokers: nothing, if they are others than before.
    pub fn published(&self, brokers: &str) -> PublishedSeqs {
        if self.brokers == brokers { self.published.clone() } else { PublishedSeqs::new() }
    }

    /// Sets what was published to these brokers; true if that changes anything.
    pub fn set_published(&mut self, brokers: String, published: PublishedSeqs) -> bool {
        let is_changed = (&self.brokers, &self.published) != (&brokers, &published);
        (self.brokers, self.published) = (brokers, published);
        is_changed
    }
}

impl Wait {
    fn waited(&self, now: Instant) -> Duration {
        self.before.saturating_add(now.saturating_duration_since(self.since))
    }
}

fn unix_ms(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    /// The wait of a data set that had waited ten minutes when it was saved, restored `absence` minutes later by the clock.
    fn waited_after(absence: i64) -> Duration {
        let (now, time) = (Instant::now(), UNIX_EPOCH + 1_000_000 * MINUTE);
        let mut state = WaitState::default();
        assert!(state.wait_for("d", now));
        let saved = state.saved(now + 10 * MINUTE, time);
        let time = UNIX_EPOCH + (1_000_000 + absence) as u32 * MINUTE;
        WaitState::of(saved, now, time).waited("d", now)
    }

    #[test]
    fn a_wait_goes_on_after_a_restart_and_counts_a_short_absence() {
        assert_eq!(waited_after(0), 10 * MINUTE);
        assert_eq!(waited_after(1), 11 * MINUTE);
    }

    #[test]
    fn a_long_absence_and_a_clock_that_ran_backwards_do_not_count() {
        const YEAR: i64 = 365 * 24 * 60;
        for absence in [60, 600, YEAR, -60, -600, -YEAR] {
            assert_eq!(waited_after(absence), 10 * MINUTE, "{absence} minutes by the clock");
        }
    }

    #[test]
    fn a_second_look_does_not_begin_the_wait_anew() {
        let now = Instant::now();
        let mut state = WaitState::default();
        assert!(state.wait_for("d", now) && !state.wait_for("d", now + MINUTE));
        assert_eq!(state.waited("d", now + 2 * MINUTE), 2 * MINUTE);
        assert!(state.judged("d") && !state.judged("d"));
        assert_eq!(state.waited("d", now + 2 * MINUTE), Duration::ZERO);
    }

    #[test]
    fn what_was_replaced_is_forgotten_after_a_while() {
        let now = Instant::now();
        let mut state = WaitState::default();
        state.wait_for("old", now);
        state.wait_for("new", now);
        let kept = |state: &WaitState| state.waiting(now).map(|(id, _)| id.to_owned()).collect::<Vec<_>>();
        state.forget_all_but(&BTreeSet::from(["new"]), now + MINUTE);
        assert_eq!(kept(&state), ["new", "old"]);
        state.forget_all_but(&BTreeSet::from(["new"]), now + FORGOTTEN_AFTER);
        assert_eq!(kept(&state), ["new"]);
    }

    #[test]
    fn other_brokers_have_heard_nothing() {
        let mut state = WaitState::default();
        let published = PublishedSeqs::from([("one".to_owned(), 3)]);
        assert!(state.set_published("here".into(), published.clone()));
        assert!(!state.set_published("here".into(), published.clone()));
        assert_eq!(state.published("here"), published);
        assert_eq!(state.published("there"), PublishedSeqs::new());
    }
}
