//! What may be committed, whatever the order in which records finish.

use std::collections::BTreeSet;

use flts::kafka::OffsetTracker;
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Step {
    /// A record is read, this many offsets after the last one.
    Begin(i64),
    /// The n-th oldest unfinished record, if there is one, is finished.
    Finish(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![(1..4_i64).prop_map(Step::Begin), (0..8_usize).prop_map(Step::Finish)]
}

proptest! {
    #[test]
    fn the_committable_offset_never_passes_an_unfinished_record(first in 0..1000_i64, steps in prop::collection::vec(step(), 1..200)) {
        let mut tracker = OffsetTracker::new();
        let (mut begun, mut unfinished) = (BTreeSet::new(), BTreeSet::new());
        let mut next = first;
        let mut before = None;
        for step in steps {
            match step {
                Step::Begin(gap) => {
                    prop_assert!(tracker.begin(next));
                    begun.insert(next);
                    unfinished.insert(next);
                    next += gap;
                }
                Step::Finish(nth) => {
                    let chosen: Option<i64> = unfinished.iter().nth(nth).copied();
                    if let Some(offset) = chosen {
                        unfinished.remove(&offset);
                        prop_assert!(tracker.finish(offset));
                    }
                }
            }
            let committable = tracker.committable();
            match unfinished.first() {
                Some(lowest) => prop_assert_eq!(committable, Some(*lowest)),
                None => prop_assert_eq!(committable, begun.last().map(|last| last + 1)),
            }
            prop_assert!(committable >= before, "{:?} after {:?}", committable, before);
            prop_assert_eq!(tracker.unfinished(), unfinished.len());
            before = committable;
        }
    }

    #[test]
    fn every_order_of_finishing_ends_one_past_the_last_record(order in Just((0..20_i64).collect::<Vec<_>>()).prop_shuffle()) {
        let mut tracker = OffsetTracker::new();
        (0..20).for_each(|offset| assert!(tracker.begin(offset)));
        for (finished, offset) in order.iter().enumerate() {
            prop_assert_eq!(tracker.unfinished(), 20 - finished);
            prop_assert!(tracker.finish(*offset));
        }
        prop_assert_eq!(tracker.committable(), Some(20));
    }
}

#[test]
fn nothing_is_committable_before_something_was_read() {
    assert_eq!(OffsetTracker::new().committable(), None);
}

#[test]
fn a_record_read_again_is_not_begun_twice_and_not_finished_twice() {
    let mut tracker = OffsetTracker::new();
    assert!(tracker.begin(5));
    assert!(!tracker.begin(5));
    assert!(!tracker.begin(4));
    assert!(tracker.finish(5));
    assert!(!tracker.finish(5));
    assert_eq!(tracker.committable(), Some(6));
}
