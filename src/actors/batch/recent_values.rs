//! What was made lately, by key: made once however many ask for it at the same time, and forgotten by age when it takes up too much.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;
use std::rc::Rc;

use tokio::sync::Mutex;

/// Values of one actor, bounded in bytes.
pub struct Recent<K: Clone + Eq + Hash, V, E> {
    bytes_max: usize,
    state: RefCell<State<K, V, E>>,
}

struct State<K, V, E> {
    entries: HashMap<K, Entry<V, E>>,
    bytes: usize,
    /// Counts uses: what was used longest ago goes first.
    clock: u64,
}

/// What came of making a value; nothing while nobody has. Who makes it holds the lock, and who waits for that hears the same.
type Attempt<V, E> = Mutex<Option<Result<V, E>>>;

struct Entry<V, E> {
    attempt: Rc<Attempt<V, E>>,
    /// Zero until it is made.
    bytes: usize,
    used: u64,
}

impl<K: Clone + Eq + Hash, V: Clone, E: Clone> Recent<K, V, E> {
    /// Nothing yet.
    pub fn new(bytes_max: usize) -> Self {
        Self { bytes_max, state: RefCell::new(State { entries: HashMap::new(), bytes: 0, clock: 0 }) }
    }

    /// The value of this key; the first who asks makes it, with the bytes that it takes up. An error is told to all who wait by then,
    /// and who asks later tries again; where the maker gives up, the next of them makes it.
    pub async fn get(&self, key: &K, make: impl Future<Output = Result<(V, usize), E>>) -> Result<V, E> {
        let asked = Asked { recent: self, key, attempt: self.state.borrow_mut().attempt(key) };
        let mut made = asked.attempt.lock().await;
        if let Some(made) = made.as_ref() {
            return made.clone();
        }
        match make.await {
            Ok((value, bytes)) => {
                *made = Some(Ok(value.clone()));
                self.state.borrow_mut().keep(key, &asked.attempt, bytes, self.bytes_max);
                Ok(value)
            }
            Err(error) => {
                *made = Some(Err(error.clone()));
                self.state.borrow_mut().forget_unmade(key, &asked.attempt);
                Err(error)
            }
        }
    }

    /// How many there are, and the bytes that they take up.
    pub fn size(&self) -> (usize, usize) {
        let state = self.state.borrow();
        (state.entries.len(), state.bytes)
    }
}

/// Somebody who asks; the last one who gives up before it is made leaves nothing behind.
struct Asked<'a, K: Clone + Eq + Hash, V, E> {
    recent: &'a Recent<K, V, E>,
    key: &'a K,
    attempt: Rc<Attempt<V, E>>,
}

impl<K: Clone + Eq + Hash, V, E> Drop for Asked<'_, K, V, E> {
    fn drop(&mut self) {
        // this one and the entry
        if Rc::strong_count(&self.attempt) == 2 {
            self.recent.state.borrow_mut().forget_unmade(self.key, &self.attempt);
        }
    }
}

impl<K: Clone + Eq + Hash, V, E> State<K, V, E> {
    fn attempt(&mut self, key: &K) -> Rc<Attempt<V, E>> {
        self.clock += 1;
        let fresh = || Entry { attempt: Rc::new(Mutex::new(None)), bytes: 0, used: 0 };
        let entry = self.entries.entry(key.clone()).or_insert_with(fresh);
        entry.used = self.clock;
        entry.attempt.clone()
    }

    fn forget_unmade(&mut self, key: &K, attempt: &Rc<Attempt<V, E>>) {
        let is_it = |entry: &Entry<V, E>| Rc::ptr_eq(&entry.attempt, attempt) && entry.bytes == 0;
        if self.entries.get(key).is_some_and(is_it) {
            self.entries.remove(key);
        }
    }

    fn keep(&mut self, key: &K, attempt: &Rc<Attempt<V, E>>, bytes: usize, bytes_max: usize) {
        // another attempt may have taken its place: that one counts for itself
        let Some(entry) = self.entries.get_mut(key).filter(|entry| Rc::ptr_eq(&entry.attempt, attempt)) else { return };
        entry.bytes = bytes.max(1);
        self.bytes += entry.bytes;
        while self.bytes > bytes_max {
            let made = self.entries.iter().filter(|(_, entry)| entry.bytes > 0);
            let Some(oldest) = made.min_by_key(|(_, entry)| entry.used).map(|(key, _)| key.clone()) else { return };
            let gone = self.entries.remove(&oldest);
            self.bytes -= gone.map_or(0, |entry| entry.bytes);
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
        let (recent, made) = (Recent::new(100), Cell::new(0));
        let make = |result: Result<u32, &'static str>| {
            let made = &made;
            async move {
                tokio::task::yield_now().await;
                made.set(made.get() + 1);
                result.map(|value| (value, 10))
            }
        };
        let (first, second) = tokio::join!(recent.get(&"a", make(Ok(1))), recent.get(&"a", make(Ok(2))));
        assert_eq!((first, second, made.get()), (Ok(1), Ok(1), 1));
        let both = tokio::join!(recent.get(&"b", make(Err("away"))), recent.get(&"b", make(Ok(3))));
        assert_eq!(both, (Err("away"), Err("away")), "who waited hears of it at once");
        assert_eq!(recent.size(), (1, 10));
        assert_eq!(recent.get(&"b", make(Ok(3))).await, Ok(3));
        assert_eq!(recent.size(), (2, 20));
    }

    #[tokio::test]
    async fn what_was_used_longest_ago_is_forgotten_first() {
        let recent = Recent::new(25);
        let make = |value: u32| async move { Ok::<_, ()>((value, 10)) };
        for (key, value) in [("a", 1), ("b", 2), ("a", 9), ("c", 3)] {
            recent.get(&key, make(value)).await.expect("it is made");
        }
        assert_eq!(recent.get(&"a", make(7)).await, Ok(1), "it was used again");
        assert_eq!(recent.get(&"b", make(8)).await, Ok(8), "it was forgotten");
        assert_eq!(recent.size(), (2, 20));
    }

    /// What somebody who asks does: which key, after how many turns, with which end, and after how many turns it gives up.
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
            let recent = Recent::new(64);
            for round in rounds {
                let asked = round.into_iter().map(|(key, after, end, patience)| {
                    let recent = &recent;
                    async move {
                        let make = async {
                            turns(after).await;
                            end.map(|bytes| ((), bytes)).ok_or("away")
                        };
                        let gives_up = async {
                            match patience {
                                Some(patience) => turns(patience).await,
                                None => std::future::pending().await,
                            }
                        };
                        tokio::select! { biased; _ = recent.get(&key, make) => {}, () = gives_up => {} }
                    }
                });
                runtime.block_on(futures::future::join_all(asked));
                let state = recent.state.borrow();
                prop_assert_eq!(state.bytes, state.entries.values().map(|entry| entry.bytes).sum::<usize>());
                prop_assert!(state.bytes <= 64);
                prop_assert!(state.entries.values().all(|entry| entry.bytes > 0), "nobody makes it, and it is kept");
            }
        }
    }
}
