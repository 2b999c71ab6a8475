//! Locks that a panic elsewhere cannot take away: what they guard is whole between any two statements under them.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, also after whoever held it has panicked.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
