//! The number of threads that libtorch uses, which it keeps per calling thread. Results are bit-identical only with the same number.

/// Runs `work` with this many threads for tensor operations, then restores the calling thread's number.
pub fn with_torch_threads<T>(threads: usize, work: impl FnOnce() -> T) -> T {
    let before = tch::get_num_threads();
    tch::set_num_threads(i32::try_from(threads).unwrap_or(i32::MAX));
    let done = work();
    tch::set_num_threads(before);
    done
}

/// From here on, tensor operations of the calling thread use one thread: for the threads of a pool, which has one for each core
/// already.
pub fn use_one_torch_thread() {
    tch::set_num_threads(1);
}
