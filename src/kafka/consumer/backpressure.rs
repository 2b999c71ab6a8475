//! When reading pauses: at 80 % of the limit, until 50 %. The gap is wide, because every pause discards the records that were prefetched.

/// The numbers of records in flight at which reading pauses and resumes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Backpressure {
    pause_at: usize,
    resume_at: usize,
}

impl Backpressure {
    /// For a limit of records in flight; 0 counts as 1.
    pub fn new(max_in_flight: usize) -> Self {
        let max_in_flight = max_in_flight.max(1);
        Self { pause_at: max_in_flight - max_in_flight / 5, resume_at: max_in_flight / 2 }
    }

    /// Whether reading is to be paused with so many records in flight; `paused` says whether it is paused now.
    pub fn pauses(self, in_flight: usize, paused: bool) -> bool {
        match paused {
            false => in_flight >= self.pause_at,
            true => in_flight > self.resume_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_pauses_at_four_fifths_and_goes_on_at_half() {
        let turns = |max, paused| (0..=max).filter(|&held| Backpressure::new(max).pauses(held, paused)).min();
        assert_eq!((turns(100, false), turns(100, true)), (Some(80), Some(51)));
        assert_eq!((turns(512, false), turns(512, true)), (Some(410), Some(257)));
        assert_eq!((turns(2, false), turns(2, true)), (Some(2), Some(2)));
        assert_eq!((turns(1, false), turns(1, true)), (Some(1), Some(1)));
    }
}
