//! The evaluator's tally: how long each data set has been waited for, and which promotions were told. It survives a restart of
//! the actor and of the process; without it the wait begins anew and every promotion is told once more.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::runtime::millis;
use crate::storage::Snapshot;

use super::promotion_publisher::Told;

/// An absence up to this long counts as waiting; in a longer one the trainers may have been away too.
const SHORT_ABSENCE: Duration = Duration::from_secs(60);
/// A data set that was replaced by a newer one is forgotten when nothing was heard of it for so long.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What is kept beside the object store.
#[derive(Debug, Default)]
pub struct WaitState {
    /// By data set that families are missing from.
    waiting: BTreeMap<String, Wait>,
    /// The brokers that promotions were told.
    brokers: String,
    told: Told,
}

#[derive(Debug)]
struct Wait {
    /// How long predecessors have waited.
    before: Duration,
    since: Instant,
}

/// The tally on disk. Clocks of two processes have nothing in common, so it holds how long, and not since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedWaitState {
    /// When it was saved, in milliseconds since 1970.
    saved_at_ms: u64,
    /// By data set: how long it had been waited for.
    waited_ms: BTreeMap<String, u64>,
    brokers: String,
    told: Told,
}

impl Snapshot for SavedWaitState {
    const KIND: &'static str = "evaluator-tally";
    const VERSION: u32 = 1;
}

impl WaitState {
    /// The tally that was saved, at this moment of both clocks.
    pub fn of(saved: SavedWaitState, now: Instant, time: SystemTime) -> Self {
        // a clock that ran backwards tells nothing
        let absent = Duration::from_millis(unix_ms(time).saturating_sub(saved.saved_at_ms));
        let counted = if absent <= SHORT_ABSENCE { absent } else { Duration::ZERO };
        let wait = |waited_ms| Wait { before: Duration::from_millis(waited_ms).saturating_add(counted), since: now };
        let waiting = saved.waited_ms.into_iter().map(|(dataset_id, waited_ms)| (dataset_id, wait(waited_ms)));
        Self { waiting: waiting.collect(), brokers: saved.brokers, told: saved.told }
    }

    /// The tally as it is saved, at this moment of both clocks.
    pub fn saved(&self, now: Instant, time: SystemTime) -> SavedWaitState {
        let waited_ms = self.waiting(now).map(|(dataset_id, waited)| (dataset_id.to_owned(), millis(waited)));
        SavedWaitState {
            saved_at_ms: unix_ms(time),
            waited_ms: waited_ms.collect(),
            brokers: self.brokers.clone(),
            told: self.told.clone(),
        }
    }

    /// Every data set that is waited for, and how long by now.
    pub fn waiting(&self, now: Instant) -> impl Iterator<Item = (&str, Duration)> {
        self.waiting.iter().map(move |(dataset_id, wait)| (dataset_id.as_str(), wait.waited(now)))
    }

    /// How long a data set has been waited for.
    pub fn waited(&self, dataset_id: &str, now: Instant) -> Duration {
        self.waiting.get(dataset_id).map_or(Duration::ZERO, |wait| wait.waited(now))
    }

    /// Families are missing; true if nobody had waited for them yet.
    pub fn wait_for(&mut self, dataset_id: &str, now: Instant) -> bool {
        let is_new = !self.waiting.contains_key(dataset_id);
        if is_new {
            self.waiting.insert(dataset_id.to_owned(), Wait { before: Duration::ZERO, since: now });
        }
        is_new
    }

    /// Nothing is waited for any more; true if something was.
    pub fn judged(&mut self, dataset_id: &str) -> bool {
        self.waiting.remove(dataset_id).is_some()
    }

    /// Forgets data sets that are not among these and that nobody has been heard of for long.
    pub fn forget_all_but(&mut self, newest: &BTreeSet<&str>, now: Instant) {
        self.waiting
            .retain(|dataset_id, wait| newest.contains(dataset_id.as_str()) || wait.waited(now) < FORGOTTEN_AFTER);
    }

    /// What these brokers were told: others than before have heard nothing yet.
    pub fn told(&self, brokers: &str) -> Told {
        if self.brokers == brokers { self.told.clone() } else { Told::new() }
    }

    /// These brokers were told this by now; true if it is news.
    pub fn tell(&mut self, brokers: String, told: Told) -> bool {
        let is_news = (&self.brokers, &self.told) != (&brokers, &told);
        (self.brokers, self.told) = (brokers, told);
        is_news
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

    /// A data set that was waited for for ten minutes, saved, and found again after `absence` (in minutes) by the clock.
    fn waited_after(absence: i64) -> Duration {
        let (now, time) = (Instant::now(), UNIX_EPOCH + 100_000 * MINUTE);
        let mut tally = WaitState::default();
        assert!(tally.wait_for("d", now));
        let saved = tally.saved(now + 10 * MINUTE, time);
        let time = UNIX_EPOCH + (100_000 + absence) as u32 * MINUTE;
        WaitState::of(saved, now, time).waited("d", now)
    }

    #[test]
    fn a_wait_goes_on_after_a_restart_and_counts_a_short_absence() {
        assert_eq!(waited_after(0), 10 * MINUTE);
        assert_eq!(waited_after(1), 11 * MINUTE);
    }

    #[test]
    fn a_long_absence_and_a_clock_that_ran_backwards_do_not_count() {
        assert_eq!(waited_after(600), 10 * MINUTE);
        assert_eq!(waited_after(-600), 10 * MINUTE);
    }

    #[test]
    fn a_second_look_does_not_begin_the_wait_anew() {
        let now = Instant::now();
        let mut tally = WaitState::default();
        assert!(tally.wait_for("d", now) && !tally.wait_for("d", now + MINUTE));
        assert_eq!(tally.waited("d", now + 2 * MINUTE), 2 * MINUTE);
        assert!(tally.judged("d") && !tally.judged("d"));
        assert_eq!(tally.waited("d", now + 2 * MINUTE), Duration::ZERO);
    }

    #[test]
    fn what_was_replaced_is_forgotten_after_a_while() {
        let now = Instant::now();
        let mut tally = WaitState::default();
        tally.wait_for("old", now);
        tally.wait_for("new", now);
        let kept = |tally: &WaitState| tally.waiting(now).map(|(id, _)| id.to_owned()).collect::<Vec<_>>();
        tally.forget_all_but(&BTreeSet::from(["new"]), now + MINUTE);
        assert_eq!(kept(&tally), ["new", "old"]);
        tally.forget_all_but(&BTreeSet::from(["new"]), now + FORGOTTEN_AFTER);
        assert_eq!(kept(&tally), ["new"]);
    }

    #[test]
    fn other_brokers_have_heard_nothing() {
        let mut tally = WaitState::default();
        let told = Told::from([("one".to_owned(), 3)]);
        assert!(tally.tell("here".into(), told.clone()) && !tally.tell("here".into(), told.clone()));
        assert_eq!(tally.told("here"), told);
        assert_eq!(tally.told("there"), Told::new());
    }
}
