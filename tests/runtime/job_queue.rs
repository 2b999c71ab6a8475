//! The job queue: bounded in rows, given out in batches, and nothing in it is lost by a worker's end.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use flts::runtime::{JobQueue, PushError};

const AT_ONCE: Duration = Duration::ZERO;
/// A wait that no test lives to see the end of.
const FOR_EVER: Duration = Duration::from_secs(600);

static NEVER: AtomicBool = AtomicBool::new(false);

fn pop<T>(queue: &JobQueue<T>, max_rows: usize) -> Option<Vec<T>> {
    queue.pop_batch(max_rows, AT_ONCE, &|_| false, &drop, &NEVER)
}

fn filled(max_rows: usize, jobs: &[(u32, usize)]) -> JobQueue<u32> {
    let queue = JobQueue::new(max_rows);
    for (job, rows) in jobs {
        queue.push(*job, *rows).expect("there is room");
    }
    queue
}

#[test]
fn jobs_come_out_oldest_first_in_batches_bounded_by_rows() {
    let queue = filled(100, &[(1, 2), (2, 3), (3, 3), (4, 1)]);
    assert_eq!(queue.rows(), 9);
    assert_eq!(pop(&queue, 6), Some(vec![1, 2]));
    assert_eq!(pop(&queue, 6), Some(vec![3, 4]));
    assert_eq!(queue.rows(), 0);
}

#[test]
fn a_job_larger_than_a_batch_goes_alone() {
    let queue = filled(100, &[(1, 50), (2, 1)]);
    assert_eq!(pop(&queue, 8), Some(vec![1]));
    assert_eq!(pop(&queue, 8), Some(vec![2]));
}

#[test]
fn a_push_over_the_bound_is_refused_with_the_depth() {
    let queue = filled(10, &[(1, 6), (2, 4)]);
    assert_eq!(queue.push(3, 1), Err(PushError::Full { depth_rows: 10 }));
    assert_eq!(pop(&queue, 6), Some(vec![1]));
    assert_eq!(queue.push(3, 6), Ok(()));
}

#[test]
fn a_job_larger_than_the_bound_fits_an_empty_queue_only() {
    let queue = filled(10, &[(1, 25)]);
    assert_eq!(queue.push(2, 25), Err(PushError::Full { depth_rows: 25 }));
    assert_eq!(pop(&queue, 32), Some(vec![1]));
    assert_eq!(queue.push(2, 25), Ok(()));
}

#[test]
fn expired_jobs_are_dropped_at_the_head_and_make_room_in_the_batch() {
    let queue = filled(100, &[(1, 4), (2, 4), (3, 4)]);
    let dropped = Mutex::new(Vec::new());
    let batch = queue.pop_batch(8, AT_ONCE, &|job| *job == 1, &|job| dropped.lock().expect("free").push(job), &NEVER);
    assert_eq!(batch, Some(vec![2, 3]));
    assert_eq!(dropped.into_inner().expect("free"), [1]);
}

#[test]
fn a_batch_that_is_not_full_waits_for_company() {
    let queue = filled(100, &[(1, 1)]);
    let (queue, second) = (queue.clone(), queue);
    // Asking about the first job lets the second one come, which is after the first was taken.
    let asked = AtomicBool::new(false);
    let drop_if = |_: &u32| {
        if !asked.swap(true, Ordering::SeqCst) {
            let second = second.clone();
            thread::spawn(move || second.push(2, 1));
        }
        false
    };
    let batch = queue.pop_batch(2, FOR_EVER, &drop_if, &drop, &NEVER);
    assert_eq!(batch, Some(vec![1, 2]), "full, so nobody waits any longer");
}

#[test]
fn a_batch_in_waiting_leaves_a_job_that_does_not_fit_to_another_worker() {
    let queue = filled(100, &[(1, 1)]);
    let drop_if = |job: &u32| {
        if *job == 1 {
            queue.push(2, 8).expect("there is room");
        }
        false
    };
    let batch = queue.pop_batch(8, FOR_EVER, &drop_if, &drop, &NEVER);
    assert_eq!(batch, Some(vec![1]));
    assert_eq!(pop(&queue, 8), Some(vec![2]));
}

#[test]
fn a_closed_queue_refuses_jobs_gives_out_the_rest_and_then_says_so() {
    let queue = filled(100, &[(1, 1), (2, 1)]);
    queue.close();
    assert_eq!(queue.push(3, 1), Err(PushError::Closed));
    assert_eq!(pop(&queue, 1), Some(vec![1]));
    assert_eq!(pop(&queue, 1), Some(vec![2]));
    assert_eq!(pop(&queue, 1), None);
}

/// A worker on a thread; what it gets is heard through the receiver.
fn worker(queue: &JobQueue<u32>, stop: &Arc<AtomicBool>) -> mpsc::Receiver<Option<Vec<u32>>> {
    let (queue, stop) = (queue.clone(), stop.clone());
    let (tell, hear) = mpsc::channel();
    thread::spawn(move || {
        loop {
            let batch = queue.pop_batch(8, AT_ONCE, &|_| false, &drop, &stop);
            let last = batch.is_none();
            if tell.send(batch).is_err() || last {
                return;
            }
        }
    });
    hear
}

fn heard(hear: &mpsc::Receiver<Option<Vec<u32>>>) -> Option<Vec<u32>> {
    hear.recv_timeout(Duration::from_secs(20)).expect("the worker answers")
}

#[test]
fn closing_wakes_every_waiting_worker() {
    let (queue, stop) = (JobQueue::new(10), Arc::new(AtomicBool::new(false)));
    let workers: Vec<_> = (0..4).map(|_| worker(&queue, &stop)).collect();
    queue.close();
    assert!(workers.iter().all(|hear| heard(hear).is_none()));
}

#[test]
fn a_worker_told_to_stop_wakes_and_the_others_go_on() {
    for _ in 0..200 {
        let queue = JobQueue::new(10);
        let (stop, stay) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let (surplus, kept) = (worker(&queue, &stop), worker(&queue, &stay));
        stop.store(true, Ordering::Release);
        queue.wake_all();
        assert_eq!(heard(&surplus), None);
        queue.push(1, 1).expect("there is room");
        assert_eq!(heard(&kept), Some(vec![1]));
        queue.close();
    }
}

#[test]
fn a_job_pushed_while_a_worker_leaves_is_never_left_lying() {
    for _ in 0..200 {
        let queue = JobQueue::new(10);
        let (stop, stay) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let (leaving, kept) = (worker(&queue, &stop), worker(&queue, &stay));
        stop.store(true, Ordering::Release);
        // Its wake-up may go to the worker that leaves.
        queue.push(1, 1).expect("there is room");
        assert_eq!(heard(&kept), Some(vec![1]));
        queue.wake_all();
        assert_eq!(heard(&leaving), None);
        queue.close();
    }
}

#[test]
fn a_stopped_worker_still_gets_the_batch_it_has_in_hand() {
    let queue = filled(100, &[(1, 1)]);
    let stop = AtomicBool::new(false);
    let drop_if = |_: &u32| {
        stop.store(true, Ordering::Release);
        false
    };
    assert_eq!(queue.pop_batch(8, FOR_EVER, &drop_if, &drop, &stop), Some(vec![1]));
    assert_eq!(queue.pop_batch(8, FOR_EVER, &drop_if, &drop, &stop), None);
}

#[test]
fn a_panic_in_the_callers_code_loses_its_batch_and_nothing_else() {
    let queue = filled(100, &[(1, 4), (2, 4)]);
    let popped =
        catch_unwind(AssertUnwindSafe(|| queue.pop_batch(4, AT_ONCE, &|_| panic!("the caller's own"), &drop, &NEVER)));
    assert!(popped.is_err());
    assert_eq!(queue.rows(), 4);
    assert_eq!(pop(&queue, 4), Some(vec![2]));
    assert_eq!(queue.push(3, 1), Ok(()));
}

/// A job whose end looks into the queue, as a dropped reply might.
struct Nosy(JobQueue<Nosy>);

impl Drop for Nosy {
    fn drop(&mut self) {
        let _ = self.0.rows();
    }
}

#[test]
fn a_job_may_use_the_queue_while_it_is_dropped() {
    let queue = JobQueue::new(1);
    queue.push(Nosy(queue.clone()), 1).expect("there is room");
    assert!(queue.push(Nosy(queue.clone()), 1).is_err(), "dropped inside the push, not under its lock");
    // closed, so that a worker who finds nothing but dropped jobs does not wait for more
    queue.close();
    assert!(queue.pop_batch(1, AT_ONCE, &|_| true, &drop, &AtomicBool::new(false)).is_none());
}

#[test]
fn the_oldest_wait_is_that_of_the_head() {
    let queue = JobQueue::new(10);
    let now = Instant::now();
    assert_eq!(queue.oldest_wait(now), Duration::ZERO);
    queue.push(1, 1).expect("there is room");
    let since = now + Duration::from_secs(7);
    let wait = queue.oldest_wait(since);
    assert!(wait <= Duration::from_secs(7) && wait > Duration::from_secs(6), "{wait:?}");
    assert_eq!(pop(&queue, 1), Some(vec![1]));
    assert_eq!(queue.oldest_wait(since), Duration::ZERO);
}

#[test]
fn every_job_of_many_pushers_reaches_exactly_one_of_many_workers() {
    const EACH: u32 = 500;
    let queue = JobQueue::new(16);
    let stop = Arc::new(AtomicBool::new(false));
    let workers: Vec<_> = (0..4).map(|_| worker(&queue, &stop)).collect();
    let pushers: Vec<_> = (0..4)
        .map(|pusher| {
            let queue = queue.clone();
            thread::spawn(move || {
                for job in 0..EACH {
                    while queue.push(pusher * EACH + job, 1 + job as usize % 9).is_err() {
                        thread::yield_now();
                    }
                }
            })
        })
        .collect();
    for pusher in pushers {
        pusher.join().expect("pushing does not panic");
    }
    queue.close();
    let mut jobs: Vec<u32> = workers.iter().flat_map(|hear| hear.iter().flatten().flatten()).collect();
    jobs.sort_unstable();
    assert_eq!(jobs, (0..4 * EACH).collect::<Vec<_>>());
    assert_eq!(queue.rows(), 0);
}

#[test]
fn a_job_in_the_background_waits_for_those_who_wait_and_goes_alone() {
    let queue = filled(4, &[(1, 2), (2, 2)]);
    queue.push_background(10).unwrap();
    queue.push_background(11).unwrap();
    assert_eq!(queue.rows(), 4, "they count towards no bound");
    assert!(queue.push(3, 1).is_err());
    assert_eq!(pop(&queue, 8), Some(vec![1, 2]));
    assert_eq!(pop(&queue, 8), Some(vec![10]), "each is a batch by itself");
    assert_eq!(pop(&queue, 8), Some(vec![11]));
}

#[test]
fn a_job_in_the_background_is_passed_by_seven_times_at_most() {
    let queue = filled(100, &[]);
    queue.push_background(100).unwrap();
    queue.push_background(200).unwrap();
    let mut taken = Vec::new();
    for job in 0..16 {
        queue.push(job, 1).unwrap();
        taken.extend(pop(&queue, 1).unwrap());
    }
    let turns: Vec<usize> = (0..taken.len()).filter(|at| taken[*at] >= 100).collect();
    assert_eq!(turns, [7, 15], "{taken:?}");
}

#[test]
fn a_closed_queue_gives_out_the_background_too_and_takes_no_more() {
    let queue = filled(10, &[(1, 1)]);
    queue.push_background(2).unwrap();
    queue.close();
    assert_eq!(queue.push_background(3), Err(3));
    assert_eq!(pop(&queue, 8), Some(vec![1]));
    assert_eq!(pop(&queue, 8), Some(vec![2]));
    assert_eq!(pop(&queue, 8), None);
}

#[test]
fn a_worker_that_waits_for_company_leaves_the_background_to_others() {
    let queue = filled(10, &[(1, 1)]);
    let waiting = {
        let queue = queue.clone();
        thread::spawn(move || queue.pop_batch(2, FOR_EVER, &|_| false, &drop, &NEVER))
    };
    while queue.rows() > 0 {
        thread::yield_now();
    }
    queue.push_background(10).unwrap();
    assert_eq!(pop(&queue, 8), Some(vec![10]));
    queue.push(2, 1).unwrap();
    assert_eq!(waiting.join().unwrap(), Some(vec![1, 2]));
}
