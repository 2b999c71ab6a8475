//! Values that were made lately, by key: made once for all callers that ask at the same time, and bounded by the memory they take up.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use moka::future::Cache;
use moka::policy::EvictionPolicy;
use parking_lot::Mutex;

/// Values by key. Where they take up too much memory, those that were used longest ago are forgotten.
pub struct RecentValues<K, V, E> {
    values: Cache<K, V>,
    /// One for each key whose value is being made. moka's own single flight panics after 200 makers that gave up.
    attempts: Mutex<HashMap<K, Arc<Attempt<V, E>>>>,
}

/// The result of making a value; `None` until it is made. The maker holds the lock.
type Attempt<V, E> = tokio::sync::Mutex<Option<Result<V, E>>>;

impl<K, V, E> RecentValues<K, V, E>
where
    K: Clone + Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    E: Clone,
{
    /// No values yet, and never more than `bytes_max`; `bytes` says how many one takes up.
    pub fn new(bytes_max: usize, bytes: fn(&V) -> usize) -> Self {
        let weigher = move |_: &K, value: &V| u32::try_from(bytes(value)).unwrap_or(u32::MAX);
        let values = Cache::builder().max_capacity(bytes_max as u64).weigher(weigher);
        Self { values: values.eviction_policy(EvictionPolicy::lru()).build(), attempts: Mutex::default() }
    }

    /// The value of a key. The first caller makes it for all that wait by then; they share its error, and later callers try again.
    /// Where the first caller gives up, the next one that waits makes it.
    pub async fn get(&self, key: K, make: impl Future<Output = Result<V, E>>) -> Result<V, E> {
        if let Some(value) = self.values.get(&key).await {
            return Ok(value);
        }
        let caller = self.join(key);
        let mut result = caller.attempt.lock().await;
        if let Some(made) = result.as_ref() {
            return made.clone();
        }
        let made = make.await;
        *result = Some(made.clone());
        if let Ok(value) = &made {
            self.values.insert(caller.key.clone(), value.clone()).await;
            // moka forgets in batches, and holds more than it may until then
            self.values.run_pending_tasks().await;
        }
        caller.end_attempt();
        made
    }

    /// The value of a key, if it was made.
    pub async fn known(&self, key: &K) -> Option<V> {
        self.values.get(key).await
    }

    /// How many values there are, and the bytes that they take up.
    pub fn size(&self) -> (usize, usize) {
        (self.values.entry_count() as usize, self.values.weighted_size() as usize)
    }

    fn join(&self, key: K) -> Caller<'_, K, V, E> {
        let attempt = self.attempts.lock().entry(key.clone()).or_default().clone();
        Caller { attempts: &self.attempts, key, attempt }
    }
}

/// One caller of an attempt; the last one that gives up ends the attempt.
struct Caller<'a, K: Hash + Eq, V, E> {
    attempts: &'a Mutex<HashMap<K, Arc<Attempt<V, E>>>>,
    key: K,
    attempt: Arc<Attempt<V, E>>,
}

impl<K: Hash + Eq, V, E> Caller<'_, K, V, E> {
    /// Later callers begin another attempt.
    fn end_attempt(&self) {
        let mut attempts = self.attempts.lock();
        if attempts.get(&self.key).is_some_and(|present| Arc::ptr_eq(present, &self.attempt)) {
            attempts.remove(&self.key);
        }
    }
}

impl<K: Hash + Eq, V, E> Drop for Caller<'_, K, V, E> {
    fn drop(&mut self) {
        // this caller and the map
        if Arc::strong_count(&self.attempt) == 2 {
            self.end_attempt();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::cell::Cell;

    #[tokio::test]
    async fn many_who_ask_at_once_have_it_made_once_and_an_error_is_tried_again() {
        let (recent, made) = (RecentValues::new(100, |_: &u32| 10), Cell::new(0));
        let make = |result: Result<u32, &'static str>| {
            let made = &made;
            async move {
                tokio::task::yield_now().await;
                made.set(made.get() + 1);
                result
            }
        };
        let (first, second) = tokio::join!(recent.get("a", make(Ok(1))), recent.get("a", make(Ok(2))));
        assert_eq!((first, second, made.get()), (Ok(1), Ok(1), 1));
        let both = tokio::join!(recent.get("b", make(Err("away"))), recent.get("b", make(Ok(3))));
        assert_eq!(both, (Err("away"), Err("away")), "who waited hears of it at once");
        assert_eq!(recent.size(), (1, 10));
        assert_eq!(recent.get("b", make(Ok(3))).await, Ok(3));
        assert_eq!(recent.size(), (2, 20));
    }

    #[tokio::test]
    async fn what_was_used_longest_ago_is_forgotten_first() {
        let recent = RecentValues::new(25, |_: &u32| 10);
        let make = |value: u32| async move { Ok::<_, ()>(value) };
        for (key, value) in [("a", 1), ("b", 2), ("a", 9), ("c", 3)] {
            recent.get(key, make(value)).await.expect("it is made");
        }
        assert_eq!(recent.get("a", make(7)).await, Ok(1), "it was used again");
        assert_eq!(recent.get("b", make(8)).await, Ok(8), "it was forgotten");
        assert_eq!(recent.size(), (2, 20));
    }

    /// What a caller does: which key, after how many turns, with which end, and after how many turns it gives up.
    fn asker() -> impl Strategy<Value = (u8, u8, Option<usize>, Option<u8>)> {
        (0..4_u8, 0..4_u8, prop::option::weighted(0.7, 0..40_usize), prop::option::weighted(0.3, 0..6_u8))
    }

    async fn turns(turns: u8) {
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_caller_that_outlasts_any_number_of_makers_gets_the_value() {
        let recent = RecentValues::<_, u32, ()>::new(100, |_| 10);
        let makers = (0..=250_u8).map(|patience| {
            let recent = &recent;
            async move {
                tokio::select! {
                    biased;
                    _ = recent.get("a", std::future::pending()) => {}
                    () = turns(patience) => {}
                }
            }
        });
        let last = async {
            tokio::task::yield_now().await;
            recent.get("a", async { Ok(1) }).await
        };
        let (_, last) = tokio::join!(futures::future::join_all(makers), last);
        assert_eq!((last, recent.size(), recent.attempts.lock().len()), (Ok(1), (1, 10), 0));
    }

    proptest! {
        #[test]
        fn the_bytes_are_the_sum_of_the_entries_whatever_fails_or_is_given_up(
            rounds in prop::collection::vec(prop::collection::vec(asker(), 1..6), 1..6)
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
            let recent = RecentValues::new(64, |bytes: &usize| *bytes);
            for round in rounds {
                let asked = round.into_iter().map(|(key, after, end, patience)| {
                    let recent = &recent;
                    async move {
                        let make = async {
                            turns(after).await;
                            end.ok_or("away")
                        };
                        let gives_up = async {
                            match patience {
                                Some(patience) => turns(patience).await,
                                None => std::future::pending().await,
                            }
                        };
                        tokio::select! { biased; _ = recent.get(key, make) => {}, () = gives_up => {} }
                    }
                });
                runtime.block_on(futures::future::join_all(asked));
                runtime.block_on(recent.values.run_pending_tasks());
                let kept: Vec<usize> = recent.values.iter().map(|(_, bytes)| bytes).collect();
                prop_assert_eq!(recent.size(), (kept.len(), kept.iter().sum()));
                prop_assert!(recent.size().1 <= 64);
                prop_assert!(recent.attempts.lock().is_empty(), "no attempt outlives its callers");
            }
        }
    }
}
