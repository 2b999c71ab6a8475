//! Values that were made lately, by key: made once for all callers that ask at the same time, and bounded by the memory they take up.

use std::hash::Hash;

use moka::future::Cache;
use moka::policy::EvictionPolicy;

/// Values by key. Where they take up too much memory, those that were used longest ago are forgotten.
pub struct RecentValues<K, V> {
    values: Cache<K, V>,
}

impl<K, V> RecentValues<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// No values yet, and never more than `bytes_max`; `bytes` says how many one takes up.
    pub fn new(bytes_max: usize, bytes: fn(&V) -> usize) -> Self {
        let weigher = move |_: &K, value: &V| u32::try_from(bytes(value)).unwrap_or(u32::MAX);
        let values = Cache::builder().max_capacity(bytes_max as u64).weigher(weigher);
        Self { values: values.eviction_policy(EvictionPolicy::lru()).build() }
    }

    /// The value of a key. The first caller makes it for all that wait by then; they share its error, and later callers try again.
    /// Where the first caller gives up, the next one that waits makes it.
    pub async fn get<E>(&self, key: K, make: impl Future<Output = Result<V, E>>) -> Result<V, E>
    where
        E: Clone + Send + Sync + 'static,
    {
        let entry = self.values.entry(key).or_try_insert_with(make).await.map_err(|error| E::clone(&error))?;
        if entry.is_fresh() {
            // moka forgets in batches, and holds more than it may until then
            self.values.run_pending_tasks().await;
        }
        Ok(entry.into_value())
    }

    /// How many values there are, and the bytes that they take up.
    pub fn size(&self) -> (usize, usize) {
        (self.values.entry_count() as usize, self.values.weighted_size() as usize)
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
            }
        }
    }
}
