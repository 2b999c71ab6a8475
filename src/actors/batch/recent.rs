//! What was made lately, by key: made once however many ask for it at the same time, and forgotten by age when it takes up too much.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;
use std::rc::Rc;

use tokio::sync::OnceCell;

/// Values of one actor, bounded in bytes.
pub struct Recent<K, V> {
    bytes_max: usize,
    state: RefCell<State<K, V>>,
}

struct State<K, V> {
    entries: HashMap<K, Entry<V>>,
    bytes: usize,
    /// Counts uses: what was used longest ago goes first.
    clock: u64,
}

struct Entry<V> {
    cell: Rc<OnceCell<V>>,
    bytes: usize,
    used: u64,
}

impl<K: Clone + Eq + Hash, V: Clone> Recent<K, V> {
    /// Nothing yet.
    pub fn new(bytes_max: usize) -> Self {
        Self { bytes_max, state: RefCell::new(State { entries: HashMap::new(), bytes: 0, clock: 0 }) }
    }

    /// The value of this key; the first who asks makes it, with the bytes that it takes up. An error is told to who made it, and the
    /// next tries again.
    pub async fn get<E>(&self, key: &K, make: impl Future<Output = Result<(V, usize), E>>) -> Result<V, E> {
        let cell = self.state.borrow_mut().cell(key);
        let mut made_bytes = None;
        let made = cell
            .get_or_try_init(|| async {
                let (value, bytes) = make.await?;
                made_bytes = Some(bytes);
                Ok(value)
            })
            .await
            .cloned();
        let mut state = self.state.borrow_mut();
        match (&made, made_bytes) {
            (Err(_), _) => state.forget_unmade(key, &cell),
            (Ok(_), Some(bytes)) => state.keep(key, bytes, self.bytes_max),
            (Ok(_), None) => {}
        }
        made
    }

    /// How many there are, and the bytes that they take up.
    pub fn size(&self) -> (usize, usize) {
        let state = self.state.borrow();
        (state.entries.len(), state.bytes)
    }
}

impl<K: Clone + Eq + Hash, V> State<K, V> {
    fn cell(&mut self, key: &K) -> Rc<OnceCell<V>> {
        self.clock += 1;
        let fresh = || Entry { cell: Rc::default(), bytes: 0, used: 0 };
        let entry = self.entries.entry(key.clone()).or_insert_with(fresh);
        entry.used = self.clock;
        entry.cell.clone()
    }

    fn forget_unmade(&mut self, key: &K, cell: &Rc<OnceCell<V>>) {
        let is_it = |entry: &Entry<V>| Rc::ptr_eq(&entry.cell, cell) && !entry.cell.initialized();
        if self.entries.get(key).is_some_and(is_it) {
            self.entries.remove(key);
        }
    }

    fn keep(&mut self, key: &K, bytes: usize, bytes_max: usize) {
        let Some(entry) = self.entries.get_mut(key) else { return };
        entry.bytes = bytes;
        self.bytes += bytes;
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
        assert_eq!(recent.get(&"b", make(Err("away"))).await, Err("away"));
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
}
