//! Stops children one after another: the next one when the one before has ended, or has used half of the time left.

use std::time::{Duration, Instant};

/// The longest part of the time left that a child's deadline is before ours, so that it can still report what it did not finish.
const REPORT_TIME: Duration = Duration::from_millis(200);

/// Children that are being stopped one after another.
#[derive(Clone, Debug)]
pub(super) struct StopOrder {
    /// In the order of stopping, the reverse of the start.
    order: Vec<usize>,
    /// The place in `order` of the child to stop next.
    next: usize,
    /// When the next child is stopped even if the one before has not ended.
    next_at: Instant,
    pub deadline: Instant,
    expired: bool,
}

impl StopOrder {
    /// `order` is the order of stopping, the reverse of the start.
    pub fn new(order: Vec<usize>, deadline: Instant, now: Instant) -> StopOrder {
        StopOrder { order, next: 0, next_at: now, deadline, expired: false }
    }

    /// The children to stop now. One slow child can use at most half of the time left, so that it does not make those after it late.
    pub fn advance(&mut self, now: Instant, is_running: impl Fn(usize) -> bool) -> Vec<usize> {
        let mut to_stop = Vec::new();
        while let Some(child) = self.order.get(self.next).copied() {
            let before = self.next.checked_sub(1).map(|before| self.order[before]);
            if before.is_some_and(&is_running) && now < self.next_at {
                break;
            }
            self.next += 1;
            if is_running(child) {
                to_stop.push(child);
                self.next_at = now + self.deadline.saturating_duration_since(now) / 2;
            }
        }
        to_stop
    }

    /// True once, when the deadline has passed.
    pub fn expires(&mut self, now: Instant) -> bool {
        let expires = now >= self.deadline && !self.expired;
        self.expired |= expires;
        expires
    }

    /// The deadline for a child: shortly before ours, so that a late child can still report what it did not finish.
    pub fn child_deadline(&self, now: Instant) -> Instant {
        let left = self.deadline.saturating_duration_since(now);
        self.deadline - (left / 10).min(REPORT_TIME)
    }

    pub fn contains(&self, child: usize) -> bool {
        self.order.contains(&child)
    }

    /// When to call `advance` again if no child ends before; `None` after the deadline.
    pub fn next_wake(&self, now: Instant) -> Option<Instant> {
        if self.next < self.order.len() && now < self.next_at {
            return Some(self.next_at);
        }
        (now < self.deadline).then_some(self.deadline)
    }
}

#[cfg(test)]
impl StopOrder {
    /// As [`Tree::key`](super::tree::Tree::key).
    pub fn key(&self, now: Instant) -> String {
        let left = |then: Instant| then.saturating_duration_since(now);
        let (next_in, deadline_in) = (left(self.next_at), left(self.deadline));
        format!("{:?} {} {next_in:?} {deadline_in:?} {}", self.order, self.next, self.expired)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_is_told_only_when_the_one_before_is_gone() {
        let now = Instant::now();
        let mut order = StopOrder::new(vec![2, 1, 0], now + Duration::from_secs(8), now);
        assert_eq!(order.advance(now, |_| true), [2]);
        assert_eq!(order.advance(now, |_| true), Vec::<usize>::new());
        assert_eq!(order.advance(now, |child| child != 2), [1]);
        assert_eq!(order.advance(now, |child| child == 0), [0]);
    }

    #[test]
    fn a_slow_one_takes_at_most_half_of_the_time_left() {
        let now = Instant::now();
        let mut order = StopOrder::new(vec![1, 0], now + Duration::from_secs(8), now);
        assert_eq!(order.advance(now, |_| true), [1]);
        assert_eq!(order.next_wake(now), Some(now + Duration::from_secs(4)));
        let later = now + Duration::from_secs(4);
        assert_eq!(order.advance(later, |_| true), [0]);
        assert_eq!(order.next_wake(later), Some(now + Duration::from_secs(8)));
        assert_eq!(order.next_wake(now + Duration::from_secs(8)), None);
    }

    #[test]
    fn a_child_is_told_a_deadline_before_ours_and_never_one_in_the_past() {
        let now = Instant::now();
        let order = |within| StopOrder::new(vec![0], now + Duration::from_millis(within), now);
        assert_eq!(order(30_000).child_deadline(now), now + Duration::from_millis(29_800));
        assert_eq!(order(1000).child_deadline(now), now + Duration::from_millis(900));
        assert_eq!(order(0).child_deadline(now), now);
        assert_eq!(order(10).child_deadline(now + Duration::from_secs(1)), now + Duration::from_millis(10));
    }

    #[test]
    fn those_already_gone_are_passed_over() {
        let now = Instant::now();
        let mut order = StopOrder::new(vec![3, 2, 1], now + Duration::from_secs(1), now);
        assert_eq!(order.advance(now, |child| child == 1), [1]);
    }
}
