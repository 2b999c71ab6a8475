//! One work on many items, by several threads.

use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;

use crate::forecast::families::use_one_torch_thread;

/// The work on each item, in the items' order, by so many threads.
pub fn side_by_side<T: Copy + Sync, R: Send>(items: &[T], threads: usize, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::with_capacity(items.len()));
    let take = || {
        // the last bits of a score depend on the number of libtorch threads
        use_one_torch_thread();
        while let Some((at, item)) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, *items.get(at)?)))
        {
            let result = work(item);
            done.lock().push((at, result));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, items.len().max(1)) {
            scope.spawn(take);
        }
    });
    let mut done = done.into_inner();
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}
