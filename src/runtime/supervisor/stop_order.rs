//! Stopping one after another: the next is told when the one before is gone, or has used half of the time left.

use std::time::{Duration, Instant};

/// The longest time that is kept from a child for its last word.
const LAST_WORD: Duration = Duration::from_millis(200);

/// Children on their way out, in the order in which they are told.
#[derive(Clone, Debug)]
pub(crate) struct StopOrder {
    order: Vec<usize>,
    told: usize,
    patience_until: Instant,
    pub deadline: Instant,
    expired: bool,
}

impl StopOrder {
    /// `order` is the order of stopping, the reverse of the start.
    pub fn new(order: Vec<usize>, deadline: Instant, now: Instant) -> StopOrder {
        StopOrder { order, told: 0, patience_until: now, deadline, expired: false }
    }

    /// Those to tell now, given who is still there. Half of the time left is all that one slow child can take
    /// from those behind it, so that only who is late himself is late at the end.
    pub fn advance(&mut self, now: Instant, there: impl Fn(usize) -> bool) -> Vec<usize> {
        let mut tell = Vec::new();
        while let Some(next) = self.order.get(self.told).copied() {
            let before = self.told.checked_sub(1).map(|before| self.order[before]);
            if before.is_some_and(&there) && now < self.patience_until {
                break;
            }
            self.told += 1;
            if there(next) {
                tell.push(next);
                self.patience_until = now + self.deadline.saturating_duration_since(now) / 2;
            }
        }
        tell
    }

    /// True once, when the deadline has passed.
    pub fn expires(&mut self, now: Instant) -> bool {
        let expires = now >= self.deadline && !self.expired;
        self.expired |= expires;
        expires
    }

    /// The deadline that a child is told: a moment before ours, so that who is late can still say what he waits for.
    pub fn word_by(&self, now: Instant) -> Instant {
        let left = self.deadline.saturating_duration_since(now);
        self.deadline - (left / 10).min(LAST_WORD)
    }

    /// Whether this line tells that child.
    pub fn tells(&self, child: usize) -> bool {
        self.order.contains(&child)
    }

    /// When to look again if nothing happens; `None` once the deadline is all that is left and it has passed.
    pub fn next_wake(&self, now: Instant) -> Option<Instant> {
        if self.told < self.order.len() && now < self.patience_until {
            return Some(self.patience_until);
        }
        (now < self.deadline).then_some(self.deadline)
    }
}

#[cfg(test)]
impl StopOrder {
    /// As [`Tree::key`](super::tree::Tree::key).
    pub fn key(&self, now: Instant) -> String {
        let left = |then: Instant| then.saturating_duration_since(now);
        let (patience, deadline) = (left(self.patience_until), left(self.deadline));
        format!("{:?} {} {patience:?} {deadline:?} {}", self.order, self.told, self.expired)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_is_told_only_when_the_one_before_is_gone() {
        let now = Instant::now();
        let mut line = StopOrder::new(vec![2, 1, 0], now + Duration::from_secs(8), now);
        assert_eq!(line.advance(now, |_| true), [2]);
        assert_eq!(line.advance(now, |_| true), Vec::<usize>::new());
        assert_eq!(line.advance(now, |child| child != 2), [1]);
        assert_eq!(line.advance(now, |child| child == 0), [0]);
    }

    #[test]
    fn a_slow_one_takes_at_most_half_of_the_time_left() {
        let now = Instant::now();
        let mut line = StopOrder::new(vec![1, 0], now + Duration::from_secs(8), now);
        assert_eq!(line.advance(now, |_| true), [1]);
        assert_eq!(line.next_wake(now), Some(now + Duration::from_secs(4)));
        let later = now + Duration::from_secs(4);
        assert_eq!(line.advance(later, |_| true), [0]);
        assert_eq!(line.next_wake(later), Some(now + Duration::from_secs(8)));
        assert_eq!(line.next_wake(now + Duration::from_secs(8)), None);
    }

    #[test]
    fn a_child_is_told_a_deadline_before_ours_and_never_one_in_the_past() {
        let now = Instant::now();
        let line = |within| StopOrder::new(vec![0], now + Duration::from_millis(within), now);
        assert_eq!(line(30_000).word_by(now), now + Duration::from_millis(29_800));
        assert_eq!(line(1000).word_by(now), now + Duration::from_millis(900));
        assert_eq!(line(0).word_by(now), now);
        assert_eq!(line(10).word_by(now + Duration::from_secs(1)), now + Duration::from_millis(10));
    }

    #[test]
    fn those_already_gone_are_passed_over() {
        let now = Instant::now();
        let mut line = StopOrder::new(vec![3, 2, 1], now + Duration::from_secs(1), now);
        assert_eq!(line.advance(now, |child| child == 1), [1]);
    }
}
